// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// Fig04 is few-shot training: scores on the whole development split after training on 8, 16 or 32 examples in all,
// drawn by the seed and the same for the three methods, on T5-large. Panel (a) is the average of eight tasks; the paper
// doesn't name the other four, here they are those of its Figure 5.
//
// The paper claims that DPT is above PT and Residual PT at each size. With eight examples any method is near the
// majority class, and three seeds are three draws of the examples: expect wide error bars. Runs of 100 epochs are 100
// to 200 updates, and most of the cost is evaluation, which is done every tenth epoch here: 3.8 H100-hours at the
// paper's scale (estimated).
//
//	go tool dpt sweep toy --only fig04
var Fig04 = Artefact{
	Name: "fig04", Title: "Few-shot training",
	About: `# Figure 4: few-shot training

Training on 8, 16 or 32 examples in all, drawn by the seed, labels not balanced, the same draw for the three methods;
the score is on the whole development split. The paper claims that DPT is above PT and Residual PT.

Three seeds are three draws of the examples: expect wide error bars. The paper doesn't name the four tasks beside the
average; here they are those of its Figure 5. The notebooks
` + "`rates` and `budgets`" + ` have controls of such a claim, on full data.`,
	Make: fig04,
}

func fig04(q *Query) []Result {
	all := q.Chosen(q.Tasks...)
	panels := []Panel{q.fewShot("average", all)}
	for _, task := range q.Chosen("WiC", "CB", "RTE", "COPA") {
		panels = append(panels, q.fewShot(task, []string{task}))
	}
	if len(all) == 1 {
		panels = panels[1:]
	}
	f := Figure{Title: q.Title, Full: len(panels) > 2, Columns: len(panels), Panels: panels}
	f.Caption = fmt.Sprintf("%s, c = %d, b = %d.", q.title(large), q.Length, q.Bottleneck)
	if len(all) > 1 {
		f.Caption += " (a): mean of " + tasksOf(all) + "."
	}
	return []Result{{Name: "fig04", Figure: q.Figure(f)}}
}

// fewShot is a panel of the mean of some tasks.
func (q *Query) fewShot(title string, tasks []string) Panel {
	p := Panel{Title: title, Kind: Bars, X: Axis{Label: "Examples"}, Y: Axis{Label: "Score (%)"}}
	for _, k := range q.FewShot {
		p.X.Names = append(p.X.Names, fmt.Sprint(k))
	}
	for _, method := range q.prompts(large, q.Length, q.Bottleneck) {
		s := Series{Name: method.Name()}
		for i, k := range q.FewShot {
			var cells []Measured
			for _, task := range tasks {
				cells = append(cells, q.Score(Condition{Size: large, Task: task, Method: method, Change: q.few(k)}))
			}
			s.Points = append(s.Points, Average(cells).At(float64(i)))
		}
		p.Series = append(p.Series, s)
	}
	return p
}
