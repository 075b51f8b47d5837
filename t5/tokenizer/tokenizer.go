// SPDX-License-Identifier: Apache-2.0

// Package tokenizer is T5's SentencePiece Unigram tokenizer, read from HuggingFace's tokenizer.json or from
// spiece.model, with the same output as HuggingFace's fast tokenizer. No Go package has the Unigram model together with
// T5's precompiled character map.
//
// A setting that this package does not follow exactly is refused by its name when the file is read.
package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
)

// space is a vocabulary's spelling of the space before a word.
const space = "▁"

// Tokenizer turns text into ids and back. It is safe for concurrent use.
type Tokenizer struct {
	// EOS and Unk are the ids of </s> and of unknown characters.
	EOS, Unk int32

	// Note says why [Load] skipped the tokenizer.json of a folder; it is empty if Load did not.
	Note string

	texts   []string // of the ids
	ids     map[string]int32
	special map[int32]bool // skipped by Decode

	added      matcher // in the text as it is
	normalizer normalizer
	normalized matcher // in the normalised text
	words      splitter
	model      *unigram
	keepFirst  bool // Decode keeps the space before the first word

	sum [sha256.Size]byte // of the file
}

// Fingerprint returns the SHA-256, in hex, of the file that the vocabulary was read from.
func (t *Tokenizer) Fingerprint() string { return hex.EncodeToString(t.sum[:]) }

// Size returns the number of ids.
func (t *Tokenizer) Size() int { return len(t.texts) }

// Piece returns the text of an id, or "" for an unknown id.
func (t *Tokenizer) Piece(id int32) string {
	if id < 0 || int(id) >= len(t.texts) {
		return ""
	}
	return t.texts[id]
}

// ID returns the id of a piece, and whether there is one.
func (t *Tokenizer) ID(piece string) (int32, bool) {
	id, ok := t.ids[piece]
	return id, ok
}

// Encode returns the ids of text and </s>. Added tokens such as <extra_id_0> in text become their ids. Bytes that are
// no UTF-8 count as U+FFFD. Time and memory are linear in the text's length.
func (t *Tokenizer) Encode(text string) []int32 {
	return append(t.encode(text, math.MaxInt), t.EOS)
}

// EncodeMax is like Encode, but returns at most max ids, the last of them </s>; max must be at least 1. Text was lost
// if the result is shorter than Encode's. Only a few KB of the text that is cut away are encoded, if it has spaces.
func (t *Tokenizer) EncodeMax(text string, max int) []int32 {
	ids := t.encode(text, max)
	if len(ids) >= max {
		ids = ids[:max-1]
	}
	return append(ids, t.EOS)
}

// encode returns the ids of text without </s>, and stops some time after the first enough.
func (t *Tokenizer) encode(text string, enough int) []int32 {
	ids := make([]int32, 0, min(len(text), enough)/4+2)
	for part := range t.added.sections(text) {
		if part.token != nil {
			ids = append(ids, part.token.ID)
		} else {
			ids = t.encodeBetween(ids, part.text, part.start == 0, enough)
		}
		if len(ids) >= enough {
			break
		}
	}
	return ids
}

// encodeBetween appends the ids of what lies between added tokens; first where it starts the text.
func (t *Tokenizer) encodeBetween(ids []int32, text string, first bool, enough int) []int32 {
	for chunk := range t.normalizer.chunks(text) {
		for part := range t.normalized.sections(chunk) {
			if part.token != nil {
				ids = append(ids, part.token.ID)
				continue
			}
			for word := range t.words.split(part.text, first && part.start == 0) {
				ids = t.model.segment(ids, word)
			}
		}
		if first = false; len(ids) >= enough {
			break
		}
	}
	return ids
}

// Decode returns the text of ids without special tokens, as HuggingFace's decode(skip_special_tokens=True) does. Ids
// beyond the vocabulary are skipped.
func (t *Tokenizer) Decode(ids []int32) string {
	var text strings.Builder
	first := !t.keepFirst
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

// Spell returns text as the vocabulary spells it: the result of [Tokenizer.Decode] on its ids. Normalisation may have
// changed characters and spaces, so two texts can have one spelling; a model that predicts the ids of text is read as
// that spelling. It is an error if nothing of text is left, or if the vocabulary has no pieces for some of it.
func (t *Tokenizer) Spell(text string) (string, error) {
	ids := t.encode(text, math.MaxInt)
	pieces := make([]string, len(ids))
	for i, id := range ids {
		pieces[i] = t.Piece(id)
	}
	switch spelled := t.Decode(ids); {
	case slices.Contains(ids, t.Unk):
		return "", fmt.Errorf("%q: the vocabulary must have pieces for all of it, found %q", text, pieces)
	case slices.ContainsFunc(ids, func(id int32) bool { return t.special[id] }):
		return "", fmt.Errorf("%q: it must hold no special token, found %q", text, pieces)
	case strings.TrimSpace(spelled) == "":
		return "", fmt.Errorf("%q: it must have a character that the vocabulary keeps, found none", text)
	default:
		return spelled, nil
	}
}
