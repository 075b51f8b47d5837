// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// lines draws markers joined by a line, with error bars.
type lines struct{ drawn }

// Plot implements plot.Plotter.
func (l lines) Plot(c draw.Canvas, p *plot.Plot) {
	for _, run := range l.spots(c, p, l.pitch(c, p)) {
		l.stroke(c, l.line(), points(run, meanOf))
		for _, at := range run {
			errorBar(c, at, l.color, 0.8)
		}
	}
}

func (l lines) markers(c draw.Canvas, p *plot.Plot) { l.glyphs(c, p, l.pitch(c, p), true) }

// Thumbnail implements plot.Thumbnailer.
func (l lines) Thumbnail(c *draw.Canvas) {
	c.StrokeLine2(l.line(), c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
	c.DrawGlyph(l.glyph(), c.Center())
}
