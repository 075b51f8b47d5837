// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marks are the series of the panel, and where they stand side by side.
func (p *Panel) marks() (all []marks) {
	for _, s := range p.Series {
		look, _ := s.look()
		all = append(all, marks{Series: s, kind: p.Kind, look: look})
	}
	beside, spreads := 0, false
	for i := range all {
		spreads = spreads || slices.ContainsFunc(all[i].Points, func(point Point) bool { return point.Y.SD > 0 })
		if !all[i].Flat {
			all[i].slot, beside = beside, beside+1
		}
	}
	for i := range all {
		all[i].all, all[i].spreads = beside, spreads
	}
	return all
}

// plot is the panel's axes and series; width is about that of the x axis.
func (p *Panel) plot(width vg.Length) *plot.Plot {
	plotted := newPlot()
	all := p.marks()
	for _, flat := range []bool{true, false} {
		for _, m := range all {
			if m.Flat == flat {
				plotted.Add(m)
			}
		}
	}
	plotted.X.Label.Text, plotted.Y.Label.Text = p.X.Label, p.Y.Label
	p.scaleX(&plotted.X)
	p.untangle(&plotted.X, width)
	p.scaleY(&plotted.Y)
	return plotted
}

// scaleX marks each x, if there are few.
func (p *Panel) scaleX(axis *plot.Axis) {
	if n := len(p.X.Names); n > 0 {
		ticks := make(plot.ConstantTicks, n)
		for i, name := range p.X.Names {
			ticks[i] = plot.Tick{Value: float64(i), Label: name}
		}
		axis.Min, axis.Max, axis.Tick.Marker = -0.5, float64(n)-0.5, ticks
		return
	}
	var xs []float64
	for _, s := range p.Series {
		for _, point := range s.Points {
			if !s.Flat {
				xs = append(xs, point.X)
			}
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 { // only levels
		axis.Min, axis.Max, axis.Tick.Marker = 0, 1, plot.ConstantTicks(nil)
		return
	}
	axis.Min, axis.Max = xs[0], xs[len(xs)-1]
	switch {
	case p.Kind == Steps:
		axis.Max = max(axis.Max, axis.Min+1)
	case p.X.Log:
		by := math.Pow(max(axis.Max/axis.Min, 2), 0.08)
		axis.Min, axis.Max = axis.Min/by, axis.Max*by
	default:
		axis.Min, axis.Max = pad(axis.Min, axis.Max, 0.01*max(1, math.Abs(axis.Max)))
	}
	if p.X.Log {
		axis.Scale = plot.LogScale{}
	}
	axis.Tick.Marker = ticksAt(xs, p.X.Log, axis.Tick.Marker)
}

// untangle makes room for labels that would touch: names are turned, numbers left out where one before them is.
func (p *Panel) untangle(axis *plot.Axis, width vg.Length) {
	ticks, ok := axis.Tick.Marker.(plot.ConstantTicks)
	if !ok {
		return
	}
	end := -unbroken // of the last label
	for i := range ticks {
		half := newParagraph(ticks[i].Label, textSize, ink, unbroken).width() / 2
		at := vg.Length(axis.Norm(ticks[i].Value)) * width
		switch {
		case at-half > end+5: // at least: width is not exact
			end = at + half
		case len(p.X.Names) > 0:
			axis.Tick.Label.Rotation, axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = math.Pi/4, draw.XRight, draw.YTop
			return
		default:
			ticks[i].Label = ""
		}
	}
}

// ticksAt marks up to eight xs; of more, powers of ten on a log axis, and what otherwise says on a linear one.
func ticksAt(xs []float64, log bool, otherwise plot.Ticker) plot.Ticker {
	if len(xs) > 8 && !log {
		return otherwise
	}
	if len(xs) > 8 {
		low, high := xs[0], xs[len(xs)-1]
		xs = nil
		for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
			if power >= low {
				xs = append(xs, power)
			}
		}
	}
	var ticks plot.ConstantTicks
	for _, x := range xs {
		ticks = append(ticks, plot.Tick{Value: x, Label: short(x)})
	}
	return ticks
}

// short writes 220 million as 220M, and 10000 as 10,000.
func short(x float64) string {
	switch {
	case x >= 1e6:
		return strconv.FormatFloat(math.Round(x/1e5)/10, 'f', -1, 64) + "M"
	case x == math.Trunc(x) && x >= 0:
		return thousands(int(x))
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// scaleY leaves room around what is drawn; bars stand on zero.
func (p *Panel) scaleY(axis *plot.Axis) {
	if p.limited() {
		axis.Min, axis.Max = p.Y.Min, p.Y.Max
		return
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range p.Series {
		for _, point := range s.Points {
			if point.Y.N > 0 {
				least, most := p.Kind.spread(point.Y)
				low, high = min(low, least), max(high, most)
			}
		}
	}
	if low > high { // nothing has been measured
		low, high = 0, 1
	}
	if p.Kind == Bars {
		low, high = min(low, 0), max(high, 0)
	}
	if strings.HasSuffix(p.Y.Label, percent) && high-low < leastPercent { // seeds that agree are not to look as if they didn't
		low, high = (low+high-leastPercent)/2, (low+high+leastPercent)/2
	}
	axis.Min, axis.Max = pad(low, high, max(1e-3*math.Abs(high), 1e-9))
	if strings.HasSuffix(p.Y.Label, percent) {
		axis.Tick.Marker = upTo100{axis.Tick.Marker}
	}
	if (p.Kind == Bars || p.Kind == Steps) && low >= 0 {
		axis.Min = 0
	}
	if p.Kind == Bars && high <= 0 {
		axis.Max = 0
	}
}

// Labels of scores end so; their axes are at least so many points long.
const (
	percent      = "(%)"
	leastPercent = 2
)

// upTo100 leaves out marks that no score can reach, though an error bar may.
type upTo100 struct{ plot.Ticker }

func (u upTo100) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(u.Ticker.Ticks(low, high), func(t plot.Tick) bool { return t.Value > 100+1e-9 })
}
