// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// roundTicks marks three to five multiples of a round number.
type roundTicks struct{}

// Ticks implements plot.Ticker.
func (roundTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := roundStep((high - low) / 4)
	if math.Floor(high/step)-math.Ceil(low/step) < 2 { // fewer than three lie within
		step = roundStep(0.39 * step) // the next finer of 1, 2, 5
	}
	first := math.Ceil(low/step) + 0 // + 0 makes -0 0
	count := math.Floor(high/step*(1+1e-12)) - first
	if !(count < 20) { // the ends are too close for float64, or too far apart
		return nil
	}
	format, digits := byte('f'), int(max(0, -math.Floor(math.Log10(step))))
	if digits > 4 || step >= 1e5 {
		format, digits = 'g', 4
	}
	for i := 0.0; i <= count; i++ {
		v := (first + i) * step
		ticks = append(ticks, plot.Tick{Value: min(v, high), Label: strconv.FormatFloat(v, format, digits, 64)})
	}
	return ticks
}

// roundStep returns the smallest 1, 2 or 5 times a power of ten that is at least x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= x {
			return digit * power
		}
	}
	return 10 * power
}

// logTicks marks powers of ten: each if there are up to five, or every second, third, ...; where there are fewer than
// two, 2 and 5 times them too, and where those are fewer than two, round numbers.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	count := math.Floor(math.Log10(high)+1e-9) - math.Ceil(math.Log10(low)-1e-9) + 1
	every, digits := 1, []float64{1}
	switch {
	case count < 2:
		digits = []float64{1, 2, 5}
	case count > 5:
		every = int(math.Ceil(count / 5))
	}
	for power := first; power <= last; power++ {
		for _, digit := range digits {
			if v := digit * math.Pow(10, float64(power)); power%every == 0 && v >= low*(1-1e-9) && v <= high*(1+1e-9) {
				ticks = append(ticks, plot.Tick{Value: min(max(v, low), high), Label: short(v)})
			}
		}
	}
	if len(ticks) < 2 {
		return roundTicks{}.Ticks(low, high)
	}
	return ticks
}

// short writes 220 million as 220M, and 10000 as 10,000.
func short(x float64) string {
	switch {
	case x >= 1e12 || x <= -1e6:
	case x >= 1e6:
		return strconv.FormatFloat(math.Round(x/1e5)/10, 'f', -1, 64) + "M"
	case x == math.Trunc(x) && x >= 0:
		return thousands(int(x))
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// untangle makes room for x labels that would touch: names are turned, numbers left out where one before them is. The
// labels at the ends of the axis stay, since they tell its range.
func (p *Panel) untangle(axis *plot.Axis, s Style, width vg.Length) {
	ticks, ok := axis.Tick.Marker.(plot.ConstantTicks)
	if !ok {
		return
	}
	place := func(i int) (from, to vg.Length) {
		half, at := s.width(ticks[i].Label)/2, vg.Length(axis.Norm(ticks[i].Value))*width
		return at - half - 2.5, at + half + 2.5 // at least: width is not exact
	}
	end, last := -unbroken, len(ticks)-1
	for i := range ticks {
		from, to := place(i)
		lastFrom, _ := place(last)
		switch {
		case ticks[i].Label == "": // takes no room
		case from > end && (i == last || to < lastFrom):
			end = to
		case len(p.X.Names) > 0:
			axis.Tick.Label.Rotation, axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = math.Pi/4, draw.XRight, draw.YTop
			return
		default:
			ticks[i].Label = ""
		}
	}
}
