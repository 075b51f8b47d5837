// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// Table3 is the standard deviations of Table 1's runs over the seeds: sample deviations, with n - 1, as the paper's
// are.
//
// The paper prints them and makes no claim about them. Three seeds say little of a deviation: its 95 % interval goes
// from half of it to six times it. It needs no runs but Table 1's.
//
//	go tool dpt sweep toy --only table3
var Table3 = Artefact{
	Name: "table3", Title: "Standard deviations",
	About: `# Table 3: standard deviations

The sample standard deviations (*n* − 1) of Table 1's runs over the seeds. The paper prints them and makes no claim
about them. Three seeds say little of a deviation: its 95 % interval goes from half of it to six times it.`,
	Make: func(q *Query) []Result {
		published := PaperResults("Standard deviations, as published", PaperTable1)
		published.Show = Deviations
		published.Caption = "Sample standard deviation (n - 1) of three seeds, in points, as the paper's Table 3 " +
			"prints it."
		published.Notes = []string{
			"small DPT: MultiRC's is that of PT: perhaps copied by mistake.",
			"base Residual PT: BoolQ's 10.11 would need a seed above fine-tuning: probably a misprint.",
		}
		return []Result{{Name: "table3", Table: q.deviations()}, {Name: "table3-published", Table: published}}
	},
}

// deviations returns a table of the standard deviations of Table 1's prompt methods.
func (q *Query) deviations() *Table {
	tasks := q.Chosen(q.Tasks...)
	t := Table{
		Title: q.Title, Heads: []string{"Model", "Method", "#Train", seedsHead},
		Columns: tasks, Metrics: metricsOf(tasks), Show: Deviations,
	}
	for _, size := range q.sizes() {
		methods := q.compared(size)
		for i, scores := range q.scores(size, methods, tasks, Best) {
			trained := thousands(q.Trainable(Condition{Size: size, Method: methods[i]}))
			row := Row{Group: size, Heads: []string{q.title(size), methods[i].Name(), trained, ""}}
			for _, m := range scores {
				row.Cells = append(row.Cells, m.Cell())
			}
			if q.Scale == Paper {
				quote(&row, PaperTable1, size, methods[i].Name(), tasks)
			}
			t.Rows = append(t.Rows, row.count())
		}
	}
	t.Caption = fmt.Sprintf("c = %d, b = %d. Best evaluation on the development split, in points.", q.Length,
		q.Bottleneck)
	return q.Table(t)
}
