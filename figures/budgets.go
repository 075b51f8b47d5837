// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
)

// Budgets is not in the paper: the score over training, and the same with three times as many updates, for all prompt
// methods.
//
// The paper names slow convergence as a limitation of prompt tuning, and compares methods after a single number of
// epochs. A method that scores lower there may be slower, or worse: with more updates a slower method catches up, and a
// worse one doesn't.
//
//	go tool dpt sweep toy --only budgets
var Budgets = Artefact{
	Name: "budgets", Title: "Updates",
	About: `# Control: the number of updates

**Claim.** In the paper DPT beats prompt tuning after 100 epochs; that prompts are slow to train is named as a
limitation.

**Doubt.** A method that is behind at the end may be worse, or only slower.

**Control.** The score of every evaluation over training, and once more with three times the updates, over which
warm-up and decay of the learning rate are stretched. The table has DPT's last evaluation minus the others'.
The second figure has the loss on the training batches.

**What it says.** If the differences shrink with the budget, the paper's ordering is one of speed. **What it cannot
say:** how many updates T5 needs; the toys' tasks are small, and their budgets short.`,
	Make: budgets,
}

func budgets(q *Query) []Result {
	size, tasks := q.ControlSize, q.Chosen(controlTasks...)
	f := Figure{Title: q.Title, Full: true}
	for _, times := range q.Budgets {
		row := len(f.Panels)
		if len(tasks) > 1 {
			title := fmt.Sprintf("mean of %d tasks", len(tasks))
			f.Panels = append(f.Panels, q.overUpdates(title, "Score (%)", size, tasks, times))
		}
		for _, task := range tasks {
			f.Panels = append(f.Panels, q.overUpdates(task, scoreOf(task), size, []string{task}, times))
		}
		f.Columns = len(f.Panels) - row
	}
	f.Caption = fmt.Sprintf("%s, c = %d, b = %d, learning rate %g.", q.title(size), q.Length, q.Bottleneck, paperRate)
	return []Result{
		{Name: "budgets", Figure: q.Figure(f)},
		{Name: "budgets-differences", Table: q.budgetDifferences(size, tasks)},
		{Name: "budgets-losses", Figure: q.trainingLosses(size, tasks)},
	}
}

// trainingLosses is a figure of the training loss on each task, for each budget.
func (q *Query) trainingLosses(size string, tasks []string) *Figure {
	f := Figure{Title: "Training loss", Full: true, Columns: len(tasks)}
	for _, times := range q.Budgets {
		for _, task := range tasks {
			f.Panels = append(f.Panels, q.trainingLoss(size, task, times))
		}
	}
	f.Caption = fmt.Sprintf("%s, c = %d, b = %d, learning rate %g. Each point is the mean over a %dth of the "+
		"training; mean and deviation of the seeds are of its decimal logarithm.",
		q.title(size), q.Length, q.Bottleneck, paperRate, lossParts)
	return q.Figure(f)
}

// lossParts is the number of parts of the training over which the loss is averaged: from batch to batch it varies more
// than it falls.
const lossParts = 24

// trainingLoss is a panel of the mean loss of each part of the training. Its y is the loss' logarithm, since the losses
// of seeds that found the task and of others differ by orders of magnitude.
func (q *Query) trainingLoss(size, task string, times int) Panel {
	p := Panel{Title: fmt.Sprintf("%s, %s", task, q.length(size, times)), Kind: Bands, X: Axis{Label: "Updates"},
		Y: Axis{Label: "Loss (nats per token)"}}
	for _, loss := range []float64{0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10} {
		p.Y.Ticks = append(p.Y.Ticks, Tick{At: math.Log10(loss), Label: short(loss)})
	}
	for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
		c := Condition{Size: size, Task: task, Method: method, Change: budget(times)}
		s, updates := Series{Name: method.Name()}, 0
		for _, r := range q.Records(c) {
			updates = len(r.Losses)
		}
		for part := range lossParts {
			mean := q.Measure(c, func(r *runs.Record) float64 { return math.Log10(meanLoss(r.Losses, part)) })
			s.Points = append(s.Points, mean.At((float64(part)+0.5)/lossParts*float64(updates)))
			if updates == 0 { // one point says what has not been run
				break
			}
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// meanLoss returns the mean of a part of the losses, at least 1e-6, so that it has a logarithm.
func meanLoss(losses []float32, part int) float64 {
	first := part * len(losses) / lossParts
	losses = losses[first:max(first+1, (part+1)*len(losses)/lossParts)]
	sum := 0.0
	for _, loss := range losses {
		sum += float64(loss)
	}
	return max(sum/float64(len(losses)), 1e-6)
}

// budget trains this many times as long, with the same total number of evaluations.
func budget(times int) func(*runs.Experiment) {
	return func(e *runs.Experiment) {
		r := &e.Recipe
		r.Epochs, r.Updates, r.EvaluateEvery = times*r.Epochs, times*r.Updates, times*r.EvaluateEvery
	}
}

// overUpdates is a panel of the mean score on tasks at each evaluation. Seeds and tasks with no run, or with others
// evaluations, are left out.
func (q *Query) overUpdates(title, label, size string, tasks []string, times int) Panel {
	p := Panel{Title: title, Kind: Bands, X: Axis{Label: "Updates"}, Y: Axis{Label: label}}
	for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
		s := Series{Name: method.Name()}
		for i := 0; ; i++ {
			var scores []Measured
			updates := 0
			for _, task := range tasks {
				c := Condition{Size: size, Task: task, Method: method, Change: budget(times)}
				scores = append(scores, q.evaluation(c, i, &updates))
			}
			mean := Average(scores)
			if len(mean.Values) == 0 {
				if i == 0 {
					s.Points = append(s.Points, mean.At(0))
				}
				break
			}
			s.Points = append(s.Points, mean.At(float64(updates)))
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// evaluation measures the i-th evaluation of those of a condition's runs that have as many, and sets updates to when
// it was.
func (q *Query) evaluation(c Condition, i int, updates *int) Measured {
	m := q.Measure(c, Last)
	kept := Measured{hours: m.hours}
	for k, r := range q.Records(c) {
		if i < len(r.Evaluations) {
			kept.Seeds, kept.Runs = append(kept.Seeds, m.Seeds[k]), append(kept.Runs, r.ID)
			kept.Values = append(kept.Values, r.Evaluations[i].Score())
			*updates = r.Evaluations[i].Updates
		}
	}
	return kept
}

// budgetDifferences returns a table of DPT's last evaluation minus the others', for each budget.
func (q *Query) budgetDifferences(size string, tasks []string) *Table {
	t := Table{
		Title: "DPT minus the other methods, by updates", Heads: []string{"Difference", "Training"},
		Columns: columnsOf(tasks), Show: Intervals, Bold: differs,
	}
	last := func(method prompt.Method, times int) (scores []Measured) {
		for _, task := range tasks {
			c := Condition{Size: size, Task: task, Method: method, Change: budget(times)}
			scores = append(scores, q.Measure(c, Last))
		}
		return withAverage(scores)
	}
	methods := q.prompts(size, q.Length, q.Bottleneck)
	for _, method := range methods[1:] {
		for _, times := range q.Budgets {
			row := Row{Group: method.Name(), Heads: []string{"DPT − " + method.Name(), q.length(size, times)}}
			for _, c := range compare(last(methods[0], times), last(method, times), len(tasks)) {
				row.Cells = append(row.Cells, c.cell())
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Caption = q.title(size) + ", points, last evaluations."
	return q.Table(t)
}

// length names a budget.
func (q *Query) length(size string, times int) string {
	e := q.Experiments(Condition{Size: size, Task: "CB", Method: dpt(q.Length, q.Bottleneck), Change: budget(times)})[0]
	if e.Recipe.Updates > 0 {
		return thousands(e.Recipe.Updates) + " updates"
	}
	return fmt.Sprintf("%d epochs", e.Recipe.Epochs)
}
