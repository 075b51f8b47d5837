// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"dpt/t5/modelfile"
)

// maxFile is more than the size of any vocabulary: T5's have 0.8 and 1.4 MB.
const maxFile = 256 << 20

// Load reads a vocabulary: a tokenizer.json, a spiece.model (its content tells which), or a folder that holds one. If a
// folder has both, spiece.model is read only if tokenizer.json cannot be, and [Tokenizer.Note] tells why.
func Load(path string) (*Tokenizer, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return loadFile(path)
	}
	t, errJSON := loadFile(filepath.Join(path, "tokenizer.json"))
	if errJSON == nil {
		return t, nil
	}
	t, errModel := loadFile(filepath.Join(path, "spiece.model"))
	absent := errors.Is(errJSON, fs.ErrNotExist)
	switch {
	case absent && errors.Is(errModel, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: it must hold tokenizer.json or spiece.model", path)
	case absent:
		return t, errModel
	case errors.Is(errModel, fs.ErrNotExist):
		return nil, errJSON
	case errModel != nil:
		return nil, errors.Join(errJSON, errModel)
	}
	t.Note = fmt.Sprintf("spiece.model was read because tokenizer.json could not be: %v", errJSON)
	return t, nil
}

func loadFile(path string) (*Tokenizer, error) {
	data, err := modelfile.Read(path, maxFile)
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
	if err := modelfile.Check(data); err != nil {
		return nil, err
	}
	parse := parseModel
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n\ufeff"), []byte("{")) {
		parse = parseJSON
	}
	t, err := parse(data)
	if err != nil {
		return nil, err
	}
	t.sum = sha256.Sum256(data)
	return t, nil
}

// build makes the tables from the model's pieces, which must hold </s>, and the added tokens.
func (t *Tokenizer) build(pieces []piece, unk int32, added []addedToken) (err error) {
	if t.model, err = newUnigram(pieces, unk); err != nil {
		return err
	}
	t.Unk, t.special, t.ids = unk, map[int32]bool{}, make(map[string]int32, len(pieces)+len(added))
	for i, p := range pieces {
		t.texts = append(t.texts, p.text)
		t.ids[p.text] = int32(i)
	}
	for _, token := range added {
		if err := t.add(token); err != nil {
			return fmt.Errorf("added token %q, id %d: %w", token.Content, token.ID, err)
		}
	}
	var ok bool
	if t.EOS, ok = t.ids["</s>"]; !ok {
		return errors.New("a T5 vocabulary must have the piece </s>: this one is another model's")
	}
	return nil
}

func (t *Tokenizer) add(token addedToken) error {
	id, ok := t.ids[token.Content]
	if !ok {
		id = int32(len(t.texts))
		t.texts = append(t.texts, token.Content)
		t.ids[token.Content] = id
	}
	if token.ID != id {
		return fmt.Errorf("its place in the vocabulary is %d", id)
	}
	content, matcher := token.Content, &t.added
	if token.Normalized {
		content, matcher = t.normalizer.normalise(content), &t.normalized
		t.texts[id] = content
		if token.LStrip || token.RStrip || strings.ContainsFunc(content, unicode.IsSpace) {
			t.normalizer.whole = true
		}
	}
	switch {
	case token.Special && content != token.Content:
		return fmt.Errorf("normalized must be false for a special token that normalisation changes, here to %q",
			content)
	case (token.LStrip || token.RStrip) && strings.TrimSpace(content) == "":
		return errors.New("lstrip and rstrip must be false for a token of white space")
	case content == "" || !matcher.add(content, token):
		return errors.New("its content must not be empty or that of another, after normalisation")
	}
	t.special[id] = token.Special
	return nil
}
