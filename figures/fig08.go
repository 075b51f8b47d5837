// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/prompt"
)

// Fig08 is DPT with bottlenecks far above what could save parameters: mean, lowest and highest of the seeds, on RTE, on
// T5-large and T5-base. The text speaks of RTE only; the paper has a second panel on T5-large that it doesn't explain.
//
// The paper claims that a greater bottleneck makes things worse and less stable. But the elements of A·B have a
// standard deviation of √b/12 at the start, so that b = 10,000 also starts 32 times further out than b = 10. The second
// series starts all of them where b = 10 does: if it stays flat, the cause was the start and not the rank. 5 H100-hours
// at the paper's scale (estimated).
//
//	go tool dpt sweep toy --only fig08
var Fig08 = Artefact{
	Name: "fig08", Title: "Huge bottlenecks",
	About: `# Figure 8: huge bottlenecks

DPT with bottlenecks far beyond what saves parameters: mean, lowest and highest of the seeds. The paper claims that
greater ones are worse and less stable.

But the elements of A·B have a standard deviation of √*b*/12 at the start: a bottleneck of 10,000 starts 32 times
further out than one of 10. The second series starts all where *b* = 10 does. Where the two differ, the start was at
work, and not the rank. The notebook ` + "`starts`" + ` varies the start alone.`,
	Make: fig08,
}

func fig08(q *Query) []Result {
	f := Figure{Title: q.Title, Columns: 2}
	for _, size := range []string{large, base} {
		if size == base && q.model(base) == q.model(large) {
			continue
		}
		for _, task := range q.Chosen("RTE") {
			p := Panel{Title: task + ", " + q.title(size), Kind: Ranges, X: Axis{Label: "Bottleneck b", Log: true},
				Y: Axis{Label: scoreOf(task)}}
			for _, s := range []Series{{Name: "DPT"}, {Name: "DPT, start as at b = 10", Look: "control"}} {
				for _, b := range q.Huge {
					matched := s.Look != "" && b != q.Bottleneck // at b = 10 there is nothing to match
					method := prompt.DPT{Length: q.Length, Bottleneck: b, Start: prompt.Uniform, MatchScale: matched}
					s.Points = append(s.Points, q.Score(Condition{Size: size, Task: task,
						Method: method}).At(float64(b)))
				}
				p.Series = append(p.Series, s)
			}
			f.Panels = append(f.Panels, p)
		}
	}
	f.Caption = fmt.Sprintf("c = %d.", q.Length)
	return []Result{{Name: "fig08", Figure: q.Figure(f)}}
}
