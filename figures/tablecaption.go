// SPDX-License-Identifier: Apache-2.0

package figures

import "fmt"

// mostSeeds returns the greatest number of seeds of a cell.
func (t *Table) mostSeeds() (most int) {
	for _, s := range t.summaries() {
		most = max(most, s.N)
	}
	return most
}

func (t *Table) summaries() (all []Summary) {
	for _, row := range t.Rows {
		for _, cell := range row.Cells {
			all = append(all, cell.Ours)
		}
	}
	return all
}

// FullCaption returns the visible caption: the scale, what the numbers are, over how many seeds, what bold means, and
// the Caption.
func (t *Table) FullCaption() string {
	what := seeds(t.summaries())
	switch {
	case t.Provenance.Scale == Published:
		what = "numbers of the paper, not run here"
	case t.WordsOnly():
		what = "as counted by this program"
	case t.Deviations:
		what = "sample standard deviation (n - 1) of " + what
	case t.mostSeeds() > 1:
		what = "mean ± sd of " + what
	}
	bold := ""
	for i := range t.Rows {
		for j := range t.Columns {
			if t.best(i, j) {
				bold = "Bold: the best, its 95 % t-interval over seeds above all others'."
			}
		}
	}
	return joined(fmt.Sprintf("%s: %s.", t.Provenance.words(), what), bold, t.Caption)
}
