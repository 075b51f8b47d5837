// SPDX-License-Identifier: Apache-2.0

package figures

// Fig10 is Figure 5 on T5-base. The paper claims the same of it. 7 H100-hours at the paper's scale (estimated).
//
//	go tool dpt sweep toy --only fig10
var Fig10 = Artefact{
	Name: "fig10", Title: "Bottleneck, base",
	About: `# Figure 10: the bottleneck on the middle model

Figure 5 on the middle model, T5-base at the paper's scale.`,
	Make: func(q *Query) []Result { return q.bottlenecks("fig10", base) },
}
