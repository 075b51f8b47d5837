// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"slices"
	"strconv"
	"strings"
)

// JSON returns the table, indented.
func (t *Table) JSON() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return indented(t)
}

// CSV has a line for each cell. What has not been run is empty, with the state "not run"; low and high are the ends of
// the 95 % t-interval over seeds, p and found are the cell's. Numbers are rounded as in [Figure.CSV].
func (t *Table) CSV() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	names := strings.Fields("scale column n mean sd min max values runs low high p median found state gpu_hours " +
		"paper_mean paper_sd text note")
	lines := [][]string{slices.Concat(t.Heads, names)}
	for _, row := range t.Rows {
		for j, c := range row.Cells {
			low, high, median, found, paper, paperSD, state := "", "", "", "", "", "", "run"
			if l, h, ok := c.Ours.Interval(); ok {
				low, high = number(l), number(h)
			}
			if c.Ours.N > 0 {
				median = number(c.Ours.Median())
			}
			if c.Found != nil {
				found = strconv.Itoa(*c.Found)
			}
			if c.Paper != nil {
				paper = number(c.Paper.Mean)
			}
			if c.Paper != nil && c.Paper.SD != nil {
				paperSD = number(*c.Paper.SD)
			}
			switch {
			case c.Text != "":
				state = "text"
			case c.Ours.N == 0:
				state = "not run"
			}
			lines = append(lines, slices.Concat(row.Heads, []string{t.Provenance.Scale, t.Columns[j]}, c.Ours.fields(),
				[]string{low, high, positive(c.P), median, found, state, positive(c.GPUHours), paper, paperSD, c.Text,
					c.Note}))
		}
	}
	return csvOf(lines)
}
