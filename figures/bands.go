// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bands draws a line within a band, with markers where there are few points.
type bands struct{ drawn }

const fewMarkers = 25 // more would look like a thick line

// Plot implements plot.Plotter.
func (b bands) Plot(c draw.Canvas, p *plot.Plot) {
	for _, run := range b.spots(c, p, 0) {
		b.fillBand(c, points(run, highOf), points(run, lowOf))
		b.stroke(c, b.line(), points(run, meanOf))
	}
}

func (b bands) markers(c draw.Canvas, p *plot.Plot) { b.glyphs(c, p, 0, len(b.Points) <= fewMarkers) }

// Thumbnail implements plot.Thumbnailer.
func (b bands) Thumbnail(c *draw.Canvas) {
	b.thumbnailBand(c)
	if len(b.Points) <= fewMarkers {
		c.DrawGlyph(b.glyph(), c.Center())
	}
}

// thumbnailBand draws the icon of a line, and of its band if it has one.
func (d drawn) thumbnailBand(c *draw.Canvas) {
	if d.spreads {
		high, low := []vg.Point{{X: c.Min.X, Y: c.Max.Y}, c.Max}, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}}
		c.StrokeLines(draw.LineStyle{Color: d.tint(0.5), Width: 0.4}, high, low)
		c.FillPolygon(d.band(), []vg.Point{high[0], high[1], low[1], low[0]})
	}
	c.StrokeLine2(d.line(), c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}
