// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WSC is one example of the Winograd Schema Challenge: does the pronoun refer to the candidate? As in T5, the pronoun is
// marked and the model is to write what it refers to. So the task trains on the examples whose label is True, and
// evaluates on all.
//
// Rows are read as the corrected release (wsc.fixed) and T5 correct them: the candidate's first letter and space follow
// the text, and a pronoun is found that has punctuation behind it or stands a word beside the given one.
type WSC struct {
	Row
	Text      string
	Candidate string // span1_text, corrected
	Span1     string // span1_text, as given but for line breaks
	Pronoun   string // span2_text
	Start     int    // byte of Text where the pronoun starts
}

var wsc = Task{
	Name:    "WSC",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 259, Dev: 104, Type: "Coref", Metric: "Acc"},
	read: func(row object) []Example {
		target := row.object("target")
		x := WSC{
			Row:     Row{row.index(), row.label("false", "true")},
			Text:    strings.TrimSpace(row.text("text")),
			Span1:   strings.ReplaceAll(target.text("span1_text"), "\n", " "),
			Pronoun: target.text("span2_text"),
		}
		words := findWords(x.Text)
		first, pronoun := target.position("span1_index", len(words)), target.position("span2_index", len(words))
		if row.file.err != nil {
			return nil
		}
		var ok bool
		if x.Candidate, ok = findCandidate(x.Text, x.Span1, words[first].start); !ok {
			target.fail("span1_text", "want words of the text, found %q", x.Span1)
		}
		if x.Start, ok = findPronoun(x.Text, x.Pronoun, words, pronoun); !ok {
			target.fail("span2_text", "want the text's word %d or its neighbour, found %q", pronoun, x.Pronoun)
		}
		return []Example{x}
	},
	training: func(examples []Example) []Example {
		return slices.DeleteFunc(slices.Clone(examples), func(x Example) bool { return x.Class() != 1 })
	},
	// The corrected release also fits the case of the candidate's first letter, which T5's reference texts do not show.
	target: func(x Example, s Style) string {
		if s == T5 {
			return x.(WSC).Span1
		}
		return x.(WSC).Candidate
	},
	class: func(x Example, prediction string) int { return refersTo(prediction, x.(WSC).Candidate) },
	metrics: func(a []answer) []Metric {
		metrics := []Metric{accuracy(a)}
		if positive := slices.DeleteFunc(slices.Clone(a), func(a answer) bool { return a.example.Class() != 1 }); len(positive) > 0 {
			// The released code scores only these: 38 of the 104 in the official split.
			m := accuracy(positive)
			m.Name = "accuracy_true_only"
			metrics = append(metrics, m)
		}
		return metrics
	},
}

func (x WSC) source(s Style) string {
	before, after := x.Text[:x.Start], x.Text[x.Start+len(x.Pronoun):]
	switch s {
	case T5:
		if after != "" && after[0] != ' ' {
			after = " " + after
		}
		return "wsc: " + before + "*" + x.Pronoun + "*" + after
	case DPTOct:
		before = "superglue-wsc.fixed text: " + before
	}
	return before + "* " + x.Pronoun + " *" + after
}

// wordAt is where a word of a text lies, in bytes.
type wordAt struct{ start, end int }

// findWords finds the words that the rows' indices count: what space divides.
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

// findCandidate corrects span1_text, the first word of which starts at byte first: it is part of the text, or will be with
// the text's capitalisation and without a full stop. Of candidates that the text names apart ("Kamenev and Zinoviev"), each
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
	for _, w := range strings.FieldsFunc(span, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if !strings.Contains(text, w) {
			return "", false
		}
	}
	return span, true
}

// findPronoun returns the byte where the pronoun starts: at word i, which punctuation may follow, or at a neighbour of it.
func findPronoun(text, pronoun string, words []wordAt, i int) (start int, ok bool) {
	for _, j := range []int{i, i + 1, i - 1} {
		if j < 0 || j >= len(words) {
			continue
		}
		rest, found := strings.CutPrefix(text[words[j].start:words[j].end], pronoun)
		if next, _ := utf8.DecodeRuneInString(rest); found && pronoun != "" && !unicode.IsLetter(next) && !unicode.IsNumber(next) {
			return words[j].start, true
		}
	}
	return 0, false
}

var determiners = strings.Fields("a an few her his each every many much my our some that the their these this those which whose your")

// refersTo is T5's rule for whether a prediction names the candidate: 1 if it does, 0 if not, -1 if it says nothing. Case
// and determiners do not count. The words of one must be among the other's, and both or neither must have an apostrophe,
// since "Bob" is not "Bob's hat".
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

// content is a text in lower case without determiners.
func content(s string) string {
	words := strings.Split(strings.ToLower(strings.TrimSpace(s)), " ")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return slices.Contains(determiners, w) }), " ")
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
}
