// SPDX-License-Identifier: Apache-2.0

package superglue

// COPA is one example of Choice of Plausible Alternatives: which choice is the premise's cause, or its effect?
type COPA struct {
	Row
	Premise, Choice1, Choice2 string
	Question                  string // "cause" or "effect"
}

var copa = Task{
	Name:    "COPA",
	Classes: []string{"choice1", "choice2"},
	Table2:  Table2{Train: 400, Dev: 100, Type: "QA", Metric: "Acc"},
	read: func(row object) []Example {
		return []Example{COPA{
			Row:      Row{row.index(), row.label("0", "1")},
			Premise:  row.text("premise"),
			Choice1:  row.text("choice1"),
			Choice2:  row.text("choice2"),
			Question: []string{"cause", "effect"}[row.oneOf("question", `"cause"`, `"effect"`)],
		}}
	},
	metrics: func(a []answer) []Metric { return []Metric{accuracy(a)} },
}

// The released code does not say whether a cause or an effect is asked for, which leaves the task partly undetermined.
func (x COPA) source(s Style) string {
	if s == T5 {
		return "copa choice1: " + x.Choice1 + " choice2: " + x.Choice2 + " premise: " + x.Premise + " question: " + x.Question
	}
	return s.prefix("superglue-copa") + "premise: " + x.Premise + " choice1: " + x.Choice1 + " choice2: " + x.Choice2
}
