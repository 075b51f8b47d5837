// SPDX-License-Identifier: Apache-2.0

package superglue

// BoolQ is one example of Boolean Questions: a yes/no question about a passage.
type BoolQ struct {
	Row
	Question string `json:"Question"`
	Passage  string `json:"Passage"`
}

var boolq = mustTask(TaskSpec{
	Name:    "BoolQ",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 9427, Dev: 3270, Type: "QA", Metric: "Acc"},
	Archive: Archive{Bytes: 4118001, SHA256: "853fbe7922f70c59629f06a39e8d9ca440c3d740e760fd3b87a5ddf3dcba2436"},
	Metric:  "Accuracy",
	Read: func(row Object) []Example {
		return []Example{BoolQ{
			Row:      row.row(false, true),
			Question: row.Text("question"),
			Passage:  row.Text("passage"),
		}}
	},
	Metrics: func(a []Answer) []Metric { return []Metric{Accuracy(a)} },
})

// Source has T5's order of fields, which loses the question first where a text is cut at its end, or the released
// code's, which loses the passage.
func (x BoolQ) Source(s Style) string {
	if s == T5 {
		return "boolq passage: " + x.Passage + " question: " + x.Question
	}
	return s.prefix("superglue-boolq") + "question: " + x.Question + " passage: " + x.Passage
}
