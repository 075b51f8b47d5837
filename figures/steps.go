// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// steps draws counts over training within a band; each count holds until the next.
type steps struct{ drawn }

// DataRange implements plot.DataRanger. Counts are drawn from zero, and have an x axis even for a single point.
func (s steps) DataRange() (xMin, xMax, yMin, yMax float64) {
	xMin, xMax, yMin, yMax = s.drawn.DataRange()
	return xMin, max(xMax, xMin+1), min(yMin, 0), max(yMax, 0)
}

// Plot implements plot.Plotter.
func (s steps) Plot(c draw.Canvas, p *plot.Plot) {
	for _, run := range s.spots(c, p, 0) {
		s.fillBand(c, stairs(points(run, highOf)), stairs(points(run, lowOf)))
		s.stroke(c, s.line(), stairs(points(run, meanOf)))
	}
}

// stairs returns a path that keeps each point's height until the next point.
func stairs(points []vg.Point) (path []vg.Point) {
	for i, at := range points {
		if i > 0 {
			path = append(path, vg.Point{X: at.X, Y: points[i-1].Y})
		}
		path = append(path, at)
	}
	return path
}

func (s steps) markers(c draw.Canvas, p *plot.Plot) { s.glyphs(c, p, 0, false) }

// Thumbnail implements plot.Thumbnailer.
func (s steps) Thumbnail(c *draw.Canvas) { s.thumbnailBand(c) }
