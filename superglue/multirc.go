// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"strings"
)

// MultiRC is one example of Multi-Sentence Reading Comprehension: is this answer to a question about a passage right? Any
// number of a question's answers are. A row holds a passage, its questions and their answers, and gives one example per
// answer, in the row's order.
type MultiRC struct {
	Passage, Question, Answer             int    // idx of each; the examples of one question share the first two
	PassageText, QuestionText, AnswerText string // without the markup of some rows: <br> is a space, <b> and </b> are nothing
	Label                                 int    // class, or Unlabelled
}

var multirc = Task{
	Name:    "MultiRC",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 27243, Dev: 4848, Type: "QA", Metric: "F1"},
	read: func(row object) (examples []Example) {
		x := MultiRC{Passage: row.index()}
		passage := row.object("passage")
		x.PassageText = noMarkup.Replace(passage.text("text"))
		for question := range passage.objects("questions") {
			x.Question, x.QuestionText = question.index(), noMarkup.Replace(question.text("question"))
			for answer := range question.objects("answers") {
				x.Answer, x.AnswerText, x.Label = answer.index(), noMarkup.Replace(answer.text("text")), answer.label("0", "1")
				examples = append(examples, x)
			}
		}
		return examples
	},
	metrics: func(a []answer) []Metric { return []Metric{f1a(a), questionEM(a)} },
}

// ID is the idx of passage, question and answer: "3/35/153".
func (x MultiRC) ID() string { return fmt.Sprintf("%d/%d/%d", x.Passage, x.Question, x.Answer) }

// Class is 1 for a right answer, 0 for a wrong one.
func (x MultiRC) Class() int { return x.Label }

var noMarkup = strings.NewReplacer("<br>", " ", "<b>", "", "</b>", "")

func (x MultiRC) source(s Style) string {
	fields := "question: " + x.QuestionText + " answer: " + x.AnswerText + " paragraph: " + x.PassageText
	if s == T5 {
		return "multirc " + fields
	}
	return s.prefix("superglue-multirc") + fields
}

// f1a is the F1 of class True over all answers of all questions. An invalid prediction counts as the opposite of the gold
// label.
func f1a(answers []answer) Metric {
	isTrue, saidTrue := make([]bool, len(answers)), make([]bool, len(answers))
	for i, a := range answers {
		isTrue[i] = a.example.Class() == 1
		saidTrue[i] = isTrue[i] == a.right()
	}
	return bootstrapped("f1a", len(answers), "examples", func(sample []int) float64 {
		var both, gold, predicted float64
		for _, i := range sample {
			if isTrue[i] {
				gold++
			}
			if saidTrue[i] {
				predicted++
			}
			if isTrue[i] && saidTrue[i] {
				both++
			}
		}
		return 100 * f1(both, predicted, gold)
	})
}

// questionEM is the share of questions all of whose answers are judged right.
func questionEM(answers []answer) Metric {
	type question struct{ passage, question int }
	right := map[question]bool{}
	for _, a := range answers {
		x := a.example.(MultiRC)
		q := question{x.Passage, x.Question}
		before, seen := right[q]
		right[q] = a.right() && (before || !seen)
	}
	n := 0
	for _, all := range right {
		if all {
			n++
		}
	}
	return share("em", n, len(right), "questions")
}
