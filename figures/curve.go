// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// LearningCurve shows one training run: the loss of every update, and below it the development score after every epoch.
// It claims nothing of the paper's; it is what quickstart draws.
type LearningCurve struct {
	Title   string    // such as "DPT on CB"; may be empty, as Caption and Note
	Caption string    // below the title: what was trained, such as "1,160 trainable parameters"
	Note    string    // below the picture: what the reader must know, such as "toy model, not comparable to the paper"
	Metric  string    // what the scores are, such as "accuracy"; not empty
	Losses  []float64 // one for each update, finite
	Epochs  []Epoch   // at least one

	Provenance Provenance // for the files' metadata
}

// Epoch is the development score after an epoch.
type Epoch struct {
	Updates          int     // made since the start of training, at most len(Losses)
	Score, Low, High float64 // in percent: 0 <= Low <= Score <= High <= 100, the ends of the 95 % interval
}

const panelHeight = 0.85 * vg.Inch

// Drawing returns the picture, a column wide and as high as its texts need, or an error that names the first value that can't be drawn.
func (c *LearningCurve) Drawing() (*Drawing, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("learning curve %q: %w", c.Title, err)
	}
	const width = ColumnWidth - 2*margin
	title := newParagraph(c.Title, titleSize, ink, width)
	caption := newParagraph(c.Caption, textSize, ink, width)
	note := newParagraph(c.Note, textSize, grey, width)
	loss, lossKeys := c.lossPanel()
	score, scoreKeys := c.scorePanel()
	above := heading{newParagraph("Training loss", textSize, ink, width), lossKeys}
	between := heading{newParagraph(fmt.Sprintf("Dev %s (%%), 95%c%% interval", c.Metric, noBreak), textSize, ink, width), scoreKeys}

	const gap = vg.Length(4)
	top := title.height() + caption.height() + gap + above.height(width) + gap/2
	middle := gap + between.height(width) + gap/2
	bottom := gap + note.height()
	axes := 3 * leading * textSize // tick labels and label of the shared axis
	return &Drawing{
		Title: c.Title, Description: strings.Trim(c.Caption+"; "+c.Note, "; "), Provenance: c.Provenance,
		Width: ColumnWidth, Height: 2*margin + top + 2*panelHeight + middle + axes + bottom,
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			caption.draw(page, page.Min.X, title.draw(page, page.Min.X, page.Max.Y))
			note.draw(page, page.Min.X, page.Min.Y+note.height())
			panels := [][]*plot.Plot{{loss}, {score}}
			cells := plot.Align(panels, draw.Tiles{Rows: 2, Cols: 1, PadTop: top, PadY: middle, PadBottom: bottom}, page)
			loss.Draw(cells[0][0])
			score.Draw(cells[1][0])
			above.draw(page, cells[0][0].Max.Y+gap/2+above.height(width))
			between.draw(page, cells[1][0].Max.Y+gap/2+between.height(width))
		},
	}, nil
}

func (c *LearningCurve) check() error {
	if len(c.Losses) == 0 {
		return fmt.Errorf("there must be a loss for each update, found none: train at least one update")
	}
	if len(c.Epochs) == 0 {
		return fmt.Errorf("there must be at least one epoch with a score, found none: evaluate the run")
	}
	if c.Metric == "" {
		return fmt.Errorf("the metric must be named, found an empty name: set Metric, to \"accuracy\" say")
	}
	for i, loss := range c.Losses {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("losses must be finite, found %v at update %d: the run diverged there, draw what came before", loss, i+1)
		}
	}
	before := 0
	for i, e := range c.Epochs {
		const slack = 1e-9 // the ends of an interval are sums, a score of 100 % may round past them
		if !(-slack <= e.Low && e.Low <= e.Score+slack && e.Score <= e.High+slack && e.High <= 100+slack) {
			return fmt.Errorf("epoch %d: 0 <= low <= score <= high <= 100 must hold, in percent, found low %v, score %v, high %v", i+1, e.Low, e.Score, e.High)
		}
		if e.Updates <= before || e.Updates > len(c.Losses) {
			return fmt.Errorf("epoch %d: it must end after update %d and by the last, %d, found %d: count updates from the start of training", i+1, before, len(c.Losses), e.Updates)
		}
		before = e.Updates
	}
	return nil
}

// lossPanel draws each update's loss, and over it, where there are enough, their running mean.
func (c *LearningCurve) lossPanel() (*plot.Plot, []key) {
	p, look := newPlot(), looks[0].Look
	points := make(plotter.XYs, len(c.Losses))
	for i, loss := range c.Losses {
		points[i] = plotter.XY{X: float64(i + 1), Y: loss}
	}
	raw := &plotter.Line{XYs: thin(points, 500), LineStyle: look.Line()}
	p.Add(raw)
	if len(points) == 1 {
		p.Add(&plotter.Scatter{XYs: points, GlyphStyle: look.Glyph()})
	}
	var keys []key
	if window := len(points)/16 | 1; window > 1 {
		raw.LineStyle = draw.LineStyle{Color: look.Light(), Width: thinLine}
		mean := &plotter.Line{XYs: thin(runningMean(points, window), 500), LineStyle: look.Line()}
		p.Add(mean)
		keys = []key{{raw, "each update"}, {mean, fmt.Sprintf("mean of %d", window)}}
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
func (c *LearningCurve) scorePanel() (*plot.Plot, []key) {
	p, look := newPlot(), looks[0].Look
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
		p.Add(&plotter.Line{XYs: band, LineStyle: draw.LineStyle{Color: look.Band(), Width: 5}})
	} else {
		p.Add(&plotter.Polygon{XYs: []plotter.XYs{band}, Color: look.Band()})
	}
	p.Add(&plotter.Line{XYs: line, LineStyle: look.Line()})
	if n <= 25 { // more markers would be a worm
		p.Add(&plotter.Scatter{XYs: line, GlyphStyle: look.Glyph()})
	}
	mark := &plotter.Scatter{XYs: line[best : best+1], GlyphStyle: draw.GlyphStyle{Color: ink, Radius: 3.5, Shape: draw.RingGlyph{}}}
	p.Add(mark)
	low, high := pad(p.Y.Min, p.Y.Max, 2.5)
	p.Y.Min, p.Y.Max = max(low, 0), min(high, 100)
	p.X.Min, p.X.Max = 0, float64(len(c.Losses))
	p.X.Tick.Marker = plot.ConstantTicks(c.epochTicks())
	p.X.Label.Text = "Epoch"
	if each := c.Epochs[0].Updates; c.Epochs[n-1].Updates == n*each {
		p.X.Label.Text = fmt.Sprintf("Epoch (updates in each: %d)", each)
	}
	return p, []key{{mark, fmt.Sprintf("best: %.1f, epoch %d", c.Epochs[best].Score, best+1)}}
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

// pad widens a range by a twentieth, and by least at the least, at both ends.
func pad(low, high, least float64) (float64, float64) {
	by := max((high-low)/20, least)
	return low - by, high + by
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
