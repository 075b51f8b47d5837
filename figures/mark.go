// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A mark draws one series of a panel. As with gonum's own plotters, DataRange sets the axes, and Thumbnail is the
// icon in the key.
type mark interface {
	plot.Plotter
	plot.DataRanger
	plot.Thumbnailer

	// markers draws what no line or band of another series may cover.
	markers(draw.Canvas, *plot.Plot)
}

// kinds are the ways to draw a panel.
var kinds = map[Kind]struct {
	mark       func(drawn) mark
	extent     func(Summary) (low, high float64) // of a number's error bar
	bar        string                            // what an error bar is, in words
	pitch      vg.Length                         // between series drawn side by side, at most
	categories bool                              // over X.Names only
	flush      bool                              // the x axis begins at the first point and ends at the last
}{
	Lines:  {mark: func(d drawn) mark { return lines{d} }, extent: deviation, bar: " ± sd", pitch: 3.5},
	Bands:  {mark: func(d drawn) mark { return bands{d} }, extent: deviation, bar: " ± sd"},
	Bars:   {mark: func(d drawn) mark { return bars{d} }, extent: deviation, bar: " ± sd", categories: true},
	Ranges: {mark: func(d drawn) mark { return ranges{d} }, extent: lowToHigh, bar: ", lowest and highest", pitch: 6},
	Steps:  {mark: func(d drawn) mark { return steps{d} }, extent: countDeviation, bar: " ± sd", flush: true},
}

// deviation returns one standard deviation on either side of the mean.
func deviation(s Summary) (low, high float64) { return s.Mean - s.SD, s.Mean + s.SD }

// countDeviation is deviation for counts, which are never below zero.
func countDeviation(s Summary) (low, high float64) {
	if low, high = deviation(s); s.Min >= 0 {
		low = max(low, 0)
	}
	return low, high
}

func lowToHigh(s Summary) (low, high float64) { return s.Min, s.Max }

// drawn is the part that all marks share: a series, and how and where it is drawn.
type drawn struct {
	Series
	look
	extent      func(Summary) (low, high float64)
	x           Axis
	xs          []float64 // of all series that are drawn side by side, ascending
	slot, slots int       // the series' place among those, and how many there are
	most        vg.Length // distance between them
	spreads     bool      // a number of this series has an error bar
}

// DataRange implements plot.DataRanger: of the points between the limits of the x axis, with their error bars.
func (d drawn) DataRange() (xMin, xMax, yMin, yMax float64) {
	xMin, xMax, yMin, yMax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, point := range d.Points {
		if !d.x.contains(point.X) {
			continue
		}
		xMin, xMax = min(xMin, point.X), max(xMax, point.X)
		if point.Y.N > 0 {
			low, high := d.extent(point.Y)
			yMin, yMax = min(yMin, low), max(yMax, high)
		}
	}
	return xMin, xMax, yMin, yMax
}

// glyphs draws the series' markers, if it has any, and on the x axis a cross for each number that has not been
// measured.
func (d drawn) glyphs(c draw.Canvas, p *plot.Plot, pitch vg.Length, marked bool) {
	for _, run := range d.spots(c, p, pitch) {
		for _, at := range run {
			if marked && at.shown(c) {
				c.DrawGlyph(d.glyph(), at.Point)
			}
		}
	}
	toX, _ := transforms(c, p)
	for _, point := range d.Points {
		if point.Y.N == 0 && d.x.contains(point.X) {
			missing{}.draw(c, vg.Point{X: toX(point.X) + d.shift(pitch), Y: c.Min.Y + 4})
		}
	}
}

// missing is the mark of a number that has not been measured.
type missing struct{}

func (missing) draw(c draw.Canvas, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: grey, Radius: 2, Shape: draw.CrossGlyph{}}, at)
}

// Thumbnail implements plot.Thumbnailer.
func (m missing) Thumbnail(c *draw.Canvas) { m.draw(*c, c.Center()) }
