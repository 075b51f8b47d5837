// SPDX-License-Identifier: Apache-2.0

package superglue

// CB is one example of the CommitmentBank: how far the writer of the premise is committed to the hypothesis.
type CB struct {
	Row
	Premise, Hypothesis string
}

var cb = Task{
	Name:    "CB",
	Classes: []string{"entailment", "contradiction", "neutral"},
	Table2:  Table2{Train: 250, Dev: 56, Type: "NLI", Metric: "Acc"},
	read: func(row object) []Example {
		return []Example{CB{
			Row:        Row{row.index(), row.label(`"entailment"`, `"contradiction"`, `"neutral"`)},
			Premise:    row.text("premise"),
			Hypothesis: row.text("hypothesis"),
		}}
	},
	// SuperGLUE averages the two; the paper reports accuracy.
	metrics: func(a []answer) []Metric { return []Metric{accuracy(a), macroF1(a, 3)} },
}

func (x CB) source(s Style) string {
	if s == T5 {
		return "cb hypothesis: " + x.Hypothesis + " premise: " + x.Premise
	}
	return s.prefix("superglue-cb") + "premise: " + x.Premise + " hypothesis: " + x.Hypothesis
}
