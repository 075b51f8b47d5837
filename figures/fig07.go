// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// Fig07 is prompts of a few vectors, with DPT's bottleneck at 2, on CB and WiC, on T5-large and T5-base.
//
// The paper claims that DPT stays above PT and Residual PT at c = 6 and 10, where it trains two rows for each of the
// model's columns. Expect it to be close: at c = 2 and b = 2 a DPT prompt can be any prompt, and differs from PT in its
// start and its steps only. 5 H100-hours at the paper's scale (estimated).
//
//	go tool dpt sweep toy --only fig07
var Fig07 = Artefact{
	Name: "fig07", Title: "Short prompts",
	About: `# Figure 7: short prompts

Prompts of a few vectors with DPT's bottleneck at 2, on CB and WiC, on the largest and the middle model. The paper
claims that DPT stays ahead of PT and Residual PT.

At a prompt length of 2 and a bottleneck of 2 a DPT prompt can be any prompt: it differs from PT in how it starts and
steps only, and not in rank.`,
	Make: fig07,
}

func fig07(q *Query) []Result {
	f := Figure{Title: q.Title, Columns: 2}
	for _, size := range []string{large, base} {
		if size == base && q.model(base) == q.model(large) {
			continue
		}
		for _, task := range q.Chosen("CB", "WiC") {
			p := Panel{Title: task + ", " + q.title(size), Kind: Bars, X: Axis{Label: "Prompt length c"},
				Y: Axis{Label: scoreOf(task)}}
			for i, c := range q.TinyLengths {
				p.X.Names = append(p.X.Names, fmt.Sprint(c))
				if at := float64(i); c <= q.TinyBottleneck {
					p.Regions = append(p.Regions, Region{From: at - 0.5, To: at + 0.5, Label: "c ≤ b"})
				}
			}
			shortest := lengthened(dpt(q.TinyLengths[0], q.TinyBottleneck), q.TinyLengths[0])
			p.Note = q.Examples(Condition{Size: size, Task: task, Method: shortest})
			for _, method := range q.prompts(size, q.Length, q.TinyBottleneck) {
				s := Series{Name: method.Name()}
				for i, c := range q.TinyLengths {
					s.Points = append(s.Points, q.Score(Condition{Size: size, Task: task,
						Method: lengthened(method, c)}).At(float64(i)))
				}
				p.Series = append(p.Series, s)
			}
			f.Panels = append(f.Panels, p)
		}
	}
	f.Caption = fmt.Sprintf("DPT with b = %d.", q.TinyBottleneck)
	return []Result{{Name: "fig07", Figure: q.Figure(f)}}
}
