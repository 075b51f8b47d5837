// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/prompt"
)

// Fig06 is the score over the length c of the prompt on T5-large, DPT with b = 10 beside PT and Residual PT.
//
// The paper claims that DPT is comparable or superior to Residual PT over the lengths, and that one of the tasks gains
// at 200. It doesn't say that 100 is enough. It calls the four tasks randomly selected and names two, CB and RTE; here
// they are those of its Figure 5. 18 H100-hours at the paper's scale, 12 of them for runs that Table 1 lacks
// (estimated).
//
//	go tool dpt sweep toy --only fig06
var Fig06 = Artefact{
	Name: "fig06", Title: "Prompt length",
	About: `# Figure 6: the prompt length

The score over the length *c* of the prompt on the largest model, DPT with its usual bottleneck beside PT and Residual
PT. The paper claims that DPT is comparable or superior to Residual PT over the lengths, and that one of four tasks gains
at 200. It names two of the tasks; the others here are those of its Figure 5.
The notebook ` + "`rates`" + ` has the learning rate's part in such a difference.`,
	Make: func(q *Query) []Result {
		return q.lengths("fig06", large, q.prompts(large, q.Length, q.Bottleneck))
	},
}

// lengths is a panel for each task, with the methods at other lengths.
func (q *Query) lengths(name, size string, methods []prompt.Method) []Result {
	f := Figure{Title: fmt.Sprintf("Prompt length, %s", q.title(size)), Columns: 2}
	for _, task := range q.Chosen("WiC", "CB", "RTE", "COPA") {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Prompt length c"}, Y: Axis{Label: scoreOf(task)}}
		for _, method := range methods {
			s := Series{Name: method.Name()}
			for _, c := range q.Lengths {
				s.Points = append(s.Points, q.Score(Condition{Size: size, Task: task,
					Method: lengthened(method, c)}).At(float64(c)))
			}
			p.Series = append(p.Series, s)
		}
		p.Note = q.Examples(Condition{Size: size, Task: task, Method: methods[0]})
		if q.Lengths[0] <= q.Bottleneck {
			p.Regions = []Region{{From: 0, To: float64(q.Bottleneck), Label: "c ≤ b"}}
		}
		f.Panels = append(f.Panels, p)
	}
	f.Caption = fmt.Sprintf("%s, DPT with b = %d, which saves nothing where c ≤ b.", q.title(size), q.Bottleneck)
	return []Result{{Name: name, Figure: q.Figure(f)}}
}

// lengthened returns the method with c vectors, which it must be able to have.
func lengthened(method prompt.Method, c int) prompt.Method {
	return method.(prompt.Resizable).WithLength(c)
}
