// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// printed is a table as all formats for reading have it.
type printed struct {
	heads, columns, metrics []string
	lines                   []line
	notes                   []string // of cells, with their letters, and of the table
}

// A line is a line of the printed table.
type line struct {
	group string
	heads []string
	cells []cellText
	rule  bool // ruled off from the line above
	paper bool // the paper's numbers below ours
}

// cellText is what a cell says.
type cellText struct {
	mean, sd string // of a score
	text     string // of anything else
	bold     bool
	note     string // letter of the footnote
	tip      string // what HTML tells on pointing at it
}

// nothing is in cells of which there is nothing to say.
const nothing = "–"

// manyColumns is how many columns of scores have room for a mean and its deviation side by side. In tables with more the
// deviation is below the mean.
const manyColumns = 6

func (p *printed) stacked() bool { return len(p.columns) > manyColumns }

// print lays the table out in lines.
func (t *Table) print() *printed {
	p := &printed{heads: slices.Clone(t.Heads), columns: slices.Clone(t.Columns), metrics: slices.Clone(t.Metrics)}
	both := slices.ContainsFunc(t.Rows, func(r Row) bool { return t.Provenance.Scale == Paper && r.quotes() })
	if both {
		p.heads = append(p.heads, "Source")
	}
	var notes []string
	for i, row := range t.Rows {
		ours := line{group: row.Group, heads: slices.Clone(row.Heads)}
		theirs := line{group: row.Group, heads: make([]string, len(row.Heads)), paper: true}
		for j := range row.Cells {
			ours.cells, theirs.cells = append(ours.cells, t.cell(i, j, &notes)), append(theirs.cells, t.quoted(row.Cells[j].Paper))
		}
		if both {
			ours.heads, theirs.heads = append(ours.heads, "ours"), append(theirs.heads, "paper")
		}
		if p.lines = append(p.lines, ours); both && row.quotes() {
			p.lines = append(p.lines, theirs)
		}
	}
	for i, note := range notes {
		p.notes = append(p.notes, fmt.Sprintf("%c: %s.", 'a'+i%26, strings.TrimSuffix(note, ".")))
	}
	p.notes = append(p.notes, t.Notes...)
	if t.Deviations {
		p.dropEmpty()
	}
	for i := 1; i < len(p.lines); i++ {
		p.lines[i].rule = p.lines[i].group != p.lines[i-1].group
	}
	return p
}

func (r Row) quotes() bool {
	return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Paper != nil })
}

// cell is what the table prints of our number, or at the scale Published of the paper's. A footnote is added to notes.
func (t *Table) cell(row, column int, notes *[]string) cellText {
	c := t.Rows[row].Cells[column]
	text := t.ours(c)
	if t.Provenance.Scale == Published && c.Text == "" {
		text = t.quoted(c.Paper)
	}
	note := c.Note
	if n := c.Ours.N; n > 0 && n < t.mostSeeds() {
		note = strings.TrimPrefix(note+"; "+seeds([]Summary{c.Ours}), "; ")
	}
	if note != "" {
		at := slices.Index(*notes, note)
		if at < 0 {
			at, *notes = len(*notes), append(*notes, note)
		}
		text.note = fmt.Sprintf("%c", 'a'+at%26)
	}
	text.bold = t.best(row, column)
	return text
}

func (t *Table) decimal(v float64) string { return fmt.Sprintf("%.*f", cmp.Or(t.Decimals, 2), v) }

// ours is what the table prints of our number.
func (t *Table) ours(c Cell) cellText {
	switch {
	case c.Text != "":
		return cellText{text: c.Text}
	case c.Ours.N == 0 && c.GPUHours > 0:
		return cellText{text: "not run: est. " + hoursOf(c.GPUHours) + " GPU-hours"}
	case c.Ours.N == 0:
		return cellText{text: "not run"}
	}
	text := cellText{mean: t.decimal(c.Ours.Mean), tip: seeds([]Summary{c.Ours})}
	if low, high, ok := c.Ours.Interval(); ok {
		text.sd = t.decimal(c.Ours.SD)
		text.tip += fmt.Sprintf(", 95 %% interval %.2f to %.2f, range %.2f to %.2f", low, high, c.Ours.Min, c.Ours.Max)
	}
	if len(c.Ours.Runs) > 0 {
		text.tip += ", runs " + strings.Join(c.Ours.Runs, " ")
	}
	return text.alone(t.Deviations)
}

// quoted is what the table prints of the paper's number.
func (t *Table) quoted(q *Quoted) cellText {
	if q == nil {
		return cellText{text: nothing}
	}
	text := cellText{mean: t.decimal(q.Mean), tip: "printed in the paper"}
	if q.SD != nil {
		text.sd = t.decimal(*q.SD)
	}
	return text.alone(t.Deviations)
}

// alone leaves the mean out in a table of deviations.
func (c cellText) alone(deviations bool) cellText {
	if deviations {
		if c.mean, c.sd = c.sd, ""; c.mean == "" {
			c.text = nothing
		}
	}
	return c
}

var count = regexp.MustCompile(`^([\d.,]+[KMB]?)?$`)

// numeric is whether a head's column holds numbers only, such as counts of parameters.
func (p *printed) numeric(head int) bool {
	for _, line := range p.lines {
		if !count.MatchString(line.heads[head]) {
			return false
		}
	}
	return true
}

// sides are the sides that all columns are aligned to, of the heads and of the cells.
func (p *printed) sides(left, right string) (sides []string) {
	for i := range p.heads {
		if p.numeric(i) {
			sides = append(sides, right)
		} else {
			sides = append(sides, left)
		}
	}
	return append(sides, slices.Repeat([]string{right}, len(p.columns))...)
}

// dropEmpty leaves out rows and columns in which there is nothing, if anything remains.
func (p *printed) dropEmpty() {
	some := func(c cellText) bool { return c.text != nothing }
	kept := slices.DeleteFunc(slices.Clone(p.lines), func(l line) bool { return !slices.ContainsFunc(l.cells, some) })
	if len(kept) == 0 {
		return
	}
	p.lines = kept
	for j := len(p.columns) - 1; j >= 0; j-- {
		if slices.ContainsFunc(p.lines, func(l line) bool { return some(l.cells[j]) }) {
			continue
		}
		p.columns = slices.Delete(p.columns, j, j+1)
		if len(p.metrics) > 0 {
			p.metrics = slices.Delete(p.metrics, j, j+1)
		}
		for i := range p.lines {
			p.lines[i].cells = slices.Delete(p.lines[i].cells, j, j+1)
		}
	}
}

// mostSeeds is the number of seeds of the cell that has most.
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

// FullCaption is the visible caption: the scale, what the numbers are, over how many seeds, what bold means, and the Caption.
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
