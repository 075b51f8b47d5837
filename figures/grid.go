// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// arrange makes the grid of plots, and their heads.
func (s *sheet) arrange() {
	for i := range s.Panels {
		if i%s.columns == 0 {
			s.grid = append(s.grid, make([]*plot.Plot, s.columns))
		}
		panel := &s.Panels[i]
		s.grid[i/s.columns][i%s.columns] = panel.plot(s.Style, s.looks, s.tile()-s.yAxis())
		title := panel.Title
		if len(s.Panels) > 1 {
			title = letter(i) + string(noBreak) + title
		}
		width := s.tile() - 1.6*s.TextSize // a panel without a label of its y axis is narrower than its tile
		s.heads = append(s.heads, head{s.text(title, ink, width), s.text(panel.Note, grey, width), width})
	}
	s.shareLabels()
}

// shareLabels writes an axis' label once where a whole row has the labels of the row below, or a whole column those
// of the column to the left. A row in which any panel needs its label keeps all of them.
func (s *sheet) shareLabels() {
	panel := func(row, column int) *Panel {
		if i := row*s.columns + column; column < s.columns && i < len(s.Panels) {
			return &s.Panels[i]
		}
		return nil
	}
	for row := range len(s.grid) - 1 {
		alike := true
		for column := range s.columns {
			below := panel(row+1, column)
			alike = alike && below != nil && below.X.Label == panel(row, column).X.Label
		}
		for column := 0; alike && column < s.columns; column++ {
			s.grid[row][column].X.Label.Text = ""
		}
	}
	for column := s.columns - 1; column > 0; column-- {
		alike := true
		for row := range s.grid {
			p := panel(row, column)
			alike = alike && (p == nil || p.Y.Label == panel(row, column-1).Y.Label)
		}
		for row := range s.grid {
			if p := s.grid[row][column]; alike && p != nil {
				p.Y.Label.Text = ""
			}
		}
	}
}

// axisHeight returns the height that the x axes of a row need.
func (s *sheet) axisHeight(row []*plot.Plot) vg.Length {
	labels := vg.Length(0)
	for _, p := range row {
		if p == nil {
			continue
		}
		for _, tick := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			sin, cos := math.Sincos(p.X.Tick.Label.Rotation)
			size := p.X.Tick.Label.Rectangle(tick.Label).Size() // of the text lying flat
			if p.X.Tick.Label.Rotation != 0 {
				size = vg.Point{X: s.width(tick.Label), Y: s.TextSize}
			}
			labels = max(labels, size.X*vg.Length(sin)+size.Y*vg.Length(cos))
		}
	}
	height := 4 + max(labels, s.TextSize)
	if slices.ContainsFunc(row, func(p *plot.Plot) bool { return p != nil && p.X.Label.Text != "" }) {
		height += 2 + s.line()
	}
	return height
}

// drawGrid draws the panels with their heads.
func (s *sheet) drawGrid(page draw.Canvas, tiles draw.Tiles, heading vg.Length) {
	cells := plot.Align(s.grid, tiles, page)
	for i, h := range s.heads {
		row, column := i/s.columns, i%s.columns
		cell, above := cells[row][column], vg.Length(0)
		for _, other := range cells[row] { // tick labels may stick out of one and not of another
			above = max(above, other.Max.Y)
		}
		h.draw(page, cell.Min.X, above+heading)
		s.grid[row][column].Draw(cell)
		s.Panels[i].labels(s.Style).draw(cell, s.grid[row][column])
	}
	if s.Key.inside() {
		s.drawKeyInside(s.grid[0][0].DataCanvas(cells[0][0]), s.keys)
	}
}
