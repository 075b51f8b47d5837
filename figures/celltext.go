// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A cellText is the text of a cell.
type cellText struct {
	mean, sd string // of a score
	bare     bool   // sd is printed as it is: a share, and no deviation
	text     string // of anything else
	bold     bool
	note     string // letter of the footnote
	tip      string // shown in HTML when the mouse points at it
}

// cell returns the text of our number, or at the scale Published of the paper's, and adds its footnote to notes.
func (t *Table) cell(row, column int, notes *[]string) cellText {
	c := t.Rows[row].Cells[column]
	text := t.ours(c)
	if t.Provenance.Scale == Published && c.Text == "" {
		text = t.quoted(c.Paper)
	}
	note := c.Note
	if n := c.Ours.N; n > 0 && n < t.usualSeeds(row) {
		note = strings.TrimPrefix(note+"; "+seeds([]Summary{c.Ours}), "; ")
	}
	if note != "" {
		at := slices.Index(*notes, note)
		if at < 0 {
			at, *notes = len(*notes), append(*notes, note)
		}
		text.note = footnote(at)
	}
	text.bold = c.Bold && t.Show != Deviations
	return text
}

// footnote names the i-th footnote, from 0: a to z, then aa, ab and so on.
func footnote(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return footnote(i/26-1) + footnote(i%26)
}

func (t *Table) decimal(v float64) string { return Fixed(v, cmp.Or(t.Decimals, 2)) }

// Fixed returns a number with some decimals as texts print it: with a minus sign, not a hyphen, and with no sign where
// it rounds to 0.
func Fixed(v float64, decimals int) string {
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	digits, negative := strings.CutPrefix(text, "-")
	if !negative || strings.Trim(digits, "0.") == "" {
		return digits
	}
	return "−" + digits
}

// ours returns the text of our number.
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
		text.tip += fmt.Sprintf(", 95 %% interval %s to %s, range %s to %s", Fixed(low, 2), Fixed(high, 2),
			Fixed(c.Ours.Min, 2), Fixed(c.Ours.Max, 2))
	}
	if c.P > 0 {
		text.tip += fmt.Sprintf(", p = %.2g", c.P)
	}
	if len(c.Ours.Runs) > 0 {
		text.tip += ", runs " + strings.Join(c.Ours.Runs, " ")
	}
	return text.showing(t, c)
}

// showing turns the text of a mean and its deviation into what the table shows of our number.
func (c cellText) showing(t *Table, of Cell) cellText {
	switch t.Show {
	case Deviations:
		return c.alone()
	case Intervals:
		if low, high, ok := of.Ours.Interval(); ok {
			c.sd = t.decimal((high - low) / 2)
		}
	case Medians:
		c.bare, c.mean, c.sd = true, t.decimal(of.Ours.Median()), ""
		if of.Found != nil {
			c.sd = fmt.Sprintf("(%d/%d)", *of.Found, of.Ours.N)
		}
	}
	return c
}

// quoted returns the text of the paper's number.
func (t *Table) quoted(q *Quoted) cellText {
	if q == nil {
		return cellText{text: nothing}
	}
	text := cellText{mean: t.decimal(q.Mean), tip: "printed in the paper"}
	if q.SD != nil {
		text.sd = t.decimal(*q.SD)
	}
	if t.Show == Deviations {
		return text.alone()
	}
	return text
}

// alone leaves the mean out.
func (c cellText) alone() cellText {
	if c.mean, c.sd = c.sd, ""; c.mean == "" {
		c.text = nothing
	}
	return c
}

// spread returns what follows the mean: the deviation after a sign, or what is printed as it is.
func (c cellText) spread(sign string) string {
	if c.bare {
		return c.sd
	}
	return sign + c.sd
}
