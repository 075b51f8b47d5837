// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// Fig05 is DPT's score over its bottleneck b on T5-large, at c = 100, beside PT and Residual PT, which have none.
//
// The paper claims that DPT is better than both for most b from 4 to 14, and that b = 10 does well everywhere. The numbers
// are only drawn there. Expect a curve that is flat within its error bars from some small b on. 15 H100-hours at the paper's scale, 10 of them
// for runs that Table 1 lacks (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig05
var Fig05 = Artefact{Name: "fig05", Title: "Bottleneck", make: func(l *lookup) []Result { return l.bottlenecks("fig05", large) }}

// bottlenecks is a panel for each task.
func (l *lookup) bottlenecks(name, size string) []Result {
	f := Figure{Title: fmt.Sprintf("Bottleneck, %s", l.title(size)), Columns: 2}
	for _, task := range l.tasks("WiC", "CB", "RTE", "COPA") {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Bottleneck b"}, Y: Axis{Label: "Accuracy (%)"}}
		s := Series{Name: "DPT"}
		for _, b := range l.Bottlenecks {
			s.Points = append(s.Points, l.score(cell{size: size, task: task, method: dpt(l.Length, b)}).at(float64(b)))
		}
		p.Series = append(p.Series, s)
		for _, method := range l.prompts(size, l.Length, l.Bottleneck)[1:] {
			level := l.score(cell{size: size, task: task, method: method}).at(0)
			p.Series = append(p.Series, Series{Name: method.Name(), Flat: true, Points: []Point{level}})
		}
		p.Y.Label = scoreOf(task)
		f.Panels = append(f.Panels, p)
	}
	f.Columns = min(2, len(f.Panels))
	f.Caption = fmt.Sprintf("%s, c = %d.", l.title(size), l.Length)
	return []Result{{Name: name, Figure: l.figure(f)}}
}

// scoreOf labels the axis of a task's score.
func scoreOf(task string) string {
	if task == "MultiRC" || task == "ReCoRD" {
		return "F1 (%)"
	}
	return "Accuracy (%)"
}
