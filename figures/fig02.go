// SPDX-License-Identifier: Apache-2.0

package figures

// Fig02 is the diagram of the method: prompt tuning on the left, DPT on the right. It claims no number, needs no run,
// and is drawn from the sizes of T5-large, the paper's prompt length and its bottleneck, in no time.
//
//	go run ./dptlib/cmd/dpt figures fig02
var Fig02 = Artefact{Name: "fig02", Title: "Prompt tuning and decomposed prompt tuning", make: func(*lookup) []Result {
	return []Result{{Name: "fig02", Sketch: &MethodDiagram{Model: "T5-large", Width: 1024, Length: 100, Bottleneck: 10}}}
}}
