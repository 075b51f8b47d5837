// SPDX-License-Identifier: Apache-2.0

package superglue

// CB is one example of the CommitmentBank: how far the writer of the premise is committed to the hypothesis.
type CB struct {
	Row
	Premise    string `json:"Premise"`
	Hypothesis string `json:"Hypothesis"`
}

var cb = mustTask(TaskSpec{
	Name:    "CB",
	Classes: []string{"entailment", "contradiction", "neutral"},
	Table2:  Table2{Train: 250, Dev: 56, Type: "NLI", Metric: "Acc"},
	Archive: Archive{Bytes: 75482, SHA256: "8d641383298d54554066ba1c93f56ae7410af75df621b90c63028806bbbbb535"},
	Read: func(row Object) []Example {
		return []Example{CB{
			Row:        row.row("entailment", "contradiction", "neutral"),
			Premise:    row.Text("premise"),
			Hypothesis: row.Text("hypothesis"),
		}}
	},
	// Metrics are accuracy, which the paper reports, and macro-averaged F1; SuperGLUE averages the two.
})

// Source has T5's order of fields, or the released code's.
func (x CB) Source(s Style) string {
	if s == T5 {
		return "cb hypothesis: " + x.Hypothesis + " premise: " + x.Premise
	}
	return s.prefix("superglue-cb") + "premise: " + x.Premise + " hypothesis: " + x.Hypothesis
}
