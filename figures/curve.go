// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// LearningCurve shows one training run: the loss of every update, and below it the development score after every epoch.
// It is not about any claim of the paper; the quickstart notebook draws it.
type LearningCurve struct {
	Title   string    // such as "DPT on CB"; may be empty, as Caption and Note
	Caption string    // below the title: what was trained, such as "1,160 trainable parameters"
	Note    string    // below the picture: what the reader must know, such as "toy model, not comparable to the paper"
	Metric  string    // what the scores are, such as "accuracy"; not empty
	Losses  []float64 // one for each update, finite
	Epochs  []Epoch   // at least one

	// Style is the zero Style or the author's: its Key, whose place is fixed, and Looks are not used, PanelHeight is
	// 0.85 in where it isn't set, and Bare leaves out the title, the caption and the note, but for the scale.
	Style Style

	Provenance Provenance // for the files' metadata
}

// Epoch is the development score after an epoch.
type Epoch struct {
	Updates          int     // made since the start of training, at most len(Losses)
	Score, Low, High float64 // in percent: 0 <= Low <= Score <= High <= 100, the ends of the 95 % interval
}

// Drawing returns the picture, as high as its texts need, or an error that names the first value that can't be drawn.
func (c *LearningCurve) Drawing() (*Drawing, error) {
	s := c.Style
	if s.PanelHeight == 0 {
		s.PanelHeight = 0.85 * Inch
	}
	s, err := s.filled(false)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, fmt.Errorf("learning curve %q: %w", c.Title, err)
	}
	width := s.Width - 2*margin
	title := s.sized(c.Title, s.TextSize+1, ink, width)
	caption, note := s.text(c.Caption, ink, width), s.text(c.Note, grey, width)
	if s.Bare {
		title, caption, note = paragraph{}, paragraph{}, s.scaleAlone(c.Provenance)
	}
	loss, lossKeys := c.lossPanel(s)
	score, scoreKeys := c.scorePanel(s)
	above := keyed{s, s.text("Training loss (nats per token)", ink, width), lossKeys}
	between := keyed{s, s.text(fmt.Sprintf("Dev %s (%%), 95%c%% interval", c.Metric, noBreak), ink, width), scoreKeys}

	top := title.height() + caption.height() + above.height(width) + gap/2
	if title.height()+caption.height() > 0 {
		top += gap
	}
	middle := gap + between.height(width) + gap/2
	bottom := note.height()
	if bottom > 0 {
		bottom += gap
	}
	axes := 3 * s.line() // tick labels and label of the shared axis
	return &Drawing{
		Title: c.Title, Description: strings.Trim(c.Caption+"; "+c.Note, "; "), Provenance: c.Provenance,
		Width: s.Width, Height: 2*margin + top + 2*s.PanelHeight + middle + axes + bottom,
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			caption.draw(page, page.Min.X, title.draw(page, page.Min.X, page.Max.Y))
			note.draw(page, page.Min.X, page.Min.Y+note.height())
			panels := [][]*plot.Plot{{loss}, {score}}
			cells := plot.Align(panels, draw.Tiles{Rows: 2, Cols: 1, PadTop: top, PadY: middle, PadBottom: bottom},
				page)
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
			return fmt.Errorf("losses must be finite, found %v at update %d: the run diverged there, draw what came "+
				"before",
				loss, i+1)
		}
	}
	before := 0
	for i, e := range c.Epochs {
		const slack = 1e-9 // the ends of an interval are sums, a score of 100 % may round past them
		if !(-slack <= e.Low && e.Low <= e.Score+slack && e.Score <= e.High+slack && e.High <= 100+slack) {
			return fmt.Errorf("epoch %d: 0 <= low <= score <= high <= 100 must hold, in percent, "+
				"found low %v, score %v, high %v",
				i+1, e.Low, e.Score, e.High)
		}
		if e.Updates <= before || e.Updates > len(c.Losses) {
			return fmt.Errorf("epoch %d: it must end after update %d and by the last, %d, found %d: "+
				"count updates from the start of training",
				i+1, before, len(c.Losses), e.Updates)
		}
		before = e.Updates
	}
	return nil
}

// A keyed is a head of the learning curve: what a panel shows on the left, the key to its series on the right, or
// below where one line is too short for both.
type keyed struct {
	Style
	text paragraph
	keys []key
}

func (k keyed) oneLine(width vg.Length) bool {
	return len(k.text.lines) <= 1 && k.text.width()+keyGap+k.keysWidth(k.keys) <= width
}

func (k keyed) height(width vg.Length) vg.Length {
	if len(k.keys) == 0 || k.oneLine(width) {
		return k.text.height()
	}
	return k.text.height() + k.line()
}

func (k keyed) draw(c draw.Canvas, y vg.Length) {
	below := k.text.draw(c, c.Min.X, y)
	if !k.oneLine(c.Size().X) {
		y = below
	}
	k.drawKeys(c, k.keys, y)
}
