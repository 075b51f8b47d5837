// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A spot is the place of a number on the canvas, with the ends of its error bar.
type spot struct {
	vg.Point
	low, high vg.Length
	inX       bool // it lies between the ends of the x axis
}

const slop = vg.Length(0.01) // for rounding, where a spot is on the end of an axis

// shown reports whether the spot lies between the ends of both axes.
func (s spot) shown(c draw.Canvas) bool { return s.inX && s.Y > c.Min.Y-slop && s.Y < c.Max.Y+slop }

// spots returns the runs of points without a missing number between them, with the series drawn side by side, pitch
// apart.
func (d drawn) spots(c draw.Canvas, p *plot.Plot, pitch vg.Length) (runs [][]spot) {
	toX, toY := transforms(c, p)
	var run []spot
	for _, point := range d.Points {
		if point.Y.N == 0 {
			runs, run = append(runs, run), nil
			continue
		}
		low, high := d.extent(point.Y)
		x := toX(point.X)
		at := vg.Point{X: x + d.shift(pitch), Y: toY(point.Y.Mean)}
		run = append(run, spot{at, toY(low), toY(high), x > c.Min.X-slop && x < c.Max.X+slop})
	}
	return slices.DeleteFunc(append(runs, run), func(run []spot) bool { return len(run) == 0 })
}

// shift returns how far from their xs the series' points are drawn.
func (d drawn) shift(pitch vg.Length) vg.Length {
	return pitch * (vg.Length(d.slot) - vg.Length(d.slots-1)/2)
}

// pitch returns the distance between series drawn side by side: most, or less where neighbouring xs are close.
func (d drawn) pitch(c draw.Canvas, p *plot.Plot) vg.Length {
	toX, _ := transforms(c, p)
	most := d.most
	for i := 1; i < len(d.xs); i++ {
		most = min(most, 0.7*(toX(d.xs[i])-toX(d.xs[i-1]))/vg.Length(d.slots))
	}
	return most
}

// transforms returns the plot's, made safe for any number: what is not positive is at the lower end of a logarithmic
// axis, and what is far outside is as far as float64 can clip a line to it.
func transforms(c draw.Canvas, p *plot.Plot) (toX, toY func(float64) vg.Length) {
	const far = vg.Length(1e6)
	total := func(axis plot.Axis, to func(float64) vg.Length) func(float64) vg.Length {
		_, log := axis.Scale.(plot.LogScale)
		return func(v float64) vg.Length {
			if log && v <= 0 {
				v = axis.Min
			}
			return max(-far, min(to(v), far))
		}
	}
	toX, toY = p.Transforms(&c)
	return total(p.X, toX), total(p.Y, toY)
}

// window returns the part of the canvas that lines and bands may be in. Where x has no limits, that goes on beyond the
// ends of the axis, for the series drawn beside the first and last x.
func (d drawn) window(c draw.Canvas) draw.Canvas {
	if d.x.limited() {
		return c
	}
	return draw.Crop(c, -c.Size().X, c.Size().X, 0, 0)
}

// stroke draws the parts of lines that lie in the window.
func (d drawn) stroke(c draw.Canvas, style draw.LineStyle, lines ...[]vg.Point) {
	c = d.window(c)
	c.StrokeLines(style, c.ClipLinesXY(lines...)...)
}

// fillBand fills the space between two lines, and edges it: in grey, the edges tell bands that overlap apart.
func (d drawn) fillBand(c draw.Canvas, high, low []vg.Point) {
	back := slices.Clone(low)
	slices.Reverse(back)
	d.stroke(c, draw.LineStyle{Color: d.tint(0.5), Width: 0.4}, high, low)
	c = d.window(c)
	c.FillPolygon(d.band(), c.ClipPolygonXY(slices.Concat(high, back)))
}

// points returns the places of spots at a height of theirs.
func points(run []spot, y func(spot) vg.Length) (all []vg.Point) {
	for _, at := range run {
		all = append(all, vg.Point{X: at.X, Y: y(at)})
	}
	return all
}

func meanOf(s spot) vg.Length { return s.Y }
func lowOf(s spot) vg.Length  { return s.low }
func highOf(s spot) vg.Length { return s.high }

const barCap = vg.Length(1.5) // half of an error bar's end

// errorBar draws an error bar between the ends of the axes; an end beyond them has no cap.
func errorBar(c draw.Canvas, at spot, ink color.Color, width vg.Length) {
	if !at.inX || at.high-at.low < 0.1 || at.high < c.Min.Y || at.low > c.Max.Y {
		return
	}
	style := draw.LineStyle{Color: ink, Width: width}
	c.StrokeLine2(style, at.X, max(at.low, c.Min.Y), at.X, min(at.high, c.Max.Y))
	for _, y := range []vg.Length{at.low, at.high} {
		if y > c.Min.Y-slop && y < c.Max.Y+slop {
			c.StrokeLine2(style, at.X-barCap, y, at.X+barCap, y)
		}
	}
}
