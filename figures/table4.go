// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
)

// Table4 is Residual PT with a short prompt: 10 vectors at the paper's scale.
//
// The paper claims that it is below the same method with 100 vectors and below DPT on average (62.83, 69.88 and 75.15),
// although it trains 68, 72 and 74 times as many parameters as DPT on T5-small, -base and -large. 100 H100-hours at the
// paper's scale beside Table 1's runs (estimated).
//
//	go tool dpt sweep toy --only table4
var Table4 = Artefact{
	Name: "table4", Title: "Residual PT with short prompts",
	About: `# Table 4: Residual PT with short prompts

Residual PT with a short prompt beside the same with the usual one, which is Table 1's. The paper claims that the
short one is worse on average, although it trains many times more parameters than DPT.`,
	Make: table4,
}

func table4(q *Query) []Result {
	tasks := q.Chosen(q.Tasks...)
	t := Table{Title: q.Title, Heads: []string{"Model", "c", "#Train"}, Columns: slices.Clone(tasks)}
	if len(tasks) > 1 {
		t.Columns = append(t.Columns, "Avg")
	}
	for _, size := range q.sizes() {
		for _, c := range []int{q.ShortLength, q.Length} {
			method := q.residual(size, c)
			row := Row{Group: size, Heads: []string{q.title(size), fmt.Sprint(c),
				thousands(q.Trainable(Condition{Size: size, Method: method}))}}
			var scores []Measured
			for _, task := range tasks {
				scores = append(scores, q.Score(Condition{Size: size, Task: task, Method: method}))
			}
			for _, m := range withAverage(scores) {
				row.Cells = append(row.Cells, m.Cell())
			}
			if q.Scale == Paper && c == q.ShortLength {
				quote(&row, PaperTable4, size, method.Name(), tasks)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Metrics = metricsOf(t.Columns)
	t.Caption = "Rows of the longer prompt are of Table 1's runs, with these seeds."
	return []Result{{Name: "table4", Table: q.Table(t)}, {Name: "table4-published",
		Table: PaperResults(q.Title+", as published", PaperTable4)}}
}
