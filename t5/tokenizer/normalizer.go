// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// chunkSize is about how many bytes of normalised text are made at a time.
const chunkSize = 4096

// normalizer changes a text's characters before it is segmented.
type normalizer struct {
	chars *characterMap
	steps []func(string) string // after chars; they change only white space that has white space or an end beside it
	whole bool                  // chunks must not cut the text
}

// chunks yields text normalised, in pieces of bounded size where spaces allow it: the text is cut only before a single
// space between two characters that are neither space nor "▁", where no step reaches across. Bytes that are no UTF-8
// count as U+FFFD.
func (n *normalizer) chunks(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var out []byte
		cut := -1 // before a space at the end of out; the text can be cut there if the next grapheme allows it
		for grapheme := range graphemes(text) {
			before := len(out)
			out = n.chars.append(out, grapheme)
			switch added := out[before:]; {
			case cut >= 0 && solid(utf8.DecodeRune(added)):
				if !yield(n.step(string(out[:cut]))) {
					return
				}
				out, cut = append([]byte(nil), out[cut:]...), -1
			case before >= chunkSize && !n.whole && string(added) == " " && solid(utf8.DecodeLastRune(out[:before])):
				cut = before
			default:
				cut = -1
			}
		}
		yield(n.step(string(out)))
	}
}

// solid is true of a character that is neither white space nor "▁"; width is 0 where there is none.
func solid(char rune, width int) bool {
	return width > 0 && !unicode.IsSpace(char) && string(char) != space
}

func (n *normalizer) step(text string) string {
	for _, step := range n.steps {
		text = step(text)
	}
	return text
}

// normalise returns the whole of text normalised.
func (n *normalizer) normalise(text string) string {
	var out strings.Builder
	for chunk := range n.chunks(text) {
		out.WriteString(chunk)
	}
	return out.String()
}

// graphemes yields the extended grapheme clusters of text.
func graphemes(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		state := -1
		for text != "" {
			var grapheme string
			if text[0] >= ' ' && text[0] < 0x7f && (len(text) == 1 || text[1] < 0x7f) {
				grapheme, text, state = text[:1], text[1:], -1 // ASCII before ASCII is a cluster
			} else {
				grapheme, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
			}
			if !yield(grapheme) {
				return
			}
		}
	}
}
