// SPDX-License-Identifier: Apache-2.0

package figures

// Fig10 is Figure 5 on T5-base. The paper claims the same of it. 7 H100-hours at the paper's scale (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig10
var Fig10 = Artefact{Name: "fig10", Title: "Bottleneck, base", make: func(l *lookup) []Result { return l.bottlenecks("fig10", base) }}
