// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// ranges draws a marker at the mean and a bar from the lowest to the highest seed, the series side by side.
type ranges struct{ drawn }

// Plot implements plot.Plotter.
func (r ranges) Plot(c draw.Canvas, p *plot.Plot) {
	for _, run := range r.spots(c, p, r.pitch(c, p)) {
		for _, at := range run {
			errorBar(c, at, r.color, dataLine)
		}
	}
}

func (r ranges) markers(c draw.Canvas, p *plot.Plot) { r.glyphs(c, p, r.pitch(c, p), true) }

// Thumbnail implements plot.Thumbnailer.
func (r ranges) Thumbnail(c *draw.Canvas) {
	middle := c.Center()
	errorBar(*c, spot{middle, c.Min.Y, c.Max.Y, true}, r.color, dataLine)
	c.DrawGlyph(r.glyph(), middle)
}
