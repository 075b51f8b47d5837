// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// scaleX sets the ends of the x axis, with room for the series beside the first and last x, and marks each x if there
// are few.
func (p *Panel) scaleX(axis *plot.Axis, width vg.Length) {
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
			if !s.Flat && p.X.contains(point.X) {
				xs = append(xs, point.X)
			}
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	reach := kinds[p.Kind].pitch*vg.Length(len(p.Series))/2 + 1
	share := float64(reach / max(width-2*reach, reach))
	switch {
	case p.X.limited():
		axis.Min, axis.Max = p.X.Min, p.X.Max
	case len(xs) == 0: // only levels
		axis.Min, axis.Max = 1, 2
	case kinds[p.Kind].flush:
	case p.X.Log:
		axis.Min, axis.Max = padLog(axis.Min, axis.Max, max(0.08, share))
	default:
		axis.Min, axis.Max = pad(axis.Min, axis.Max, max(share*(axis.Max-axis.Min), 0.01*max(1, math.Abs(axis.Max))))
	}
	if p.X.Log {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	if len(xs) <= 8 {
		var ticks plot.ConstantTicks
		for _, x := range xs {
			ticks = append(ticks, plot.Tick{Value: x, Label: short(x)})
		}
		axis.Tick.Marker = ticks
	}
	p.X.mark(axis)
}

// scaleY leaves room around the data, but not beyond zero where they end there, nor beyond the ends of a share.
func (p *Panel) scaleY(axis *plot.Axis) {
	if p.Y.Log {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	low, high, lowest, highest := p.means()
	from, to := axis.Min, axis.Max // of all error bars, and of zero if the marks need it
	switch {
	case p.Y.limited():
		axis.Min, axis.Max = p.Y.Min, p.Y.Max
	case low > high && p.Y.Log: // nothing has been measured
		axis.Min, axis.Max = 1, 10
	case low > high:
		axis.Min, axis.Max = 0, 1
	case p.Y.Log:
		axis.Min, axis.Max = padLog(lowest, highest, 0.05)
	default:
		axis.Min, axis.Max = pad(from, to, max(1e-3*math.Abs(to), 1e-9))
		if p.Y.share() && to-from < leastShare { // seeds that agree must not look as if they didn't
			axis.Min, axis.Max = (from+to-leastShare)/2, (from+to+leastShare)/2
		}
		if from == 0 {
			axis.Min = 0
		}
		if to == 0 {
			axis.Max = 0
		}
		if p.Y.share() && low >= 0 && high <= 100 {
			axis.Min, axis.Max = max(axis.Min, 0), min(axis.Max, 100)
		}
	}
	p.Y.mark(axis)
}

const leastShare = 2 // the least length of a share's axis, in percentage points

// means returns the lowest and the highest mean between the limits of the x axis, and the lowest and highest ends of
// the error bars there that a logarithmic axis can show.
func (p *Panel) means() (low, high, lowest, highest float64) {
	low, high = math.Inf(1), math.Inf(-1)
	lowest, highest = low, high
	for _, s := range p.Series {
		for _, point := range s.Points {
			if point.Y.N == 0 || !s.Flat && !p.X.contains(point.X) {
				continue
			}
			from, to := kinds[p.Kind].extent(point.Y)
			if from <= 0 {
				from = point.Y.Mean
			}
			low, high = min(low, point.Y.Mean), max(high, point.Y.Mean)
			lowest, highest = min(lowest, from), max(highest, to)
		}
	}
	return low, high, lowest, highest
}

// mark puts the ticks that are asked for on an axis.
func (a Axis) mark(axis *plot.Axis) {
	if a.Ticks == nil {
		return
	}
	ticks := make(plot.ConstantTicks, 0, len(a.Ticks))
	for _, tick := range a.Ticks {
		if tick.At >= axis.Min && tick.At <= axis.Max {
			ticks = append(ticks, plot.Tick{Value: tick.At, Label: tick.Label})
		}
	}
	axis.Tick.Marker = ticks
}

// pad widens a range at both ends by a twentieth, or by least if that is more.
func pad(low, high, least float64) (float64, float64) {
	by := max((high-low)/20, least)
	return low - by, high + by
}

// padLog widens a range by a share of its length on a logarithmic axis.
func padLog(low, high, share float64) (float64, float64) {
	by := math.Pow(max(high/low, 2), share)
	return low / by, high * by
}
