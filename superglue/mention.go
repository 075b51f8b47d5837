// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordAt is the place of a word in a text, in bytes.
type wordAt struct{ start, end int }

// findWords finds the words that the rows' indices count. They are separated by space.
func findWords(text string) (words []wordAt) {
	start := -1
	for i, r := range text + " " {
		switch space := unicode.IsSpace(r); {
		case space && start >= 0:
			words = append(words, wordAt{start, i})
			start = -1
		case !space && start < 0:
			start = i
		}
	}
	return words
}

// findCandidate corrects span1_text, whose first word starts at byte first: it is part of the text, or will be with the
// text's capitalisation and without a full stop. Of candidates that the text names apart ("Kamenev and Zinoviev"), each
// word must be there.
func findCandidate(text, span string, first int) (string, bool) {
	letter, size := utf8.DecodeRuneInString(span)
	switch {
	case strings.TrimSpace(span) == "":
		return "", false
	case strings.Contains(text, span):
		return span, true
	}
	fitted := unicode.ToUpper(letter)
	if original, _ := utf8.DecodeRuneInString(text[first:]); unicode.IsLower(original) {
		fitted = unicode.ToLower(letter)
	}
	corrected := strings.TrimRight(string(fitted)+span[size:], ".")
	if strings.Contains(text, corrected) {
		return corrected, true
	}
	for _, w := range strings.FieldsFunc(span, func(r rune) bool { return !alphanumeric(r) }) {
		if !strings.Contains(text, w) {
			return "", false
		}
	}
	return span, true
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// findPronoun returns the byte where the pronoun starts: at word i, which punctuation may follow, or at a neighbour of
// it.
func findPronoun(text, pronoun string, words []wordAt, i int) (start int, ok bool) {
	for _, j := range []int{i, i + 1, i - 1} {
		if j < 0 || j >= len(words) {
			continue
		}
		rest, found := strings.CutPrefix(text[words[j].start:words[j].end], pronoun)
		if next, _ := utf8.DecodeRuneInString(rest); found && pronoun != "" && !alphanumeric(next) {
			return words[j].start, true
		}
	}
	return 0, false
}

var determiners = strings.Fields(`
	a an few her his each every many much my our some that the their these this those which whose your`)

// refersTo applies T5's rule for whether a prediction names the candidate: 1 if it does, 0 if not, -1 if it is empty.
// Case and determiners do not count. The words of one must be among the other's, and both or neither must have an
// apostrophe, since "Bob" is not "Bob's hat".
func refersTo(prediction, candidate string) int {
	prediction, candidate = content(prediction), content(candidate)
	if prediction == "" {
		return -1
	}
	if strings.Contains(prediction, "'") != strings.Contains(candidate, "'") {
		return 0
	}
	predicted, wanted := strings.Split(prediction, " "), strings.Split(candidate, " ")
	if subset(predicted, wanted) || subset(wanted, predicted) {
		return 1
	}
	return 0
}

// content returns a text in lower case without determiners.
func content(s string) string {
	words := strings.Split(lower(strings.TrimSpace(s)), " ")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return slices.Contains(determiners, w) }), " ")
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
}
