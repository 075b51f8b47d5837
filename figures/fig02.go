// SPDX-License-Identifier: Apache-2.0

package figures

// Fig02 is the diagram of the method: prompt tuning on the left, DPT on the right. It claims no number, needs no run,
// and is drawn from the sizes of T5-large, the paper's prompt length and its bottleneck, in no time.
//
//	go tool dpt figures fig02
var Fig02 = Artefact{
	Name: "fig02", Title: "Prompt tuning and decomposed prompt tuning",
	About: `# Figure 2: the method

Prompt tuning trains the whole prompt **P** in front of the embedded input of a frozen T5. Decomposed prompt tuning
trains two thin matrices, and their product is the prompt: **P** = **A·B**, with A [*e* × *b*] and B [*b* × *c*]. So
it trains *b*(*e* + *c*) numbers instead of *e·c*.

The diagram is drawn by code from the sizes of T5-large. Nothing is run.`,
	Make: func(*Query) []Result {
		return []Result{{Name: "fig02", Sketch: &MethodDiagram{Model: "T5-large", Width: 1024, Length: 100,
			Bottleneck: 10}}}
	},
}
