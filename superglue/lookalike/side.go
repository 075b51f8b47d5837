// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
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

// sides are the shares, in sixteenths, of all possible content.
var sides = []struct {
	name  string
	share uint64
}{{"val", 1}, {"test", 1}, {"train", 2}, {"stream", 12}}

// sideOf is the side of the rows with a key: "train", "val", "test", or "stream" for pre-training.
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
