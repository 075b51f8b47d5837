// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/runs"
)

// Ranks is not in the paper: the scores of stored prompts when only their largest singular values are kept. It needs no
// training beyond Table 1's runs.
//
// It answers the question of Figure 3: how many directions a trained prompt needs. A count of the entries that a probe
// has lost doesn't answer it, since the entries that are left may or may not matter.
//
//	go tool dpt sweep toy --only ranks
var Ranks = Artefact{
	Name: "ranks", Title: "Singular values kept",
	About: `# Control: how many singular values a prompt needs

**Claim.** From the falling count of Figure 3 the paper infers that a prompt's intrinsic rank is low.

**Doubt.** The count tells which entries were switched off while the probe trained, not how many a prompt needs.

**Control.** The prompts of Table 1's runs, as they are stored, cut to the nearest prompt of a lower rank: only the
largest singular values are kept. Nothing is trained again.

**What it says.** Where PT's score needs most of its singular values, a prompt that was trained freely is not of low
rank, whatever the count of Figure 3. That DPT of rank *b* scores as well then says that a prompt of low rank can be
found, not that one was there. **What it cannot say:** a prompt that was not trained to be cut may lose by the cut
alone; and T5 may differ.`,
	Make: ranks,
}

func ranks(q *Query) []Result {
	size := q.ControlSize
	f := Figure{Title: q.Title, Full: true}
	for _, task := range q.Chosen(controlTasks...) {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Singular values kept"}, Y: Axis{Label: scoreOf(task)}}
		for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
			s := Series{Name: method.Name()}
			for _, k := range q.Kept {
				c := Condition{Size: size, Task: task, Method: method, Change: keep(k, q.Length)}
				s.Points = append(s.Points, q.Score(c).At(float64(k)))
			}
			p.Series = append(p.Series, s)
		}
		p.Note = q.Examples(Condition{Size: size, Task: task, Method: dpt(q.Length, q.Bottleneck)})
		f.Panels = append(f.Panels, p)
	}
	f.Columns = len(f.Panels)
	f.Caption = fmt.Sprintf("%s, c = %d, DPT's b = %d. Stored prompts of best evaluations. "+noLabel,
		q.title(size), q.Length, q.Bottleneck)
	return []Result{{Name: "ranks", Figure: q.Figure(f)}}
}

// keep scores stored prompts of c vectors with only some of their singular values; with all of them the score is that
// of the run itself.
func keep(values, c int) func(*runs.Experiment) {
	return func(e *runs.Experiment) {
		if values < c {
			e.Rescore.Rank = values
		}
	}
}
