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
// the text, and a pronoun is found if punctuation follows it or it is a word away from the given one.
type WSC struct {
	Row
	Text      string `json:"Text"`
	Candidate string `json:"Candidate"` // span1_text, corrected
	Span1     string `json:"Span1"`     // span1_text, as given but for line breaks
	Pronoun   string `json:"Pronoun"`   // span2_text
	Start     int    `json:"Start"`     // byte of Text where the pronoun starts
}

var wsc = mustTask(TaskSpec{
	Name:    "WSC",
	Classes: []string{"False", "True"},
	Table2: Table2{Train: 259, Dev: 104, Type: "Coref", Metric: "Acc",
		Note: "only the rows whose label is True are trained on; the paper's text says that of CB, a slip"},
	Archive: Archive{Bytes: 32751, SHA256: "2ed6dfa94556b4a128ff0441efe365b2e883124e7e6aa00fb8d3a6cb1fd520a9"},
	Metric:  "Accuracy",
	Read:    readWSC,
	Training: func(examples []Example) []Example {
		return slices.DeleteFunc(slices.Clone(examples), func(x Example) bool { return x.Class() != 1 })
	},
	// The corrected release also fits the case of the candidate's first letter, which T5's reference texts do not show.
	Target: func(x Example, s Style) string {
		if s == T5 {
			return x.(WSC).Span1
		}
		return x.(WSC).Candidate
	},
	Answer: func(x Example, prediction string) int { return refersTo(prediction, x.(WSC).Candidate) },
	Metrics: func(a []Answer) []Metric {
		metrics := []Metric{Accuracy(a)}
		if positive := slices.DeleteFunc(slices.Clone(a), func(a Answer) bool { return a.Example.Class() != 1 }); len(positive) > 0 {
			// The released code scores only these: 38 of the 104 in the official split.
			m := Accuracy(positive)
			m.Name = "accuracy_true_only"
			metrics = append(metrics, m)
		}
		return metrics
	},
})

// readWSC reads an official row, or one of HuggingFace's, which has the target's members itself.
func readWSC(row Object) []Example {
	target := row
	if row.Has("target") || !row.Has("span1_text") {
		target = row.Object("target")
	}
	x := WSC{
		Row:     row.row(false, true),
		Text:    strings.TrimSpace(row.Text("text")),
		Span1:   strings.ReplaceAll(target.Text("span1_text"), "\n", " "),
		Pronoun: target.Text("span2_text"),
	}
	words := findWords(x.Text)
	first, pronoun := target.position("span1_index", len(words)), target.position("span2_index", len(words))
	if row.Failed() {
		return nil
	}
	var ok bool
	if x.Candidate, ok = findCandidate(x.Text, x.Span1, words[first].start); !ok {
		target.Fail("span1_text", "want words of the text, found %q", x.Span1)
	}
	if x.Start, ok = findPronoun(x.Text, x.Pronoun, words, pronoun); !ok {
		target.Fail("span2_text", "want the text's word %d or its neighbour, found %q", pronoun, x.Pronoun)
	}
	return []Example{x}
}

// Source marks the pronoun, in the released code's styles with spaces inside the marks.
func (x WSC) Source(s Style) string {
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
