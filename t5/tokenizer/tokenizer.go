// SPDX-License-Identifier: Apache-2.0

// Package tokenizer is T5's SentencePiece Unigram tokenizer, read from spiece.model or from HuggingFace's
// tokenizer.json, and equal to HuggingFace's fast tokenizer in what it makes of a text.
package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// space is how a vocabulary writes the space before a word.
const space = "▁"

// unknownPenalty is how far below the least score of the vocabulary an unknown character scores.
const unknownPenalty = 10

// Tokenizer turns text into ids and back. It is safe for concurrent use.
type Tokenizer struct {
	// Pad, EOS and Unk are the ids of <pad>, </s> and <unk>.
	Pad, EOS, Unk int32

	pieces   []piece
	ids      map[string]int32
	special  map[int32]bool // skipped by Decode
	trie     *trie          // of the pieces
	added    *trie          // of the special tokens, which are found in text as they stand
	chars    *characterMap
	unkScore float64
	sum      [sha256.Size]byte // of the file
}

type piece struct {
	text  string
	score float64
}

// Load reads a vocabulary: a tokenizer.json, a spiece.model (its content tells which), or a folder that holds one, the
// first preferred.
func Load(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		dir := path
		for _, name := range []string{"tokenizer.json", "spiece.model"} {
			path = filepath.Join(dir, name)
			if _, err = os.Stat(path); err == nil {
				break
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: it must hold tokenizer.json or spiece.model", dir)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads the content of a tokenizer.json or a spiece.model.
func Parse(data []byte) (*Tokenizer, error) {
	parse := parseModel
	if trimmed := strings.TrimLeft(string(data[:min(len(data), 64)]), " \t\r\n\ufeff"); strings.HasPrefix(trimmed, "{") {
		parse = parseJSON
	}
	t, err := parse(data)
	if err != nil {
		return nil, err
	}
	t.sum = sha256.Sum256(data)
	return t, nil
}

// Fingerprint is the SHA-256, in hex, of the file that the vocabulary was read from.
func (t *Tokenizer) Fingerprint() string { return hex.EncodeToString(t.sum[:]) }

// finish checks what both formats have in common and builds the tables.
func (t *Tokenizer) finish(added []string, charsmap []byte) (*Tokenizer, error) {
	t.ids, t.trie, t.added, t.special = make(map[string]int32, len(t.pieces)), newTrie(), newTrie(), map[int32]bool{}
	least := math.Inf(1)
	for i, p := range t.pieces {
		if _, twice := t.ids[p.text]; twice || p.text == "" || !utf8.ValidString(p.text) {
			return nil, fmt.Errorf("piece %d, %q: pieces must be distinct, not empty, and valid UTF-8", i, p.text)
		}
		if math.IsNaN(p.score) || math.IsInf(p.score, 0) {
			return nil, fmt.Errorf("piece %d, %q: its score must be finite, found %v", i, p.text, p.score)
		}
		t.ids[p.text] = int32(i)
		t.trie.add(p.text, int32(i))
		least = min(least, p.score)
	}
	t.unkScore = least - unknownPenalty
	for _, s := range []struct {
		text string
		id   *int32
	}{{"</s>", &t.EOS}, {"<unk>", &t.Unk}, {"<pad>", &t.Pad}} {
		id, ok := t.ids[s.text]
		if !ok && s.text == "</s>" {
			return nil, fmt.Errorf("a T5 vocabulary must have the piece %q: this one is another model's", s.text)
		}
		if ok {
			*s.id = id
			t.special[id] = true
		}
	}
	for _, text := range added {
		if id, ok := t.ids[text]; ok {
			t.special[id] = true
			t.added.add(text, id)
		}
	}
	var err error
	t.chars, err = newCharacterMap(charsmap)
	return t, err
}

// Size is the number of ids.
func (t *Tokenizer) Size() int { return len(t.pieces) }

// Piece is the text of an id, or "" for an id that there is not.
func (t *Tokenizer) Piece(id int32) string {
	if id < 0 || int(id) >= len(t.pieces) {
		return ""
	}
	return t.pieces[id].text
}

// ID is the id of a piece, and whether there is one.
func (t *Tokenizer) ID(piece string) (int32, bool) {
	id, ok := t.ids[piece]
	return id, ok
}

// Encode returns the ids of text and </s>. Special tokens such as <extra_id_0> that stand in text become their ids.
// Bytes that are no UTF-8 count as U+FFFD.
func (t *Tokenizer) Encode(text string) []int32 {
	ids := make([]int32, 0, len(text)/4+2)
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	for text != "" {
		at, token := t.nextAdded(text)
		ids = t.appendText(ids, text[:at])
		if token != "" {
			ids = append(ids, t.ids[token])
		}
		text = text[at+len(token):]
	}
	return append(ids, t.EOS)
}

// EncodeMax is Encode cut to at most max ids, the last of them </s>. Text was lost where the result is shorter than
// Encode's.
func (t *Tokenizer) EncodeMax(text string, max int) []int32 {
	ids := t.Encode(text)
	if len(ids) > max {
		ids = append(ids[:max-1], t.EOS)
	}
	return ids
}

// nextAdded finds the first special token of text, the longest where several start; len(text) and "" if there is none.
func (t *Tokenizer) nextAdded(text string) (int, string) {
	for at := range len(text) {
		node, end := int32(0), at
		for i := at; i < len(text); i++ {
			var ok bool
			if node, ok = t.added.child(node, text[i]); !ok {
				break
			}
			if t.added.piece[node] >= 0 {
				end = i + 1
			}
		}
		if end > at {
			return at, text[at:end]
		}
	}
	return len(text), ""
}

// appendText encodes text without special tokens: normalised, split at white space and before each "▁", every part
// with a "▁" in front.
func (t *Tokenizer) appendText(ids []int32, text string) []int32 {
	for _, word := range strings.FieldsFunc(t.chars.normalise(text), unicode.IsSpace) {
		if !strings.HasPrefix(word, space) {
			word = space + word
		}
		for word != "" {
			end := len(word)
			if next := strings.Index(word[len(space):], space); next >= 0 {
				end = len(space) + next
			}
			ids = t.appendWord(ids, word[:end])
			word = word[end:]
		}
	}
	return ids
}

// appendWord adds the most probable segmentation of word, in float64 as the reference; neighbouring unknown characters
// become one <unk>.
func (t *Tokenizer) appendWord(ids []int32, word string) []int32 {
	type end struct {
		score float64
		start int
		id    int32
	}
	ends := make([]end, len(word)+1)
	for i := range ends {
		ends[i].start = -1
	}
	reach := func(at, from int, score float64, id int32) {
		if ends[at].start < 0 || score > ends[at].score {
			ends[at] = end{score, from, id}
		}
	}
	for from, char := range word {
		width, single, before := utf8.RuneLen(char), false, ends[from].score
		node := int32(0)
		for at := from; at < len(word); at++ {
			var ok bool
			if node, ok = t.trie.child(node, word[at]); !ok {
				break
			}
			if id := t.trie.piece[node]; id >= 0 {
				reach(at+1, from, before+t.pieces[id].score, id)
				single = single || at+1-from == width
			}
		}
		if !single {
			reach(from+width, from, before+t.unkScore, t.Unk)
		}
	}
	first := len(ids)
	for at := len(word); at > 0; at = ends[at].start {
		if id := ends[at].id; id != t.Unk || len(ids) == first || ids[len(ids)-1] != t.Unk {
			ids = append(ids, id)
		}
	}
	for i, j := first, len(ids)-1; i < j; i, j = i+1, j-1 {
		ids[i], ids[j] = ids[j], ids[i]
	}
	return ids
}

// Decode returns the text of ids without special tokens, as HuggingFace's decode(skip_special_tokens=True) does. Ids
// beyond the vocabulary are skipped.
func (t *Tokenizer) Decode(ids []int32) string {
	var text strings.Builder
	first := true
	for _, id := range ids {
		if t.special[id] || t.Piece(id) == "" {
			continue
		}
		between := " "
		if first {
			between = ""
		}
		text.WriteString(strings.ReplaceAll(t.Piece(id), space, between))
		first = false
	}
	return text.String()
}
