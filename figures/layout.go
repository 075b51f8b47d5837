// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const gridGap = vg.Length(7) // between columns

// A sheet is a figure with all that its picture needs.
type sheet struct {
	Style
	*Figure
	inner   vg.Length // the picture's width without its margins
	columns int
	looks   map[string]look
	keys    []key
	grid    [][]*plot.Plot // in rows of columns, with nil where there is none
	heads   []head
	caption paragraph
}

// Drawing returns the picture: the key above, the panels, the caption below; or an error that names the first thing that
// can't be drawn.
func (f *Figure) Drawing() (*Drawing, error) {
	s, err := f.sheet()
	if err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	key := s.flow(s.keys, s.inner)
	keyHeight := vg.Length(len(key)) * s.line()
	heading, axes := vg.Length(0), vg.Length(0)
	for _, h := range s.heads {
		heading = max(heading, h.height()+gap/2)
	}
	for _, row := range s.grid {
		axes += s.axisHeight(row)
	}
	rows := vg.Length(len(s.grid))
	top, bottom := heading, vg.Length(0)
	if s.Key == KeyAbove {
		top += keyHeight + gap
	}
	if s.Key == KeyBelow {
		bottom += gap + keyHeight
	}
	if len(s.caption.lines) > 0 {
		bottom += gap + s.caption.height()
	}
	tiles := draw.Tiles{Rows: len(s.grid), Cols: s.columns, PadTop: top, PadX: gridGap, PadY: gap + heading, PadBottom: bottom}
	return &Drawing{
		Title: f.fullTitle(), Description: f.FullCaption(), Provenance: f.Provenance,
		Width: s.Width, Height: 2*margin + top + rows*s.PanelHeight + axes + (rows-1)*(gap+heading) + bottom,
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			s.caption.draw(page, page.Min.X, page.Min.Y+s.caption.height())
			s.drawGrid(page, tiles, heading)
			y := page.Max.Y
			if s.Key == KeyBelow {
				y = page.Min.Y + bottom - gap
			}
			for i := 0; i < len(key) && (s.Key == KeyAbove || s.Key == KeyBelow); i++ {
				s.drawKeys(page, key[i], y-vg.Length(i)*s.line())
			}
		},
	}, nil
}

// fullTitle is the title for the files' metadata, which names the scale of what is no result of the paper's.
func (f *Figure) fullTitle() string {
	return fmt.Sprintf("%s (%s)", f.Title, f.Provenance.words())
}

// sheet checks the figure and prepares its parts.
func (f *Figure) sheet() (*sheet, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	style, err := f.Style.filled(f.Full)
	if err != nil {
		return nil, err
	}
	s := &sheet{Style: style, Figure: f, inner: style.Width - 2*margin, columns: min(max(f.Columns, 1), len(f.Panels))}
	var names, whose []string
	for _, p := range f.Panels {
		for _, series := range p.Series {
			names, whose = append(names, series.Name), append(whose, series.whose())
		}
	}
	s.looks = style.looks(names, whose)
	if s.keys = f.keys(s.looks); s.Key == KeyNone {
		s.keys = nil
	}
	if !s.Bare {
		s.caption = s.text(f.FullCaption(), grey, s.inner)
	}
	s.arrange()
	return s, s.fits()
}

// tile is the width of a panel with its axes.
func (s *sheet) tile() vg.Length {
	return (s.inner - vg.Length(s.columns-1)*gridGap) / vg.Length(s.columns)
}

// yAxis is about the width that a y axis with its labels needs.
func (s *sheet) yAxis() vg.Length { return 4.2 * s.TextSize }

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

// shareLabels writes an axis' label once where a whole row has the labels of the row below, or a whole column those of the
// column to the left. A row of which some panels need the label has it at all.
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

// fits says which label has no room.
func (s *sheet) fits() error {
	if room := s.tile() - s.yAxis(); room < 3*s.TextSize {
		return fmt.Errorf("the x axes must be at least %.0f points long, found %.0f: make Style.Width greater, or Columns or Style.TextSize less",
			3*s.TextSize, room)
	}
	type label struct {
		what, text string
		room       vg.Length
	}
	var labels []label
	for _, k := range s.keys {
		labels = append(labels, label{"a series' name", k.text, s.inner - (k.width(s.Style) - s.width(k.text))})
	}
	for _, p := range s.Panels {
		labels = append(labels, label{"an x axis' label", p.X.Label, s.tile() - s.yAxis()/2}, label{"a y axis' label", p.Y.Label, s.PanelHeight + s.TextSize})
	}
	for _, l := range labels {
		if need := s.width(l.text); need > l.room {
			return fmt.Errorf("%s must be at most %.0f points wide, found %q with %.0f: shorten it", l.what, l.room, l.text, need)
		}
	}
	return nil
}

// axisHeight is the room that the x axes of a row need.
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
	}
	if s.Key != KeyAbove && s.Key != KeyBelow && s.Key != KeyNone {
		s.drawKeyInside(s.grid[0][0].DataCanvas(cells[0][0]), s.keys)
	}
}
