// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bars draws bars in groups, one group for each category, with error bars. They rise from zero, or fall from it, or
// start at the end of the axis where its limits leave zero out.
type bars struct{ drawn }

const (
	barGroup  = 0.8 // of the room between two categories
	hatchStep = vg.Length(3)
)

// DataRange implements plot.DataRanger.
func (b bars) DataRange() (xMin, xMax, yMin, yMax float64) {
	xMin, xMax, yMin, yMax = b.drawn.DataRange()
	return xMin, xMax, min(yMin, 0), max(yMax, 0)
}

// width returns the width of a bar, which is also the distance between two bars of a group.
func (b bars) width(c draw.Canvas, p *plot.Plot) vg.Length {
	toX, _ := transforms(c, p)
	return barGroup * (toX(1) - toX(0)) / vg.Length(b.slots)
}

// Plot implements plot.Plotter.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	width := b.width(c, p)
	_, toY := transforms(c, p)
	cut := func(y vg.Length) vg.Length { return max(c.Min.Y, min(y, c.Max.Y)) }
	base := cut(toY(0))
	for _, run := range b.spots(c, p, width) {
		for _, at := range run {
			top := cut(at.Y)
			low, high := vg.Point{X: at.X - width/2, Y: min(base, top)}, vg.Point{X: at.X + width/2, Y: max(base, top)}
			b.bar(c, vg.Rectangle{Min: low, Max: high})
			errorBar(c, at, color.White, 1.5) // a halo, so that it is seen on any bar
			errorBar(c, at, ink, 0.8)
		}
	}
}

func (b bars) markers(c draw.Canvas, p *plot.Plot) { b.glyphs(c, p, b.width(c, p), false) }

// Thumbnail implements plot.Thumbnailer.
func (b bars) Thumbnail(c *draw.Canvas) {
	b.bar(*c, vg.Rectangle{Min: vg.Point{X: c.Min.X + 1, Y: c.Min.Y}, Max: vg.Point{X: c.Max.X - 1, Y: c.Max.Y}})
}

// bar draws one bar: filled, hatched, framed.
func (b bars) bar(c draw.Canvas, r vg.Rectangle) {
	fillBox(c, r, b.tint(b.fill))
	for _, direction := range b.hatch {
		hatch(c, r, direction, draw.LineStyle{Color: b.color, Width: 0.6})
	}
	frameBox(c, r, draw.LineStyle{Color: b.color, Width: 0.8})
}

func fillBox(c draw.Canvas, r vg.Rectangle, fill color.Color) {
	c.SetColor(fill)
	c.Fill(r.Path())
}

func frameBox(c draw.Canvas, r vg.Rectangle, style draw.LineStyle) {
	frame := r.Path()
	frame.Close()
	c.SetLineStyle(style)
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
