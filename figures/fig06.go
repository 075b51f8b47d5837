// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib"
)

// Fig06 is the score over the length c of the prompt on T5-large, DPT with b = 10 beside PT and Residual PT.
//
// The paper claims that DPT is above both for most lengths, that 100 is enough, and that one of the tasks gains at 200. It
// calls the four tasks randomly selected and names two, CB and RTE; here they are those of its Figure 5.
// 18 H100-hours at the paper's scale, 12 of them for runs that Table 1 lacks (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig06
var Fig06 = Artefact{Name: "fig06", Title: "Prompt length", make: func(l *lookup) []Result {
	return l.lengths("fig06", large, l.prompts(large, l.Length, l.Bottleneck))
}}

// lengths is a panel for each task, with the methods at other lengths.
func (l *lookup) lengths(name, size string, methods []dptlib.Method) []Result {
	f := Figure{Title: fmt.Sprintf("Prompt length, %s", l.title(size)), Columns: 2}
	for _, task := range l.tasks("WiC", "CB", "RTE", "COPA") {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Prompt length c"}, Y: Axis{Label: scoreOf(task)}}
		for _, method := range methods {
			s := Series{Name: method.Name()}
			for _, c := range l.Lengths {
				s.Points = append(s.Points, l.score(cell{size: size, task: task, method: lengthened(method, c)}).at(float64(c)))
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	f.Columns = min(2, len(f.Panels))
	f.Caption = fmt.Sprintf("%s, DPT with b = %d.", l.title(size), l.Bottleneck)
	return []Result{{Name: name, Figure: l.figure(f)}}
}

// lengthened is the method with c vectors.
func lengthened(method dptlib.Method, c int) dptlib.Method {
	switch m := method.(type) {
	case dptlib.DPT:
		m.Length = c
		return m
	case dptlib.PT:
		m.Length = c
		return m
	case dptlib.ResidualPT:
		m.Length = c
		return m
	}
	return method
}
