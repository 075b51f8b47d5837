// SPDX-License-Identifier: Apache-2.0

package figures

// Fig11 is Figure 6 on T5-base, DPT and PT only, as its caption has it. The paper claims the same of it.
// 6 H100-hours at the paper's scale (estimated).
//
//	go tool dpt sweep toy --only fig11
var Fig11 = Artefact{
	Name: "fig11", Title: "Prompt length, base",
	About: `# Figure 11: the prompt length on the middle model

Figure 6 on the middle model, T5-base at the paper's scale; DPT and PT only, as in the paper.`,
	Make: func(q *Query) []Result {
		return q.lengths("fig11", base, q.prompts(base, q.Length, q.Bottleneck)[:2])
	},
}
