// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strings"
)

// MultiRC is one example of Multi-Sentence Reading Comprehension: is this answer to a question about a passage right?
// Any number of a question's answers are. A row holds a passage, its questions and their answers, and gives one example
// per answer, in the row's order. Texts are without the markup of some rows: <br> is a space, <b> and </b> are nothing.
type MultiRC struct {
	Passage      int    `json:"Passage"`  // idx
	Question     int    `json:"Question"` // idx; the examples of one question share these two
	Answer       int    `json:"Answer"`   // idx
	PassageText  string `json:"PassageText"`
	QuestionText string `json:"QuestionText"`
	AnswerText   string `json:"AnswerText"`
	Label        int    `json:"Label"` // class, or Unlabelled
}

var multirc = mustTask(TaskSpec{
	Name:    "MultiRC",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 27243, Dev: 4848, Type: "QA", Metric: "F1"},
	Archive: Archive{Bytes: 1116225, SHA256: "b3cd440856e72eb166b2edcd37b798455f1ebd51f2c3de64c0c2a4e1971d2737"},
	Metric:  "F1",
	Read: func(row Object) []Example {
		if row.flat() {
			return readFlatMultiRC(row)
		}
		return readMultiRC(row)
	},
	Metrics: func(a []Answer) []Metric { return []Metric{f1a(a), questionEM(a)} },
})

// readMultiRC reads an official row: a passage with its questions and their answers. The examples share the texts'
// memory.
func readMultiRC(row Object) (examples []Example) {
	passage := row.Object("passage")
	x := MultiRC{Passage: row.Index(), PassageText: noMarkup.Replace(passage.Text("text"))}
	for question := range passage.Objects("questions") {
		x.Question, x.QuestionText = question.Index(), noMarkup.Replace(question.Text("question"))
		for answer := range question.Objects("answers") {
			x.Answer, x.AnswerText, x.Label = answer.Index(), noMarkup.Replace(answer.Text("text")), answer.Label(0, 1)
			examples = append(examples, x)
		}
	}
	return examples
}

// readFlatMultiRC reads a row of HuggingFace's: one answer.
func readFlatMultiRC(row Object) []Example {
	idx := row.Object("idx")
	return []Example{MultiRC{
		Passage: idx.Number("paragraph"), Question: idx.Number("question"), Answer: idx.Number("answer"),
		PassageText:  noMarkup.Replace(row.Text("paragraph")),
		QuestionText: noMarkup.Replace(row.Text("question")),
		AnswerText:   noMarkup.Replace(row.Text("answer")),
		Label:        row.Label(0, 1),
	}}
}

// ID returns the idx of passage, question and answer: "3/35/153".
func (x MultiRC) ID() string { return fmt.Sprintf("%d/%d/%d", x.Passage, x.Question, x.Answer) }

// Class returns 1 for a right answer, 0 for a wrong one.
func (x MultiRC) Class() int { return x.Label }

var noMarkup = strings.NewReplacer("<br>", " ", "<b>", "", "</b>", "")

// Source has the same order of fields in all styles.
func (x MultiRC) Source(s Style) string {
	fields := "question: " + x.QuestionText + " answer: " + x.AnswerText + " paragraph: " + x.PassageText
	if s == T5 {
		return "multirc " + fields
	}
	return s.prefix("superglue-multirc") + fields
}

// sourcePrefix returns more than the first n bytes of the source, or all of it, without copying all of a long passage.
func (x MultiRC) sourcePrefix(s Style, n int) string {
	x.PassageText = x.PassageText[:min(n, len(x.PassageText))]
	return x.Source(s)
}

// byQuestion groups answers by question, in the order of each question's first.
func byQuestion(answers []Answer) (questions [][]Answer) {
	type question struct{ passage, question int }
	at := map[question]int{}
	for _, a := range answers {
		x := a.Example.(MultiRC)
		q := question{x.Passage, x.Question}
		i, seen := at[q]
		if !seen {
			i, questions = len(questions), append(questions, nil)
			at[q] = i
		}
		questions[i] = append(questions[i], a)
	}
	return questions
}

// f1a returns the F1 of class True over all answers of all questions. An invalid prediction counts as the opposite of
// the gold label. The answers of one question depend on each other, so its interval is from samples of questions.
func f1a(answers []Answer) Metric {
	questions := byQuestion(answers)
	type count struct{ both, predicted, gold float64 }
	counts := make([]count, len(questions))
	for i, question := range questions {
		for _, a := range question {
			isTrue := a.Example.Class() == 1
			saidTrue := isTrue == a.Right()
			if isTrue {
				counts[i].gold++
			}
			if saidTrue {
				counts[i].predicted++
			}
			if isTrue && saidTrue {
				counts[i].both++
			}
		}
	}
	m := Bootstrap("f1a", len(questions), "questions", func(sample []int) float64 {
		var sum count
		for _, i := range sample {
			sum.both += counts[i].both
			sum.predicted += counts[i].predicted
			sum.gold += counts[i].gold
		}
		return 100 * f1(sum.both, sum.predicted, sum.gold)
	})
	m.N, m.Unit = len(answers), "examples"
	return m
}

// questionEM returns the share of questions all of whose answers are judged right.
func questionEM(answers []Answer) Metric {
	questions, n := byQuestion(answers), 0
	for _, question := range questions {
		if !slices.ContainsFunc(question, func(a Answer) bool { return !a.Right() }) {
			n++
		}
	}
	return Share("em", n, len(questions), "questions")
}
