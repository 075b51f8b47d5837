// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"

	"dpt/dptlib/prompt"
)

// Starts is not in the paper: the score over the scale that a prompt starts at, for DPT, for DPT of full rank (b = c),
// and for PT and Residual PT that start as Gaussian noise instead of the vocabulary.
//
// The paper's DPT differs from PT in two things at once: its rank, and its start, which has elements of standard
// deviation 0.26 where the vocabulary's have 11.6. Here they differ in the rank alone.
//
//	go tool dpt sweep toy --only starts
var Starts = Artefact{
	Name: "starts", Title: "The scale of the start",
	About: `# Control: the scale of the start

**Claim.** The paper's DPT is better than prompt tuning because its prompt has a low rank.

**Doubt.** DPT differs from PT in its start, too: A·B has elements of standard deviation √*b*/12 = 0.26, vectors of
T5's vocabulary 11.6. At a learning rate of 0.3 the one can turn in a few updates, the other hardly moves.

**Control.** All methods start as Gaussian noise of the same scale, which is varied. DPT of full rank (*b* = *c*) can
make any prompt that PT can. The level is PT as in Table 1, from the vocabulary.

**What it says.** Where PT and DPT of full rank do as well as DPT at DPT's start, its advantage in Table 1 is the
start's and not the rank's. **What it cannot say:** that T5 behaves as these toys do, or how much each matters
there.`,
	Make: starts,
}

func starts(q *Query) []Result {
	size := q.ControlSize
	f := Figure{Title: q.Title, Full: true}
	for _, task := range q.Chosen(controlTasks...) {
		p := Panel{
			Title: task, Kind: Lines,
			X: Axis{Label: "Standard deviation at the start", Log: true}, Y: Axis{Label: scoreOf(task)},
			Regions: []Region{{From: dptStart / 1.2, To: dptStart * 1.2, Label: "DPT's start in Table 1"}},
		}
		for _, m := range []struct {
			name, look string
			from       func(sd float64) prompt.Method
		}{
			{"DPT", "", func(sd float64) prompt.Method { return q.dptFrom(q.Bottleneck, sd) }},
			{"DPT of full rank", "control", func(sd float64) prompt.Method { return q.dptFrom(q.Length, sd) }},
			{"PT", "", func(sd float64) prompt.Method {
				return prompt.PT{Length: q.Length, Start: prompt.NoWordsOf(sd)}
			}},
			{"Residual PT", "", func(sd float64) prompt.Method {
				residual := q.residual(size, q.Length).(prompt.ResidualPT)
				residual.Start = prompt.NoWordsOf(sd)
				return residual
			}},
		} {
			s := Series{Name: m.name, Look: m.look}
			for _, sd := range q.Starts {
				s.Points = append(s.Points, q.Score(Condition{Size: size, Task: task, Method: m.from(sd)}).At(sd))
			}
			p.Series = append(p.Series, s)
		}
		p.X.Ticks = ticksAtEnds(q.Starts, dptStart)
		level := Series{Name: "PT from the vocabulary", Look: "second control", Flat: true}
		level.Points = []Point{q.Score(Condition{Size: size, Task: task, Method: pt(q.Length)}).At(0)}
		p.Series = append(p.Series, level)
		p.Note = q.Examples(Condition{Size: size, Task: task, Method: dpt(q.Length, q.Bottleneck)})
		f.Panels = append(f.Panels, p)
	}
	f.Columns = len(f.Panels)
	f.Caption = fmt.Sprintf("%s, c = %d; DPT with b = %d, of full rank with b = %d. Gaussian starts, learning rate "+
		"%g. "+sideBySide, q.title(size), q.Length, q.Bottleneck, q.Length, paperRate)
	return []Result{{Name: "starts", Figure: q.Figure(f)}}
}

// dptFrom is DPT with a Gaussian start at which the elements of its prompt have a standard deviation: A and B have
// the root of sd/√b.
func (q *Query) dptFrom(b int, sd float64) prompt.Method {
	d := prompt.DPT{Length: q.Length, Bottleneck: b, Start: prompt.Gaussian}
	if b != q.Bottleneck || sd != dptStart { // the paper's own start is that of [Choices]
		d.Start = prompt.GaussianOf(math.Sqrt(sd / math.Sqrt(float64(b))))
	}
	return d
}
