// SPDX-License-Identifier: Apache-2.0

package superglue

// BoolQ is one example of Boolean Questions: a yes/no question about a passage.
type BoolQ struct {
	Row
	Question, Passage string
}

var boolq = Task{
	Name:    "BoolQ",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 9427, Dev: 3270, Type: "QA", Metric: "Acc"},
	read: func(row object) []Example {
		return []Example{BoolQ{
			Row:      Row{row.index(), row.label("false", "true")},
			Question: row.text("question"),
			Passage:  row.text("passage"),
		}}
	},
	metrics: func(a []answer) []Metric { return []Metric{accuracy(a)} },
}

// Where a source is cut at its end, T5's order loses the question first and the released code's the passage.
func (x BoolQ) source(s Style) string {
	if s == T5 {
		return "boolq passage: " + x.Passage + " question: " + x.Question
	}
	return s.prefix("superglue-boolq") + "question: " + x.Question + " passage: " + x.Passage
}
