// SPDX-License-Identifier: Apache-2.0

package superglue

// COPA is one example of Choice of Plausible Alternatives: which choice is the premise's cause, or its effect?
type COPA struct {
	Row
	Premise  string `json:"Premise"`
	Choice1  string `json:"Choice1"`
	Choice2  string `json:"Choice2"`
	Question string `json:"Question"` // "cause" or "effect"
}

var copa = mustTask(TaskSpec{
	Name:    "COPA",
	Classes: []string{"choice1", "choice2"},
	Table2:  Table2{Train: 400, Dev: 100, Type: "QA", Metric: "Acc"},
	Archive: Archive{Bytes: 43986, SHA256: "405906cddac74bc1e1ce8220f1107d1025b66a25ef10149d91b10bb30651125f"},
	Metric:  "Accuracy",
	Read: func(row Object) []Example {
		return []Example{COPA{
			Row:      row.row(0, 1),
			Premise:  row.Text("premise"),
			Choice1:  row.Text("choice1"),
			Choice2:  row.Text("choice2"),
			Question: []string{"cause", "effect"}[row.OneOf("question", "cause", "effect")],
		}}
	},
	Metrics: func(a []Answer) []Metric { return []Metric{Accuracy(a)} },
})

// Source is as in T5 or as in the released code, which does not say whether a cause or an effect is asked for; this
// leaves the task partly undetermined.
func (x COPA) Source(s Style) string {
	if s == T5 {
		return "copa choice1: " + x.Choice1 + " choice2: " + x.Choice2 +
			" premise: " + x.Premise + " question: " + x.Question
	}
	return s.prefix("superglue-copa") + "premise: " + x.Premise + " choice1: " + x.Choice1 + " choice2: " + x.Choice2
}
