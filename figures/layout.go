// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

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

// Drawing returns the picture: the key above, the panels, the caption below; or an error that names the first thing
// that can't be drawn.
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
	tiles := draw.Tiles{Rows: len(s.grid), Cols: s.columns, PadX: gridGap, PadY: gap + heading}
	tiles.PadTop, tiles.PadBottom = top, bottom
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
			for i := 0; i < len(key) && !s.Key.inside(); i++ {
				s.drawKeys(page, key[i], y-vg.Length(i)*s.line())
			}
		},
	}, nil
}

// fullTitle returns the title for the files' metadata, with the scale.
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
	if s.caption = s.text(f.FullCaption(), grey, s.inner); s.Bare {
		s.caption = s.scaleAlone(f.Provenance)
	}
	s.arrange()
	return s, s.fits()
}

// tile returns the width of a panel with its axes.
func (s *sheet) tile() vg.Length {
	return (s.inner - vg.Length(s.columns-1)*gridGap) / vg.Length(s.columns)
}

// yAxis returns about the width that a y axis with its labels needs.
func (s *sheet) yAxis() vg.Length { return 4.2 * s.TextSize }

// fits returns an error that names the first label without enough room.
func (s *sheet) fits() error {
	if room := s.tile() - s.yAxis(); room < 3*s.TextSize {
		return fmt.Errorf("the x axes must be at least %.0f points long, found %.0f: "+
			"make Style.Width greater, or Columns or Style.TextSize less",
			3*s.TextSize, room)
	}
	if size := s.sizeInside(s.keys); s.Key.inside() && (size.X > s.tile()-s.yAxis() || size.Y > s.PanelHeight-6) {
		return fmt.Errorf("a key inside the first panel must be at most %.0f by %.0f points, found %.0f by %.0f: "+
			"choose the place %q or %q",
			s.tile()-s.yAxis(), s.PanelHeight-6, size.X, size.Y, KeyAbove, KeyBelow)
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
		labels = append(labels, label{"an x axis' label", p.X.Label, s.tile() - s.yAxis()/2},
			label{"a y axis' label", p.Y.Label, s.PanelHeight + s.TextSize})
	}
	for _, l := range labels {
		if need := s.width(l.text); need > l.room {
			return fmt.Errorf("%s must be at most %.0f points wide, found %q with %.0f: shorten it",
				l.what, l.room, l.text, need)
		}
	}
	return nil
}
