// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// check returns an error that names the first thing in a figure that can't be drawn.
func (f *Figure) check() error {
	if err := f.Provenance.check(); err != nil {
		return err
	}
	if _, err := f.Style.filled(f.Full); err != nil {
		return err
	}
	if f.Columns < 0 || len(f.Panels) == 0 || len(f.Panels) > 26 {
		return fmt.Errorf("there must be 0 columns or more and 1 to 26 panels, found %d columns and %d panels",
			f.Columns, len(f.Panels))
	}
	whose := map[string]string{}
	for i, p := range f.Panels {
		if err := p.check(); err != nil {
			return fmt.Errorf("panel %d %q: %w", i+1, p.Title, err)
		}
		for _, s := range p.Series {
			if before, ok := whose[s.Name]; ok && before != s.Look {
				return fmt.Errorf("panel %d %q: a series must look the same in all panels, found %q with the looks "+
					"%q and %q",
					i+1, p.Title, s.Name, before, s.Look)
			}
			whose[s.Name] = s.Look
		}
	}
	return nil
}

func (p *Panel) check() error {
	k, ok := kinds[p.Kind]
	if !ok {
		return fmt.Errorf("the kind must be one of %q, found %q", slices.Sorted(maps.Keys(kinds)), p.Kind)
	}
	if k.categories && len(p.X.Names) == 0 {
		return fmt.Errorf("%s need categories, found none: set X.Names", p.Kind)
	}
	if k.categories && p.Y.Log {
		return fmt.Errorf("%s start at zero, which a logarithmic y axis does not have: choose the kind %q or %q",
			p.Kind, Lines, Ranges)
	}
	if err := p.X.check(); err != nil {
		return fmt.Errorf("x axis: %w", err)
	}
	if err := p.Y.check(); err != nil {
		return fmt.Errorf("y axis: %w", err)
	}
	if len(p.X.Names) > 0 && (p.X.Log || p.X.limited() || p.X.Ticks != nil) || len(p.Y.Names) > 0 {
		return fmt.Errorf("only x may have names, and then neither a logarithm nor limits nor ticks, found x %+v, y "+
			"%+v",
			p.X, p.Y)
	}
	for _, r := range p.Regions {
		if !(r.From < r.To) || p.X.Log && !(r.To > 0) {
			return fmt.Errorf("region %q: it must go from a lower x to a higher, which a logarithmic axis has, found "+
				"%v to %v",
				r.Label, r.From, r.To)
		}
	}
	if len(p.Series) == 0 {
		return fmt.Errorf("there must be at least one series, found none")
	}
	for _, s := range p.Series {
		if err := p.checkSeries(s); err != nil {
			return fmt.Errorf("series %q: %w", s.Name, err)
		}
	}
	return nil
}

func (a Axis) check() error {
	if a.limited() && !(a.Min < a.Max && a.Min >= -mostDrawn && a.Max <= mostDrawn) {
		return fmt.Errorf("an axis must have Min below Max, both from -1e50 to 1e50, found %v and %v: "+
			"leave both 0 to have them chosen from the data",
			a.Min, a.Max)
	}
	if a.Log && a.limited() && a.Min < 1/mostDrawn {
		return fmt.Errorf("a logarithmic axis must start above 0, found Min %v: set it to the lowest value to show",
			a.Min)
	}
	for _, tick := range a.Ticks {
		if tick.At-tick.At != 0 || a.Log && tick.At <= 0 {
			return fmt.Errorf("a tick must be finite, and above 0 on a logarithmic axis, found %v", tick.At)
		}
	}
	return nil
}

// mostDrawn is the greatest number, and its inverse the smallest on a logarithmic axis, that can be drawn: the ends of
// an axis must not overflow.
const mostDrawn = 1e50

func (p *Panel) checkSeries(s Series) error {
	if len(s.Points) == 0 || s.Flat && len(s.Points) > 1 {
		return fmt.Errorf("there must be a point, and not more than one if it is flat, found %d", len(s.Points))
	}
	for i, point := range s.Points {
		err := p.checkY(point.Y)
		if err == nil && !s.Flat { // the x of a level is not used
			err = p.checkX(s.Points, i)
		}
		if err != nil {
			return fmt.Errorf("point %d: %w", i+1, err)
		}
	}
	return nil
}

// checkY checks a number that is to be drawn, or is missing.
func (p *Panel) checkY(y Summary) error {
	if err := y.check(); err != nil || y.N == 0 {
		return err
	}
	if p.Y.Log && !(y.Mean >= 1/mostDrawn) {
		return fmt.Errorf("y must be positive on a logarithmic axis, found %v: "+
			"leave the point out, or set Y.Log to false", y.Mean)
	}
	for _, v := range []float64{y.Min, y.Max, y.SD} {
		if !(math.Abs(v) <= mostDrawn) {
			return fmt.Errorf("y must be from -1e50 to 1e50, found %v", v)
		}
	}
	return nil
}

// checkX checks a point's position on the x axis.
func (p *Panel) checkX(points []Point, i int) error {
	switch x, names := points[i].X, len(p.X.Names); {
	case names > 0 && !(x >= 0 && x < float64(names) && x == math.Trunc(x)):
		return fmt.Errorf("x must be the index of one of %d names, found %v", names, x)
	case p.X.Log && !(x >= 1/mostDrawn):
		return fmt.Errorf("x must be positive on a logarithmic axis, found %v: draw it as a level (Flat), or leave "+
			"it out", x)
	case !(math.Abs(x) <= mostDrawn):
		return fmt.Errorf("x must be from -1e50 to 1e50, found %v", x)
	case i > 0 && x <= points[i-1].X:
		return fmt.Errorf("x must ascend, found %v after %v", x, points[i-1].X)
	}
	return nil
}
