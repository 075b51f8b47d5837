// SPDX-License-Identifier: Apache-2.0

package superglue

// RTE is one example of Recognizing Textual Entailment: does the hypothesis follow from the premise?
type RTE struct {
	Row
	Premise    string `json:"Premise"`
	Hypothesis string `json:"Hypothesis"`
}

var rte = mustTask(TaskSpec{
	Name:    "RTE",
	Classes: []string{"entailment", "not_entailment"},
	Table2:  Table2{Train: 2490, Dev: 277, Type: "NLI", Metric: "Acc"},
	Archive: Archive{Bytes: 750920, SHA256: "6310aab3f000424c9d0318a1ff20692e07c7f4aa15e8f17a5972ea0a35c398b9"},
	Metric:  "Accuracy",
	Read: func(row Object) []Example {
		return []Example{RTE{
			Row:        row.row("entailment", "not_entailment"),
			Premise:    row.Text("premise"),
			Hypothesis: row.Text("hypothesis"),
		}}
	},
	Metrics: func(a []Answer) []Metric { return []Metric{Accuracy(a)} },
})

// Source is as in T5 or as in the released code, which has GLUE's RTE, with GLUE's names for the same two fields.
func (x RTE) Source(s Style) string {
	if s == T5 {
		return "rte hypothesis: " + x.Hypothesis + " premise: " + x.Premise
	}
	return s.prefix("rte") + "sentence1: " + x.Premise + " sentence2: " + x.Hypothesis
}
