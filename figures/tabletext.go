// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"regexp"
	"slices"
	"strings"
)

// A printed is a table laid out for reading, the same for LaTeX, Markdown and HTML.
type printed struct {
	heads, columns, metrics []string
	lines                   []line
	notes                   []string // of cells, with their letters, and of the table
	stacked                 bool     // deviations are below the means, for columns are many
}

// A line is a line of the printed table.
type line struct {
	group string
	heads []string
	cells []cellText
	rule  bool // ruled off from the line above
	paper bool // the paper's numbers below ours
}

// nothing is the text of a cell without a number.
const nothing = "–"

// print lays the table out in lines. Up to some columns have room for a mean and its deviation side by side.
func (t *Table) print(some int) *printed {
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
			ours.cells = append(ours.cells, t.cell(i, j, &notes))
			theirs.cells = append(theirs.cells, t.quoted(row.Cells[j].Paper))
		}
		if both {
			ours.heads, theirs.heads = append(ours.heads, "ours"), append(theirs.heads, "paper")
		}
		if p.lines = append(p.lines, ours); both && row.quotes() {
			p.lines = append(p.lines, theirs)
		}
	}
	for i, note := range notes {
		p.notes = append(p.notes, footnote(i)+": "+strings.TrimSuffix(note, ".")+".")
	}
	p.notes = append(p.notes, t.Notes...)
	if t.Show == Deviations {
		p.dropEmpty()
	}
	deviates := func(c cellText) bool { return c.sd != "" }
	p.stacked = len(p.columns) > some && slices.ContainsFunc(p.lines,
		func(l line) bool { return slices.ContainsFunc(l.cells, deviates) })
	for i := 1; i < len(p.lines); i++ {
		p.lines[i].rule = p.lines[i].group != p.lines[i-1].group
	}
	return p
}

func (r Row) quotes() bool {
	return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Paper != nil })
}

var count = regexp.MustCompile(`^([\d.,]+[KMB]?)?$`)

// numeric reports whether a head's column holds numbers only, such as counts of parameters.
func (p *printed) numeric(head int) bool {
	for _, line := range p.lines {
		if !count.MatchString(line.heads[head]) {
			return false
		}
	}
	return true
}

// sides returns the side that each column is aligned to: those of the heads, then those of the cells.
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
