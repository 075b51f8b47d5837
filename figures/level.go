// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// level draws a flat series in any kind of panel: a line across it, within the band of its spread. Its x is not used.
type level struct{ drawn }

// DataRange implements plot.DataRanger.
func (l level) DataRange() (xMin, xMax, yMin, yMax float64) {
	yMin, yMax = math.Inf(1), math.Inf(-1)
	if y := l.Points[0].Y; y.N > 0 {
		yMin, yMax = l.extent(y)
	}
	return math.Inf(1), math.Inf(-1), yMin, yMax
}

// Plot implements plot.Plotter.
func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	y := l.Points[0].Y
	if y.N == 0 {
		return
	}
	_, toY := transforms(c, p)
	across := func(v float64) []vg.Point { return []vg.Point{{X: c.Min.X, Y: toY(v)}, {X: c.Max.X, Y: toY(v)}} }
	low, high := l.extent(y)
	if toY(high)-toY(low) > 0.1 {
		l.fillBand(c, across(high), across(low))
	}
	l.stroke(c, l.line(), across(y.Mean))
}

func (l level) markers(draw.Canvas, *plot.Plot) {}

// Thumbnail implements plot.Thumbnailer.
func (l level) Thumbnail(c *draw.Canvas) { l.thumbnailBand(c) }
