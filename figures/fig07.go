// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// Fig07 is prompts of a few vectors, with DPT's bottleneck at 2, on CB and WiC, on T5-large and T5-base.
//
// The paper claims that DPT stays above PT and Residual PT at c = 6 and 10, where it trains two rows for each of the model's
// columns. Expect it to be close: at c = 2 and b = 2 a DPT prompt can be any prompt, and differs from PT in its start and
// its steps only. 5 H100-hours at the paper's scale (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig07
var Fig07 = Artefact{Name: "fig07", Title: "Short prompts", make: fig07}

func fig07(l *lookup) []Result {
	f := Figure{Title: l.artefact.Title, Columns: 2}
	for _, size := range []string{large, base} {
		if size == base && l.model(base) == l.model(large) {
			continue
		}
		for _, task := range l.tasks("CB", "WiC") {
			p := Panel{Title: task + ", " + l.title(size), Kind: Bars, X: Axis{Label: "Prompt length c"}, Y: Axis{Label: scoreOf(task)}}
			for _, c := range l.TinyLengths {
				p.X.Names = append(p.X.Names, fmt.Sprint(c))
			}
			for _, method := range l.prompts(size, l.Length, l.TinyBottleneck) {
				s := Series{Name: method.Name()}
				for i, c := range l.TinyLengths {
					s.Points = append(s.Points, l.score(cell{size: size, task: task, method: lengthened(method, c)}).at(float64(i)))
				}
				p.Series = append(p.Series, s)
			}
			f.Panels = append(f.Panels, p)
		}
	}
	f.Columns = min(2, len(f.Panels))
	f.Caption = fmt.Sprintf("DPT with b = %d.", l.TinyBottleneck)
	return []Result{{Name: "fig07", Figure: l.figure(f)}}
}
