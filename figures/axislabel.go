// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// axisLabels are the labels of a panel's axes, "" where there is none. gonum makes room for a label about the mean of
// its axis' ends, which on a logarithmic axis is far from the middle: up to half the label's width would be lost. So
// gonum gets a blank for each, and these are drawn.
type axisLabels struct{ x, y string }

// set puts blanks in the labels' place, and makes room for the labels.
func (l axisLabels) set(p *plot.Plot) {
	p.Add(l)
	p.X.Label.Text, p.Y.Label.Text = blank(l.x), blank(l.y)
}

// blank returns a blank for each line of a label.
func blank(label string) string {
	if label == "" {
		return ""
	}
	return " " + strings.Repeat("\n ", strings.Count(label, "\n"))
}

// Plot implements plot.Plotter; the labels are outside of what it draws on.
func (l axisLabels) Plot(draw.Canvas, *plot.Plot) {}

// GlyphBoxes implements plot.GlyphBoxer: a label that is longer than its axis ends where the panel does. Its beginning
// may be below or beside the other axis.
func (l axisLabels) GlyphBoxes(p *plot.Plot) (boxes []plot.GlyphBox) {
	if p.X.Label.Text != "" {
		half := p.X.Label.TextStyle.Width(l.x) / 2
		boxes = append(boxes, plot.GlyphBox{X: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: half}}})
	}
	if p.Y.Label.Text != "" {
		half := p.Y.Label.TextStyle.Width(l.y) / 2
		boxes = append(boxes, plot.GlyphBox{Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{Y: half}}})
	}
	return boxes
}

// draw draws the labels that a plot in c has.
func (l axisLabels) draw(c draw.Canvas, p *plot.Plot) {
	data := p.DataCanvas(c)
	middle := data.Center()
	if p.X.Label.Text != "" {
		style := p.X.Label.TextStyle
		c.FillText(style, vg.Point{X: middle.X, Y: c.Min.Y + style.FontExtents().Descent}, l.x)
	}
	if p.Y.Label.Text != "" {
		style := p.Y.Label.TextStyle
		style.Rotation += math.Pi / 2
		x := c.Min.X + style.Height(l.y) - style.FontExtents().Descent
		c.FillText(style, vg.Point{X: x, Y: middle.Y}, l.y)
	}
}
