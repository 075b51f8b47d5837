// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"
)

// Table is a table of scores, higher is better, as data; [Table.LaTeX], [Table.Markdown], [Table.HTML], [Table.CSV] and
// [Table.JSON] export it. Numbers of ours and of the paper meet only at the scale [Paper], on lines of their own.
type Table struct {
	Title      string     `json:"title"`
	Caption    string     `json:"caption,omitempty"` // what the reader must know; scale, number of seeds and spread are put before it
	Heads      []string   `json:"heads"`             // of the columns that name the rows: "Model", "Method"
	Columns    []string   `json:"columns"`           // of the cells: tasks
	Rows       []Row      `json:"rows"`
	Notes      []string   `json:"notes,omitempty"`      // below the table, of no single cell
	Deviations bool       `json:"deviations,omitempty"` // print the standard deviations alone, as the paper's Table 3 does
	Provenance Provenance `json:"provenance"`
}

// Row is a row: one method on one model.
type Row struct {
	Group     string   `json:"group,omitempty"`     // rows of one group are compared, and ruled off from the next
	Reference bool     `json:"reference,omitempty"` // not compared: fine-tuning, say, or numbers of another protocol
	Heads     []string `json:"heads"`
	Cells     []Cell   `json:"cells"`
}

// Cell is a score of ours, of the paper's, or of both; or a text. With neither, and no text, it says that it has not been run.
type Cell struct {
	Ours     Summary `json:"ours"`
	Paper    *Quoted `json:"paper,omitempty"`     // only at the scales Paper and Published
	Text     string  `json:"text,omitempty"`      // instead of scores
	GPUHours float64 `json:"gpu_hours,omitempty"` // estimated, of a cell that has not been run
	Note     string  `json:"note,omitempty"`      // a footnote
}

// Quoted is a score as the paper prints it.
type Quoted struct {
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // nil: not given
}

func (c Cell) empty() bool { return c.Ours.N == 0 && c.Text == "" }

func (t *Table) check() error {
	if err := t.Provenance.check(); err != nil {
		return fmt.Errorf("table %q: %w", t.Title, err)
	}
	for i, row := range t.Rows {
		if len(row.Heads) != len(t.Heads) || len(row.Cells) != len(t.Columns) {
			return fmt.Errorf("table %q, row %d: there must be %d heads and %d cells, found %d and %d", t.Title, i+1, len(t.Heads), len(t.Columns), len(row.Heads), len(row.Cells))
		}
		for j, cell := range row.Cells {
			if err := cell.check(t.Provenance.Scale); err != nil {
				return fmt.Errorf("table %q, row %s, column %s: %w", t.Title, strings.Join(row.Heads, " "), t.Columns[j], err)
			}
		}
	}
	return nil
}

func (c Cell) check(scale string) error {
	switch {
	case c.Paper != nil && scale != Paper && scale != Published:
		return fmt.Errorf("the paper's numbers stand only beside runs at its scale, found one in a table at the scale %q: make a table of their own", scale)
	case c.Ours.N > 0 && scale == Published:
		return fmt.Errorf("a table of published numbers must have none of ours, found %v: set the scale to %q", c.Ours.Mean, Paper)
	case c.Text != "" && (c.Ours.N > 0 || c.Paper != nil):
		return fmt.Errorf("a cell must have a text or scores, found both: %q", c.Text)
	case c.GPUHours < 0 || c.GPUHours-c.GPUHours != 0 || c.GPUHours > 0 && !c.empty():
		return fmt.Errorf("only a cell that has not been run has an estimate of its GPU-hours, found %v beside a score or text", c.GPUHours)
	case c.Paper != nil && !(c.Paper.Mean-c.Paper.Mean == 0 && (c.Paper.SD == nil || *c.Paper.SD >= 0)):
		return fmt.Errorf("the paper's number must be finite and its sd not negative, found mean %v", c.Paper.Mean)
	}
	return c.Ours.check()
}

// Best says whether the cell's mean is significantly the best of its group's in the column: all compared cells have been
// run on at least two seeds, and the low end of its 95 % t-interval lies above the high end of each of the others'.
// Intervals that overlap may still differ by a test in pairs: this errs on the side of printing nothing bold.
func (t *Table) Best(row, column int) bool {
	if t.Rows[row].Reference || t.Deviations {
		return false
	}
	low, _, ok := t.Rows[row].Cells[column].Ours.Interval()
	others := 0
	for i, other := range t.Rows {
		if i == row || other.Reference || other.Group != t.Rows[row].Group {
			continue
		}
		_, high, run := other.Cells[column].Ours.Interval()
		ok = ok && run && low > high
		others++
	}
	return ok && others > 0
}

// seeds says how many seeds the numbers are means of, and the most of any cell.
func (t *Table) seeds() (words string, most int) {
	var all []Summary
	for _, row := range t.Rows {
		for _, cell := range row.Cells {
			all = append(all, cell.Ours)
			most = max(most, cell.Ours.N)
		}
	}
	return seeds(all), most
}

// caption is the visible one.
func (t *Table) caption() string {
	what, most := t.seeds()
	switch {
	case t.Deviations:
		what = "sample standard deviation (n - 1) of " + what
	case most > 1:
		what = "mean ± sd of " + what
	}
	switch {
	case t.Provenance.Scale == Published:
		what = "numbers of the paper, not run here"
	case t.WordsOnly():
		what = "as counted by this program"
	}
	bold := ""
	for i := range t.Rows {
		for j := range t.Columns {
			if t.Best(i, j) {
				bold = "Bold: the best, its 95 % t-interval over seeds above all others'. "
			}
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %s. %s%s", t.Provenance.words(), what, bold, t.Caption))
}

// WordsOnly is whether no cell has a score.
func (t *Table) WordsOnly() bool {
	for _, row := range t.Rows {
		if slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Text == "" }) {
			return false
		}
	}
	return true
}

// A line is a line of the printed table.
type line struct {
	heads []string
	cells []printed
	rule  bool // ruled off from the line above
	paper bool // the paper's numbers below ours
}

// printed is a cell as all formats for reading have it.
type printed struct {
	mean, sd string // of a score
	text     string // of anything else
	bold     bool
	note     string // letter of the footnote
	tip      string // what HTML tells on pointing at it
}

// lines are the lines for reading, their column heads, and the footnotes.
func (t *Table) lines() (lines []line, heads, notes []string) {
	heads = slices.Clone(t.Heads)
	both := slices.ContainsFunc(t.Rows, func(r Row) bool { return t.Provenance.Scale == Paper && r.quotes() })
	if both {
		heads = append(heads, "Source")
	}
	letter := func(note string) string {
		if note == "" {
			return ""
		}
		at := slices.Index(notes, note)
		if at < 0 {
			at, notes = len(notes), append(notes, note)
		}
		return fmt.Sprintf("%c", 'a'+at%26)
	}
	_, most := t.seeds()
	for i, row := range t.Rows {
		ours := line{heads: slices.Clone(row.Heads), rule: i > 0 && row.Group != t.Rows[i-1].Group}
		theirs := line{heads: make([]string, len(row.Heads)), paper: true}
		for j, cell := range row.Cells {
			note := cell.Note
			if n := cell.Ours.N; n > 0 && n < most {
				note = strings.TrimPrefix(note+"; "+seeds([]Summary{cell.Ours}), "; ")
			}
			p, q := cell.printed(), quoted(cell.Paper)
			if t.Provenance.Scale == Published && cell.Text == "" {
				p = q
			}
			p.bold, p.note = t.Best(i, j), letter(note)
			if t.Deviations {
				p, q = p.deviation(), q.deviation()
			}
			ours.cells, theirs.cells = append(ours.cells, p), append(theirs.cells, q)
		}
		if both {
			ours.heads, theirs.heads = append(ours.heads, "ours"), append(theirs.heads, "paper")
		}
		if lines = append(lines, ours); both && row.quotes() {
			lines = append(lines, theirs)
		}
	}
	return lines, heads, notes
}

func (r Row) quotes() bool {
	return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Paper != nil })
}

func (c Cell) printed() printed {
	switch {
	case c.Text != "":
		return printed{text: c.Text}
	case c.Ours.N == 0 && c.GPUHours > 0:
		return printed{text: "not run: est. " + hoursOf(c.GPUHours) + " GPU-hours"}
	case c.Ours.N == 0:
		return printed{text: "not run"}
	}
	p := printed{mean: fmt.Sprintf("%.2f", c.Ours.Mean), tip: seeds([]Summary{c.Ours})}
	if low, high, ok := c.Ours.Interval(); ok {
		p.sd = fmt.Sprintf("%.2f", c.Ours.SD)
		p.tip += fmt.Sprintf(", 95 %% interval %.2f to %.2f, range %.2f to %.2f", low, high, c.Ours.Min, c.Ours.Max)
	}
	if len(c.Ours.Runs) > 0 {
		p.tip += ", runs " + strings.Join(c.Ours.Runs, " ")
	}
	return p
}

// deviation leaves the mean out.
func (p printed) deviation() printed {
	if p.text == "" {
		p.mean, p.sd = p.sd, ""
	}
	if p.text == "" && p.mean == "" {
		p.text = "–"
	}
	return p
}

func quoted(q *Quoted) printed {
	if q == nil {
		return printed{text: "–"}
	}
	p := printed{mean: fmt.Sprintf("%.2f", q.Mean), tip: "printed in the paper"}
	if q.SD != nil {
		p.sd = fmt.Sprintf("%.2f", *q.SD)
	}
	return p
}
