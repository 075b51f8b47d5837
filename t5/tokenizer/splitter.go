// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"iter"
	"strings"
	"unicode"
)

// splitter cuts normalised text into words, which are segmented one by one: HuggingFace's pre-tokenizer Metaspace,
// alone or after WhitespaceSplit.
type splitter struct {
	whitespace bool // WhitespaceSplit: all white space separates words, and none of it is kept

	// prepend tells which texts that do not start with "▁" get one: "always" each word of WhitespaceSplit, or without
	// it each text between added tokens; "first" only the text that starts the whole; "never" none.
	prepend string
}

// split yields the words of text; atStart where it starts the whole text.
func (s splitter) split(text string, atStart bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !s.whitespace {
			s.metaspace(text, atStart, yield)
			return
		}
		for word := range strings.FieldsFuncSeq(text, unicode.IsSpace) {
			if !s.metaspace(word, atStart, yield) {
				return
			}
		}
	}
}

// metaspace writes spaces as "▁" and yields what starts at each of them.
func (s splitter) metaspace(text string, atStart bool, yield func(string) bool) bool {
	text = strings.ReplaceAll(text, " ", space)
	if text != "" && !strings.HasPrefix(text, space) && (s.prepend == "always" || s.prepend == "first" && atStart) {
		text = space + text
	}
	for text != "" {
		end := len(text)
		if next := strings.Index(text[1:], space); next >= 0 {
			end = 1 + next
		}
		if !yield(text[:end]) {
			return false
		}
		text = text[end:]
	}
	return true
}
