// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"
)

// mostSeeds returns the greatest number of seeds of a cell.
func (t *Table) mostSeeds() (most int) {
	for _, s := range t.summaries() {
		most = max(most, s.N)
	}
	return most
}

// seedsHead is the head of a column with the number of seeds of each row's cells.
const seedsHead = "Seeds"

// usualSeeds returns how many seeds a row's cells have if they have no note of it: the most of the table, or of the row
// in a table that has the number beside each row.
func (t *Table) usualSeeds(row int) int {
	if !slices.Contains(t.Heads, seedsHead) {
		return t.mostSeeds()
	}
	return t.Rows[row].seeds()
}

// seeds returns the greatest number of seeds of a cell.
func (r Row) seeds() (most int) {
	for _, c := range r.Cells {
		most = max(most, c.Ours.N)
	}
	return most
}

// count sets the last of the row's heads, below seedsHead, to the number of its cells' seeds.
func (r Row) count() Row {
	if n := r.seeds(); n > 0 {
		r.Heads[len(r.Heads)-1] = fmt.Sprint(n)
	}
	return r
}

func (t *Table) summaries() (all []Summary) {
	for _, row := range t.Rows {
		for _, cell := range row.Cells {
			all = append(all, cell.Ours)
		}
	}
	return all
}

// FullCaption returns the visible caption: the scale, what the numbers are, over how many seeds, what bold means where
// something is bold, and the Caption.
func (t *Table) FullCaption() string {
	scale, what := t.Provenance.words(), seeds(t.summaries())
	switch {
	case t.Provenance.Scale == Published:
		what = "numbers of the paper, not run here"
	case t.WordsOnly():
		scale, what = strings.TrimPrefix(scale, "our runs at "), "as counted by this program"
	case t.Show == Deviations:
		what = "sample standard deviation (n - 1) of " + what
	case t.Show == Intervals && t.mostSeeds() > 1:
		what = "mean ± half of its 95 % t-interval over " + what
	case t.Show == Medians:
		what = "median of " + what + " (how many of them found the task)"
	case t.mostSeeds() > 1:
		what = "mean ± sd of " + what
	}
	bold := ""
	for _, row := range t.Rows {
		if t.Show != Deviations && slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Bold }) {
			bold = fmt.Sprintf("Bold: %s.", strings.TrimSuffix(t.Bold, "."))
		}
	}
	return joined(fmt.Sprintf("%s: %s.", scale, what), bold, t.Caption)
}
