// SPDX-License-Identifier: Apache-2.0

package figures

import "slices"

// differs says what bold means in a table of differences.
const differs = "the difference is not 0, paired t-test over seeds, p < 0.05, Holm-corrected over the tasks; " +
	"an average is a test of its own"

// differsInTable says what bold means in a table whose differences are all one family of tests.
const differsInTable = "the difference is not 0, paired t-test over seeds, p < 0.05, Holm-corrected over the table"

// differences returns a table of DPT's scores minus those of PT and of Residual PT in Table 1, seed by seed.
func (q *Query) differences() *Table {
	tasks := q.Chosen(q.Tasks...)
	t := Table{
		Title: "DPT minus the other methods", Heads: []string{"Model", "Difference", seedsHead},
		Columns: slices.Clone(tasks), Show: Intervals, Bold: differs,
	}
	if len(tasks) > 1 {
		t.Columns = append(t.Columns, averageOfAll, averageOfRest)
	}
	floors := q.floors(tasks)
	for _, size := range q.sizes() {
		methods := q.compared(size)
		scores := q.scores(size, methods, tasks, Best)
		rest := floors.rest(tasks, scores)
		dpt := averaged(scores[2], rest)
		for i, method := range methods[:2] {
			row := Row{Group: size, Heads: []string{q.title(size), "DPT − " + method.Name(), ""}}
			for _, c := range compare(dpt, averaged(scores[i], rest), len(tasks)) {
				row.Cells = append(row.Cells, c.cell())
			}
			markRest(tasks, row.Cells, rest)
			t.Rows = append(t.Rows, row.count())
		}
	}
	t.Caption = "Points, best evaluations. The intervals are of each difference by itself."
	return q.Table(t)
}

// found has Table 1's medians, and how many seeds found the task.
func (q *Query) found() *Table {
	tasks := q.Chosen(q.Tasks...)
	t := Table{
		Title: "Medians, and seeds that found the task", Heads: []string{"Model", "Method", seedsHead},
		Columns: tasks, Show: Medians,
	}
	floors := q.floors(tasks)
	for _, size := range q.sizes() {
		methods := slices.Concat(q.fineTuned(size), q.compared(size))
		for i, scores := range q.scores(size, methods, tasks, Best) {
			row := Row{Group: size, Heads: []string{q.title(size), methods[i].Name(), ""}}
			for j, m := range scores {
				cell := m.Cell()
				cell.Found = floors[tasks[j]].found(m)
				row.Cells = append(row.Cells, cell)
			}
			t.Rows = append(t.Rows, row.count())
		}
	}
	t.Metrics = metricsOf(t.Columns)
	t.Caption = "Best evaluations. A seed has found a task if it is above the most frequent label's score by more " +
		"than its sampling error, the upper end of its 95 % interval on the development split."
	return q.Table(t)
}
