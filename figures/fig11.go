// SPDX-License-Identifier: Apache-2.0

package figures

// Fig11 is Figure 6 on T5-base, DPT and PT only, as its caption has it. The paper claims the same of it.
// 6 H100-hours at the paper's scale (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig11
var Fig11 = Artefact{Name: "fig11", Title: "Prompt length, base", make: func(l *lookup) []Result {
	return l.lengths("fig11", base, l.prompts(base, l.Length, l.Bottleneck)[:2])
}}
