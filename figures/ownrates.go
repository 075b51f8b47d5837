// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"strings"
)

// atRates is a method's scores on tasks at the paper's learning rate and at the method's own.
type atRates struct {
	method      string
	own         float64 // 0 if it is not the same on all tasks
	papers, its []Measured
}

// ownRates returns the prompt methods' scores on tasks with [Setup.OwnRates].
func (q *Query) ownRates(size string, tasks []string) (list []atRates) {
	for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
		own := q.OwnRates[method.Name()]
		scores := func(rate float64) (list []Measured) {
			for _, task := range tasks {
				c := Condition{Size: size, Task: task, Method: method, Seeds: q.FieldSeeds, Change: Rate(rate)}
				list = append(list, q.Score(c))
			}
			return list
		}
		list = append(list, atRates{method.Name(), own, scores(paperRate), scores(own)})
	}
	return list
}

// ownRateScores is Table 1 of a model, with each method at the paper's rate and at its own.
func (q *Query) ownRateScores(size string, tasks []string) *Table {
	t := Table{
		Title: "Table 1's tasks, at 0.3 and at each method's own rate", Heads: []string{"Method", "Rate", seedsHead},
		Columns: columnsOf(tasks),
	}
	floors := q.floors(tasks)
	for _, m := range q.ownRates(size, tasks) {
		for _, at := range []struct {
			rate   float64
			scores []Measured
		}{{paperRate, m.papers}, {m.own, m.its}} {
			row := Row{Group: m.method, Heads: []string{m.method, short(at.rate), ""}}
			row.Cells = floors.cells(tasks, at.scores)
			t.Rows = append(t.Rows, row.count())
		}
	}
	t.Metrics = metricsOf(t.Columns)
	t.Caption = fmt.Sprintf("%s, c = %d, b = %d. Best evaluation on the development split, in percent. A method's own "+
		"rate is, of %d, the one with the best mean of %s there in the stored runs.", q.title(size), q.Length,
		q.Bottleneck, len(q.Rates), strings.Join(q.RateTasks, ", "))
	return q.Table(t)
}

// ownRateDifferences is a table of DPT's scores minus the others' on Table 1's tasks.
func (q *Query) ownRateDifferences(size string, tasks []string) *Table {
	return q.byRate("DPT minus the other methods on Table 1's tasks, by learning rate",
		q.title(size)+", points, best evaluations on the development split.", tasks, q.ownRates(size, tasks))
}

// byRate returns a table of the first method's scores minus the others' at the paper's rate, and with each method at
// its own.
func (q *Query) byRate(title, caption string, tasks []string, all []atRates) *Table {
	t := Table{
		Title: title, Heads: []string{"Difference", "Learning rate", seedsHead}, Columns: columnsOf(tasks),
		Show: Intervals, Bold: differs, Caption: caption,
	}
	for _, m := range all[1:] {
		for _, rate := range []struct {
			name string
			a, b []Measured
		}{{short(paperRate), all[0].papers, m.papers}, {"each its own", all[0].its, m.its}} {
			row := Row{Group: m.method, Heads: []string{all[0].method + " − " + m.method, rate.name, ""}}
			for _, c := range compare(withAverage(rate.a), withAverage(rate.b), len(tasks)) {
				row.Cells = append(row.Cells, c.cell())
			}
			t.Rows = append(t.Rows, row.count())
		}
	}
	return q.Table(t)
}
