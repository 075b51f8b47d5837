// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// lossPanel draws each update's loss, and over it, where there are enough, their running mean.
func (c *LearningCurve) lossPanel(s Style) (*plot.Plot, []key) {
	p, look := s.newPlot(), LookOf("DPT").drawn()
	points := make(plotter.XYs, len(c.Losses))
	for i, loss := range c.Losses {
		points[i] = plotter.XY{X: float64(i + 1), Y: loss}
	}
	raw := &plotter.Line{XYs: thin(points, 500), LineStyle: look.line()}
	p.Add(raw)
	if len(points) == 1 {
		p.Add(&plotter.Scatter{XYs: points, GlyphStyle: look.glyph()})
	}
	var keys []key
	if window := len(points)/16 | 1; window > 1 {
		raw.LineStyle = draw.LineStyle{Color: look.tint(0.5), Width: thinLine}
		mean := &plotter.Line{XYs: thin(runningMean(points, window), 500), LineStyle: look.line()}
		p.Add(mean)
		keys = []key{{icon: raw, text: "each update"}, {icon: mean, text: fmt.Sprintf("mean of %d", window)}}
	}
	p.Y.Min, p.Y.Max = pad(p.Y.Min, p.Y.Max, 0.05*math.Abs(p.Y.Max))
	p.X.Min, p.X.Max = 0, float64(len(points))
	ticks := c.epochTicks()
	for i := range ticks {
		ticks[i].Label = "" // the axis is shared with the panel below
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	return p, keys
}

// scorePanel draws the score after each epoch in the band of its interval.
func (c *LearningCurve) scorePanel(s Style) (*plot.Plot, []key) {
	p, look := s.newPlot(), LookOf("DPT").drawn()
	n := len(c.Epochs)
	line, band := make(plotter.XYs, n), make(plotter.XYs, 2*n)
	best := 0
	for i, e := range c.Epochs {
		x := float64(e.Updates)
		line[i] = plotter.XY{X: x, Y: e.Score}
		band[i], band[2*n-1-i] = plotter.XY{X: x, Y: e.High}, plotter.XY{X: x, Y: e.Low}
		if e.Score > c.Epochs[best].Score {
			best = i
		}
	}
	if n == 1 { // a band has no width here
		p.Add(&plotter.Line{XYs: band, LineStyle: draw.LineStyle{Color: look.band(), Width: 5}})
	} else {
		p.Add(&plotter.Polygon{XYs: []plotter.XYs{band}, Color: look.band()})
	}
	p.Add(&plotter.Line{XYs: line, LineStyle: look.line()})
	if n <= fewMarkers {
		p.Add(&plotter.Scatter{XYs: line, GlyphStyle: look.glyph()})
	}
	ring := draw.GlyphStyle{Color: ink, Radius: 3.5, Shape: draw.RingGlyph{}}
	mark := &plotter.Scatter{XYs: line[best : best+1], GlyphStyle: ring}
	p.Add(mark)
	low, high := pad(p.Y.Min, p.Y.Max, 2.5)
	p.Y.Min, p.Y.Max = max(low, 0), min(high, 100)
	p.X.Min, p.X.Max = 0, float64(len(c.Losses))
	p.X.Tick.Marker = plot.ConstantTicks(c.epochTicks())
	p.X.Label.Text = "Epoch"
	if each := c.Epochs[0].Updates; c.Epochs[n-1].Updates == n*each {
		p.X.Label.Text = fmt.Sprintf("Epoch (updates in each: %d)", each)
	}
	return p, []key{{icon: mark, text: fmt.Sprintf("best: %.1f, epoch %d", c.Epochs[best].Score, best+1)}}
}

// epochTicks marks the start of training and the ends of up to six epochs, a round number of them apart.
func (c *LearningCurve) epochTicks() []plot.Tick {
	step := max(1, int(roundStep(float64(len(c.Epochs))/6)))
	ticks := []plot.Tick{{Value: 0, Label: "0"}}
	for epoch := step; epoch <= len(c.Epochs); epoch += step {
		ticks = append(ticks, plot.Tick{Value: float64(c.Epochs[epoch-1].Updates), Label: fmt.Sprint(epoch)})
	}
	return ticks
}

// runningMean averages each point with its neighbours in an odd window, cut short at both ends.
func runningMean(points plotter.XYs, window int) plotter.XYs {
	sums := make([]float64, len(points)+1) // of the first i
	for i, point := range points {
		sums[i+1] = sums[i] + point.Y
	}
	mean := make(plotter.XYs, len(points))
	for i, point := range points {
		from, to := max(0, i-window/2), min(len(points), i+window/2+1)
		mean[i] = plotter.XY{X: point.X, Y: (sums[to] - sums[from]) / float64(to-from)}
	}
	return mean
}

// thin keeps the lowest and the highest of each run of points, if there are more points than the print can show:
// the ink is the same and the file is small.
func thin(points plotter.XYs, bins int) plotter.XYs {
	if len(points) <= 2*bins {
		return points
	}
	var kept plotter.XYs
	for bin := range bins {
		from, to := bin*len(points)/bins, (bin+1)*len(points)/bins
		low, high := from, from
		for i := from; i < to; i++ {
			if points[i].Y < points[low].Y {
				low = i
			}
			if points[i].Y > points[high].Y {
				high = i
			}
		}
		kept = append(kept, points[min(low, high)], points[max(low, high)])
	}
	return kept
}
