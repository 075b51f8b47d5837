// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
)

// Table4 is Residual PT with a short prompt: 10 vectors at the paper's scale.
//
// The paper claims that it is below the same method with 100 vectors and below DPT on average (62.83, 69.88 and 75.15),
// although it trains 37 times as many parameters as DPT on T5-large or more. 100 H100-hours at the paper's scale beside Table 1's
// runs (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only table4
var Table4 = Artefact{Name: "table4", Title: "Residual PT with short prompts", make: table4}

func table4(l *lookup) []Result {
	tasks := l.tasks(l.Tasks...)
	t := Table{Title: l.artefact.Title, Heads: []string{"Model", "c", "#Train"}, Columns: slices.Clone(tasks)}
	if len(tasks) > 1 {
		t.Columns = append(t.Columns, "Avg")
	}
	for _, size := range l.sizes() {
		for _, c := range []int{l.ShortLength, l.Length} {
			method := l.residual(size, c)
			row := Row{Group: size, Heads: []string{l.title(size), fmt.Sprint(c), thousands(trainable(method, l.config(size)))}}
			l.fill(&row, size, method, tasks, len(tasks) > 1)
			if l.Scale == Paper && c == l.ShortLength {
				quote(&row, PaperTable4, size, method.Name(), tasks)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Caption = "Rows of the longer prompt are Table 1's."
	return []Result{{Name: "table4", Table: l.table(t)}, {Name: "table4-published", Table: PaperResults(l.artefact.Title+", as published", PaperTable4)}}
}
