// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table is a table of scores, higher is better, as data; [Table.LaTeX], [Table.Tabular], [Table.Markdown],
// [Table.HTML], [Table.CSV] and [Table.JSON] export it. Numbers of ours and of the paper are in one table only at the
// scale [Paper], on lines of their own.
type Table struct {
	Title   string   `json:"title"`
	Caption string   `json:"caption,omitempty"` // what the reader must know; see [Table.FullCaption]
	Heads   []string `json:"heads"`             // of the columns that name the rows: "Model", "Method"
	Columns []string `json:"columns"`           // of the cells: tasks
	// of each of Columns, in a line below it: "Acc", "F1"; none: no such line
	Metrics []string `json:"metrics,omitempty"`
	Rows    []Row    `json:"rows"`
	Notes   []string `json:"notes,omitempty"` // below the table, of no single cell

	Show Show   `json:"show,omitempty"` // what is printed for each number
	Bold string `json:"bold,omitempty"` // what bold cells are, by which test; empty if none is bold

	Decimals   int        `json:"decimals,omitempty"` // of scores and deviations, 1 to 4; 0: 2
	TeX        TeX        `json:"tex,omitzero"`
	Provenance Provenance `json:"provenance"`
}

// Show says what a table prints for each of our numbers. CSV and JSON have everything.
type Show string

// What a table can show.
const (
	Means      Show = ""           // mean ± standard deviation
	Deviations Show = "deviations" // the standard deviation alone; rows and columns without any are left out
	Intervals  Show = "intervals"  // mean ± half of its 95 % t-interval over seeds
	Medians    Show = "medians"    // median, and how many of the seeds found the task: see Cell.Found
)

// TeX gives the layout of a table in LaTeX. The zero TeX is a table as wide as the page, aligned by padding.
type TeX struct {
	Label   string `json:"label,omitempty"`   // of the float, for \ref
	Column  bool   `json:"column,omitempty"`  // as wide as a column: table instead of table*
	SIunitx bool   `json:"siunitx,omitempty"` // the S columns of package siunitx align the numbers
}

// Row is a row: one method on one model.
type Row struct {
	Group string   `json:"group,omitempty"` // rows of one group are ruled off from the next
	Heads []string `json:"heads"`
	Cells []Cell   `json:"cells"`
}

// Cell is a score of ours, of the paper's, or of both; or a text. With neither, and no text, it is printed as not
// run.
type Cell struct {
	Ours     Summary `json:"ours"`
	Paper    *Quoted `json:"paper,omitempty"`     // only at the scales Paper and Published
	Text     string  `json:"text,omitempty"`      // instead of scores
	GPUHours float64 `json:"gpu_hours,omitempty"` // estimated, of a cell that has not been run
	Note     string  `json:"note,omitempty"`      // a footnote
	Bold     bool    `json:"bold,omitempty"`      // Table.Bold says why
	P        float64 `json:"p,omitempty"`         // of the test that Table.Bold names; 0: not tested
	Found    *int    `json:"found,omitempty"`     // seeds above the majority's score by more than its sampling error
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
	if t.Decimals < 0 || t.Decimals > 4 || len(t.Metrics) > 0 && len(t.Metrics) != len(t.Columns) {
		return fmt.Errorf("table %q: there must be 0 to 4 decimals and a metric for each of %d columns, or none, "+
			"found %d decimals and %d metrics",
			t.Title, len(t.Columns), t.Decimals, len(t.Metrics))
	}
	if !slices.Contains([]Show{Means, Deviations, Intervals, Medians}, t.Show) {
		return fmt.Errorf("table %q: it must show one of %q, found %q", t.Title,
			[]Show{Means, Deviations, Intervals, Medians}, t.Show)
	}
	for i, row := range t.Rows {
		if len(row.Heads) != len(t.Heads) || len(row.Cells) != len(t.Columns) {
			return fmt.Errorf("table %q, row %d: there must be %d heads and %d cells, found %d and %d",
				t.Title, i+1, len(t.Heads), len(t.Columns), len(row.Heads), len(row.Cells))
		}
		for j, cell := range row.Cells {
			err := cell.check(t.Provenance.Scale)
			if cell.Bold && t.Bold == "" {
				err = errors.New("a table with a bold cell must say in Bold what bold means, and by which test")
			}
			if err != nil {
				return fmt.Errorf("table %q, row %s, column %s: %w", t.Title, strings.Join(row.Heads, " "),
					t.Columns[j], err)
			}
		}
	}
	return nil
}

func (c Cell) check(scale string) error {
	switch {
	case c.Paper != nil && scale != Paper && scale != Published:
		return fmt.Errorf("the paper's numbers may be only beside runs at its scale, found one in a table at the "+
			"scale %q: "+
			"make a table of their own",
			scale)
	case c.Ours.N > 0 && scale == Published:
		return fmt.Errorf("a table of published numbers must have none of ours, found %v: set the scale to %q",
			c.Ours.Mean, Paper)
	case c.Text != "" && (c.Ours.N > 0 || c.Paper != nil):
		return fmt.Errorf("a cell must have a text or scores, found both: %q", c.Text)
	case c.GPUHours < 0 || c.GPUHours-c.GPUHours != 0 || c.GPUHours > 0 && !c.empty():
		return fmt.Errorf("only a cell that has not been run has an estimate of its GPU-hours, "+
			"found %v beside a score or text",
			c.GPUHours)
	case c.Paper != nil && !(c.Paper.Mean-c.Paper.Mean == 0 && (c.Paper.SD == nil || *c.Paper.SD >= 0)):
		return fmt.Errorf("the paper's number must be finite and its sd not negative, found mean %v", c.Paper.Mean)
	case !(c.P >= 0 && c.P <= 1) || c.Found != nil && (*c.Found < 0 || *c.Found > c.Ours.N):
		return fmt.Errorf("p must be from 0 to 1, and at most all of %d seeds can have found the task, found %v",
			c.Ours.N, c.P)
	}
	return c.Ours.check()
}

// WordsOnly reports whether no cell has a score.
func (t *Table) WordsOnly() bool {
	for _, row := range t.Rows {
		for _, c := range row.Cells {
			if c.Text == "" {
				return false
			}
		}
	}
	return true
}
