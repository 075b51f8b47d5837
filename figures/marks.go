// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marks draws one series of a panel; it is a plot.Plotter, and a plot.Thumbnailer for the key.
type marks struct {
	Series
	kind      Kind
	look      Look
	slot, all int  // which of the panel's series, of how many, where they stand side by side
	spreads   bool // a number of the panel has an error bar
}

const (
	barGroup  = 0.8            // of the room between two categories
	barCap    = vg.Length(1.5) // half of an error bar's end
	hatchStep = vg.Length(3)
)

// A spot is where a number is on the canvas.
type spot struct{ x, y, low, high vg.Length }

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	place := func(point Point) spot {
		low, high := m.kind.spread(point.Y)
		return spot{toX(point.X), toY(point.Y.Mean), toY(low), toY(high)}
	}
	if m.Flat {
		if at := place(m.Points[0]); m.Points[0].Y.N > 0 {
			m.level(c, at)
		}
		return
	}
	width, beside := m.room(toX)
	base := max(toY(0), c.Min.Y) // of bars
	var run []spot               // points without a gap between them
	for _, point := range m.Points {
		at := place(point)
		at.x += beside
		if point.Y.N > 0 {
			run = append(run, at)
			continue
		}
		missing{}.draw(c, vg.Point{X: at.x, Y: c.Min.Y + 4})
		m.run(c, run, width, base)
		run = nil
	}
	m.run(c, run, width, base)
}

// room is the width of a bar, and how far from a point's place this series stands, so that the series stand side by side.
func (m marks) room(toX func(float64) vg.Length) (width, beside vg.Length) {
	beside = vg.Length(m.slot) - vg.Length(m.all-1)/2
	switch m.kind {
	case Bars:
		width = barGroup * (toX(1) - toX(0)) / vg.Length(m.all)
		return width, beside * width
	case Ranges:
		return 0, beside * 6
	case Lines:
		if m.spreads {
			return 0, beside * 1.5 // or error bars would hide one another
		}
	}
	return 0, 0
}

// run draws points that follow one another; bars have a width, and stand on, or hang from, their base.
func (m marks) run(c draw.Canvas, run []spot, width, base vg.Length) {
	if len(run) == 0 {
		return
	}
	line := m.look.Line()
	switch m.kind {
	case Bars:
		for _, at := range run {
			m.bar(c, vg.Rectangle{Min: vg.Point{X: at.x - width/2, Y: min(base, at.y)}, Max: vg.Point{X: at.x + width/2, Y: max(base, at.y)}})
			bar(c, at, ink)
		}
		return
	case Ranges:
	case Bands, Steps:
		m.band(c, m.path(run, func(at spot) vg.Length { return at.high }), m.path(run, func(at spot) vg.Length { return at.low }))
		c.StrokeLines(line, m.path(run, func(at spot) vg.Length { return at.y }))
	case Lines:
		c.StrokeLines(line, m.path(run, func(at spot) vg.Length { return at.y }))
	}
	if m.kind == Steps || m.kind == Bands && len(run) > 25 {
		return
	}
	for _, at := range run {
		if m.kind != Bands {
			bar(c, at, m.look.Color)
		}
		c.DrawGlyph(m.look.Glyph(), vg.Point{X: at.x, Y: at.y})
	}
}

// path is the line through the run; of steps, each holds until the next.
func (m marks) path(run []spot, y func(spot) vg.Length) (path []vg.Point) {
	for i, at := range run {
		if i > 0 && m.kind == Steps {
			path = append(path, vg.Point{X: at.x, Y: y(run[i-1])})
		}
		path = append(path, vg.Point{X: at.x, Y: y(at)})
	}
	return path
}

// band fills what lies between two paths, and edges it: in grey, the edge tells bands that overlap apart.
func (m marks) band(c draw.Canvas, high, low []vg.Point) {
	edge := draw.LineStyle{Color: m.look.Light(), Width: 0.4}
	c.StrokeLines(edge, high, low)
	outline := slices.Clone(low)
	slices.Reverse(outline)
	c.FillPolygon(m.look.Band(), slices.Concat(high, outline))
}

// level draws a flat series: its spread across the panel, and its line.
func (m marks) level(c draw.Canvas, at spot) {
	across := func(y vg.Length) []vg.Point { return []vg.Point{{X: c.Min.X, Y: y}, {X: c.Max.X, Y: y}} }
	if m.kind != Bars && at.high-at.low > 0.1 {
		m.band(c, across(at.high), across(at.low))
	}
	c.StrokeLines(m.look.Line(), across(at.y))
}

// bar draws an error bar, on white, so that it is seen in front of any bar; none of no length.
func bar(c draw.Canvas, at spot, ink color.Color) {
	if at.high-at.low < 0.1 {
		return
	}
	stroke := func(style draw.LineStyle) {
		c.StrokeLine2(style, at.x, at.low, at.x, at.high)
		for _, y := range []vg.Length{at.low, at.high} {
			c.StrokeLine2(style, at.x-barCap, y, at.x+barCap, y)
		}
	}
	stroke(draw.LineStyle{Color: color.White, Width: 1.5})
	stroke(draw.LineStyle{Color: ink, Width: 0.8})
}

// bar draws a bar of a bar chart: filled, hatched, framed.
func (m marks) bar(c draw.Canvas, r vg.Rectangle) {
	c.SetColor(m.look.tint(m.look.Fill))
	c.Fill(r.Path())
	style := draw.LineStyle{Color: m.look.Color, Width: 0.6}
	for _, direction := range m.look.Hatch {
		hatch(c, r, direction, style)
	}
	frame := r.Path()
	frame.Close()
	c.SetLineStyle(draw.LineStyle{Color: m.look.Color, Width: 0.8})
	c.Stroke(frame)
}

// hatch draws parallel lines over a rectangle.
func hatch(c draw.Canvas, r vg.Rectangle, direction rune, style draw.LineStyle) {
	width, height := r.Size().X, r.Size().Y
	switch direction {
	case '-':
		for y := r.Min.Y + hatchStep/2; y < r.Max.Y; y += hatchStep {
			c.StrokeLine2(style, r.Min.X, y, r.Max.X, y)
		}
	case '|':
		for x := r.Min.X + hatchStep/2; x < r.Max.X; x += hatchStep {
			c.StrokeLine2(style, x, r.Min.Y, x, r.Max.Y)
		}
	default: // the line y = x - from, seen from the lower left corner, or its mirror image
		for from := -height + hatchStep/2; from < width; from += 1.4 * hatchStep {
			left, right := max(from, 0), min(from+height, width)
			x1, x2 := r.Min.X+left, r.Min.X+right
			if direction == '\\' {
				x1, x2 = r.Max.X-left, r.Max.X-right
			}
			c.StrokeLine2(style, x1, r.Min.Y+left-from, x2, r.Min.Y+right-from)
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (m marks) Thumbnail(c *draw.Canvas) {
	middle := c.Center()
	if m.kind == Bars && !m.Flat {
		m.bar(*c, vg.Rectangle{Min: vg.Point{X: c.Min.X + 1, Y: c.Min.Y}, Max: vg.Point{X: c.Max.X - 1, Y: c.Max.Y}})
		return
	}
	if m.kind != Ranges || m.Flat {
		c.StrokeLine2(m.look.Line(), c.Min.X, middle.Y, c.Max.X, middle.Y)
	}
	if m.kind == Ranges && !m.Flat {
		bar(*c, spot{middle.X, middle.Y, c.Min.Y, c.Max.Y}, m.look.Color)
	}
	if m.kind != Steps && !m.Flat {
		c.DrawGlyph(m.look.Glyph(), middle)
	}
}

// missing is the mark of a number that has not been measured.
type missing struct{}

func (missing) draw(c draw.Canvas, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: grey, Radius: 2, Shape: draw.CrossGlyph{}}, at)
}

// Thumbnail implements plot.Thumbnailer.
func (m missing) Thumbnail(c *draw.Canvas) { m.draw(*c, c.Center()) }

// diamond is a filled marker that gonum has not.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := 1.4 * s.Radius
	c.FillPolygon(s.Color, []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}})
}
