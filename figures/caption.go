// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"
)

// FullCaption returns the text below the picture: the scale, what the numbers and error bars are, over how many seeds,
// the Caption, and how many numbers are missing or cut off. It is in the files' metadata even if Style.Bare leaves it
// out of the picture; anyone who shows such a picture must print it beside it.
func (f *Figure) FullCaption() string {
	return joined(fmt.Sprintf("%s: %s.", f.Provenance.words(), f.spread()), f.Caption, f.missing(), f.cropped())
}

// joined joins the sentences that are not empty with spaces.
func joined(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// A place is the position of a point in a figure.
type place struct {
	panel *Panel
	flat  bool // in a level
}

// all ranges over every point of the figure.
func (f *Figure) all(yield func(place, Point) bool) {
	for i := range f.Panels {
		for _, s := range f.Panels[i].Series {
			for _, point := range s.Points {
				if !yield(place{&f.Panels[i], s.Flat}, point) {
					return
				}
			}
		}
	}
}

// spread says what the numbers are and what the error bars mean: "mean ± sd of 3 seeds".
func (f *Figure) spread() string {
	var numbers []Summary
	var bars []string // what they mean, each once
	several := false
	for at, point := range f.all {
		numbers = append(numbers, point.Y)
		several = several || point.Y.N > 1
		if bar := kinds[at.panel.Kind].bar; point.Y.SD > 0 && !slices.Contains(bars, bar) {
			bars = append(bars, bar)
		}
	}
	switch {
	case !several:
		return seeds(numbers)
	case len(bars) == 0:
		return "mean of " + seeds(numbers)
	case len(bars) == 1:
		return "mean" + bars[0] + " of " + seeds(numbers)
	}
	return "mean ± sd, in ranges lowest and highest, of " + seeds(numbers)
}

// missing says how many numbers have not been measured, and what they would cost.
func (f *Figure) missing() string {
	all, missing, hours := 0, 0, 0.0
	for _, point := range f.all {
		if all++; point.Y.N == 0 {
			missing, hours = missing+1, hours+point.GPUHours
		}
	}
	switch {
	case missing == 0:
		return ""
	case hours == 0:
		return fmt.Sprintf("Not run: %d of %d numbers.", missing, all)
	}
	return fmt.Sprintf("Not run: %d of %d numbers, estimated at %s GPU-hours.", missing, all, hoursOf(hours))
}

// cropped says how many means lie outside the limits of the axes.
func (f *Figure) cropped() string {
	all, outside := 0, 0
	for at, point := range f.all {
		if point.Y.N > 0 {
			all++
			if !at.panel.Y.contains(point.Y.Mean) || !at.flat && !at.panel.X.contains(point.X) {
				outside++
			}
		}
	}
	if outside == 0 {
		return ""
	}
	return fmt.Sprintf("Outside the axes: %d of %d numbers.", outside, all)
}
