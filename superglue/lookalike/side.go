// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
)

// content returns the texts that identify a row: its passage if it has one, else all of its texts. The questions about
// one passage have the same content. It does without decoding the row: most candidate rows fall on another side and are
// discarded.
func (w row) content() (texts []string) {
	if passage, ok := w["passage"].(row); ok {
		return []string{passage["text"].(string)}
	}
	if passage, ok := w["passage"].(string); ok {
		return []string{passage}
	}
	for _, field := range []string{"premise", "hypothesis", "choice1", "choice2", "sentence1", "sentence2", "text"} {
		if text, ok := w[field].(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// key is the hash of a row's content, with its texts in any order. Neither its question nor its label counts, so rows
// that say much the same have the same key.
func (t task) key(texts []string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "superglue.%s\n%s", t.Name, strings.Join(slices.Sorted(slices.Values(texts)), "\n"))
	return h.Sum64()
}

// side returns the side of the rows with a content: "train", "val", "test", or "stream" for pre-training. What it goes
// by is the content without names, or of a task with essential words these alone: a row that is evaluated on is in no
// pre-training text under other names either. Rows with a word that the task holds out are never in the stream.
func (t task) side(texts []string) string {
	essence := make([]string, len(texts))
	heldOut := false
	for i, text := range texts {
		for _, word := range strings.FieldsFunc(text, notLetter) {
			heldOut = heldOut || slices.Contains(t.heldOut, word)
			if t.essential == nil && !slices.Contains(names, word) || slices.Contains(t.essential, word) {
				essence[i] += " " + word
			}
		}
	}
	side := sideOf(t.key(essence))
	if heldOut && side == "stream" {
		return ""
	}
	return side
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// sides are the shares, in sixteenths, of all possible content.
var sides = []struct {
	name  string
	share uint64
}{{"val", 1}, {"test", 1}, {"train", 2}, {"stream", 12}}

// sideOf is the side that a hash falls on.
func sideOf(key uint64) string {
	at := key * 0x9e3779b97f4a7c15 >> 60 // the best-mixed bits
	for _, s := range sides {
		if at < s.share {
			return s.name
		}
		at -= s.share
	}
	panic("unreachable")
}
