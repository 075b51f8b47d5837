// SPDX-License-Identifier: Apache-2.0

package superglue

// RTE is one example of Recognizing Textual Entailment: does the hypothesis follow from the premise?
type RTE struct {
	Row
	Premise, Hypothesis string
}

var rte = Task{
	Name:    "RTE",
	Classes: []string{"entailment", "not_entailment"},
	Table2:  Table2{Train: 2490, Dev: 277, Type: "NLI", Metric: "Acc"},
	read: func(row object) []Example {
		return []Example{RTE{
			Row:        Row{row.index(), row.label(`"entailment"`, `"not_entailment"`)},
			Premise:    row.text("premise"),
			Hypothesis: row.text("hypothesis"),
		}}
	},
	metrics: func(a []answer) []Metric { return []Metric{accuracy(a)} },
}

// The released code has GLUE's RTE, with GLUE's names for the same two fields.
func (x RTE) source(s Style) string {
	if s == T5 {
		return "rte hypothesis: " + x.Hypothesis + " premise: " + x.Premise
	}
	return s.prefix("rte") + "sentence1: " + x.Premise + " sentence2: " + x.Hypothesis
}
