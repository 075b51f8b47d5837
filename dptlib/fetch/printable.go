// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const longest = 4000 // bytes of an error or a line

// printable escapes everything except line ends that a terminal would obey instead of showing, such as escape sequences
// and marks that change the direction of text, and cuts very long text, because names and messages come from servers
// and archives.
func printable(text string) string {
	var out strings.Builder
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch shown := text[:size]; {
		case r == '\n', strconv.IsPrint(r) && (r != utf8.RuneError || size > 1):
			out.WriteString(shown)
		default:
			quoted := strconv.Quote(shown)
			out.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return out.String()
}

// printableError is an error whose text is printable.
type printableError struct{ error }

func (e *printableError) Error() string { return printable(e.error.Error()) }
func (e *printableError) Unwrap() error { return e.error }

func printableErr(err error) error {
	if err == nil {
		return nil
	}
	return &printableError{err}
}
