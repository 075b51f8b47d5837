// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/runs"
)

// Rates is not in the paper: the score over the peak learning rate, which is 0.3 in the paper and in the releases of PT
// and Residual PT. Each method's own rate is then chosen on the development split, and its score is reported on a test
// split that nothing was chosen on, if there is one.
//
// The paper claims that DPT is better than PT. If PT at a rate of its own is as good, the claim is about the recipe:
// Adam moves each element by about the rate, so that 0.3 is little to a vector of T5's vocabulary, whose elements have
// a standard deviation of 11.6 (v1.1 small), and much to DPT's factors, which start at 0.29. At the paper's scale it is
// T5-base on three tasks.
//
//	go tool dpt sweep toy --only rates
var Rates = Artefact{
	Name: "rates", Title: "Learning rates",
	About: `# Control: the learning rate

**Claim.** In the paper DPT beats prompt tuning and Residual PT at every size. It trains DPT at a rate of 0.3, and the
others as their own releases do, which have 0.3, too.

**Doubt.** Adam moves each element by about the rate at every update. To a vector copied from T5's vocabulary, with
elements of standard deviation 11.6 (v1.1 small; so are the toys'), that is little; to DPT's factors, which start at
0.29, it is much. So the rate may suit one method and not another.

**Control.** Every method at rates from 0.003 to 10. For each task and method the rate with the best mean on the
development split is taken, and its prompts are scored on a test side that nothing was chosen on. The last column of
the table is the optimism of choosing evaluation and rate on the development split. The table after it has the
differences between methods at 0.3, and with each at its own rate, on the test side. The last two tables are Table 1's
tasks with more seeds: each method at 0.3, and at the one rate with which it is best in the mean of the tasks above.

**What it says.** If the curves differ in where they peak and not in how high, the paper's ordering at 0.3 is one of
learning rates, not of rank. **What it cannot say:** these are toys of our making; how T5 on SuperGLUE behaves, only
runs at the scale ` + "`paper`" + ` can tell.`,
	Make: rates,
}

const paperRate = 0.3

// noLabel says why scores can be below chance.
const noLabel = "An answer that is no label counts as wrong, so that a score can be near 0."

// sideBySide says why markers are beside a marked rate or start.
const sideBySide = "The methods' markers are drawn side by side."

// markedRate marks the paper's rate.
var markedRate = Region{From: 0.25, To: 0.36, Label: "the paper's rate"}

func rates(q *Query) []Result {
	size, tasks := q.ControlSize, q.Chosen(q.RateTasks...)
	f := Figure{Title: q.Title, Full: true}
	if len(tasks) > 1 {
		p := q.overRates(size, tasks, nil)
		p.Title, p.Y.Label, p.Note = fmt.Sprintf("mean of %d tasks", len(tasks)), "Score (%)", ""
		f.Panels = append(f.Panels, p)
	}
	for _, task := range q.Chosen(controlTasks...) {
		f.Panels = append(f.Panels, q.overRates(size, []string{task}, nil))
	}
	f.Columns = min(4, len(f.Panels))
	f.Caption = fmt.Sprintf("%s, c = %d, b = %d. "+noLabel+" "+sideBySide, q.title(size), q.Length, q.Bottleneck)
	results := []Result{
		{Name: "rates", Figure: q.Figure(f)}, {Name: "rates-chosen", Table: q.chosenRates(size, tasks)},
		{Name: "rates-differences", Table: q.rateDifferences(size, tasks)},
	}
	if q.OwnRates != nil {
		all := q.Chosen(q.Tasks...)
		results = append(results, Result{Name: "rates-table1", Table: q.ownRateScores(size, all)},
			Result{Name: "rates-table1-differences", Table: q.ownRateDifferences(size, all)})
	}
	return results
}

// overRates is a panel of the mean score on tasks over the learning rate, with a change of all runs.
func (q *Query) overRates(size string, tasks []string, change func(*runs.Experiment)) Panel {
	p := Panel{
		Title: tasks[0], Kind: Lines, Regions: []Region{markedRate},
		X: Axis{Label: "Peak learning rate", Log: true}, Y: Axis{Label: scoreOf(tasks[0])},
	}
	for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
		s := Series{Name: method.Name()}
		for _, r := range q.Rates {
			var scores []Measured
			for _, task := range tasks {
				c := Condition{Size: size, Task: task, Method: method, Change: changes(Rate(r), change)}
				scores = append(scores, q.Score(c))
			}
			s.Points = append(s.Points, Average(scores).At(r))
		}
		p.Series = append(p.Series, s)
	}
	p.X.Ticks = ticksAtEnds(q.Rates, paperRate)
	p.Note = q.Examples(Condition{Size: size, Task: tasks[0], Method: dpt(q.Length, q.Bottleneck), Change: change})
	return p
}

// ticksAtEnds labels the first x, the last, and the one that the paper has.
func ticksAtEnds(xs []float64, papers float64) (ticks []Tick) {
	for i, x := range xs {
		tick := Tick{At: x}
		if i == 0 || i == len(xs)-1 || x == papers {
			tick.Label = fmt.Sprintf("%.2g", x)
		}
		ticks = append(ticks, tick)
	}
	return ticks
}
