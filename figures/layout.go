// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	gridHeight = 1.15 * vg.Inch // of each panel's axes
	gridGap    = vg.Length(7)   // between columns
	yAxis      = vg.Length(34)  // about what a y axis with its labels needs
)

// Drawing returns the picture: the key above, the panels, the caption below; or an error that names the first thing that
// can't be drawn.
func (f *Figure) Drawing() (*Drawing, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	width := vg.Length(ColumnWidth)
	if f.Full {
		width = FullWidth
	}
	inner := width - 2*margin
	caption := newParagraph(f.caption(), textSize, grey, inner)
	legend := flow(f.keys(), inner)
	grid, titles := f.grid(inner)
	if err := f.fits(inner); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}

	const gap = vg.Length(4)
	heading, axes := vg.Length(0), vg.Length(0)
	for _, title := range titles {
		heading = max(heading, title.height()+gap/2)
	}
	for _, row := range grid {
		axes += axisHeight(row)
	}
	top := vg.Length(len(legend))*leading*textSize + gap + heading
	bottom := gap + caption.height()
	rows := vg.Length(len(grid))
	return &Drawing{
		Title: f.Title, Description: f.caption(), Provenance: f.Provenance,
		Width: width, Height: 2*margin + top + rows*gridHeight + axes + (rows-1)*(gap+heading) + bottom,
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			y := page.Max.Y
			for _, keys := range legend {
				drawKeys(page, keys, y)
				y -= leading * textSize
			}
			caption.draw(page, page.Min.X, page.Min.Y+caption.height())
			cells := plot.Align(grid, draw.Tiles{Rows: len(grid), Cols: f.Columns, PadTop: top, PadX: gridGap, PadY: gap + heading, PadBottom: bottom}, page)
			for i, title := range titles {
				row, column := i/f.Columns, i%f.Columns
				cell, above := cells[row][column], vg.Length(0)
				for _, other := range cells[row] { // tick labels may stick out of one and not of another
					above = max(above, other.Max.Y)
				}
				title.draw(page, cell.Min.X, above+heading)
				grid[row][column].Draw(cell)
			}
		},
	}, nil
}

// fits says which label has no room.
func (f *Figure) fits(width vg.Length) error {
	type label struct {
		what, text string
		room       vg.Length
	}
	var labels []label
	for _, k := range f.keys() {
		labels = append(labels, label{"a series' name", k.text, width - iconWidth - iconGap})
	}
	for _, p := range f.Panels {
		labels = append(labels, label{"an x axis' label", p.X.Label, width/vg.Length(f.Columns) - yAxis/2}, label{"a y axis' label", p.Y.Label, gridHeight + textSize})
	}
	for _, l := range labels {
		if need := newParagraph(l.text, textSize, ink, unbroken).width(); need > l.room {
			return fmt.Errorf("%s must be at most %.0f points wide, found %q with %.0f: shorten it", l.what, l.room, l.text, need)
		}
	}
	return nil
}

// grid is the plots, in rows of f.Columns with nil where there is none, and the titles above them. An axis' label that is
// also that of the panel to the left, or below, is written once.
func (f *Figure) grid(width vg.Length) (grid [][]*plot.Plot, titles []paragraph) {
	tile := (width - vg.Length(f.Columns-1)*gridGap) / vg.Length(f.Columns)
	for i := range f.Panels {
		if i%f.Columns == 0 {
			grid = append(grid, make([]*plot.Plot, f.Columns))
		}
		panel := &f.Panels[i]
		p := panel.plot(tile - yAxis)
		if i%f.Columns > 0 && f.Panels[i-1].Y.Label == panel.Y.Label {
			p.Y.Label.Text = ""
		}
		if below := i + f.Columns; below < len(f.Panels) && f.Panels[below].X.Label == panel.X.Label {
			p.X.Label.Text = ""
		}
		grid[len(grid)-1][i%f.Columns] = p
		title := panel.Title
		if len(f.Panels) > 1 {
			title = label(i) + string(noBreak) + title
		}
		titles = append(titles, newParagraph(title, textSize, ink, tile))
	}
	return grid, titles
}

// axisHeight is the room that the x axes of a row need.
func axisHeight(row []*plot.Plot) vg.Length {
	height := 4 + textSize
	for _, p := range row {
		if p != nil && p.X.Tick.Label.Rotation != 0 {
			for _, tick := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
				height = max(height, 4+0.75*(textSize+newParagraph(tick.Label, textSize, ink, unbroken).width()))
			}
		}
	}
	if slices.ContainsFunc(row, func(p *plot.Plot) bool { return p != nil && p.X.Label.Text != "" }) {
		height += 2 + leading*textSize
	}
	return height
}

// keys are the entries of the figure's key: each series once, and what a cross means, if there is one.
func (f *Figure) keys() (keys []key) {
	named, gaps := map[string]bool{}, false
	for _, p := range f.Panels {
		for _, m := range p.marks() {
			if !named[m.Name] {
				named[m.Name] = true
				keys = append(keys, key{m, m.Name})
			}
			gaps = gaps || slices.ContainsFunc(m.Points, func(point Point) bool { return point.Y.N == 0 })
		}
	}
	if gaps {
		keys = append(keys, key{missing{}, "not run"})
	}
	return keys
}

// flow breaks the keys into lines of a width.
func flow(keys []key, width vg.Length) (lines [][]key) {
	var used vg.Length
	for _, k := range keys {
		if need := k.width() + keyGap; len(lines) == 0 || used+need > width+keyGap {
			lines, used = append(lines, []key{k}), need
		} else {
			lines[len(lines)-1], used = append(lines[len(lines)-1], k), used+need
		}
	}
	return lines
}
