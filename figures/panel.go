// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marks returns a mark for each series of the panel, in order.
func (p *Panel) marks(looks map[string]look) (all []mark) {
	shared := drawn{extent: kinds[p.Kind].extent, x: p.X}
	deviates := func(point Point) bool { return point.Y.SD > 0 }
	for _, s := range p.Series {
		if slices.ContainsFunc(s.Points, deviates) { // or the bars of one series would hide those of another
			shared.most = kinds[p.Kind].pitch
		}
		if !s.Flat {
			shared.slots++
			for _, point := range s.Points {
				shared.xs = append(shared.xs, point.X)
			}
		}
	}
	slices.Sort(shared.xs)
	shared.xs = slices.Compact(shared.xs)
	slot := 0
	for _, s := range p.Series {
		d := shared
		d.Series, d.look, d.slot, d.spreads = s, looks[s.Name], slot, slices.ContainsFunc(s.Points, deviates)
		if s.Flat {
			all = append(all, level{d})
			continue
		}
		all, slot = append(all, kinds[p.Kind].mark(d)), slot+1
	}
	return all
}

// overlay is the plotter of a mark's markers.
type overlay struct{ mark }

// Plot implements plot.Plotter.
func (o overlay) Plot(c draw.Canvas, p *plot.Plot) { o.markers(c, p) }

// labels returns the labels of the panel's axes, in letters that the font has.
func (p *Panel) labels(s Style) axisLabels {
	legible := s.text("", ink, 0).legible
	return axisLabels{legible(p.X.Label), legible(p.Y.Label)}
}

// plot returns the panel's axes and series; width is about that of the x axis.
func (p *Panel) plot(s Style, looks map[string]look, width vg.Length) *plot.Plot {
	plotted := s.newPlot()
	for _, r := range p.Regions {
		plotted.Add(shade(r))
	}
	all := p.marks(looks)
	for _, flat := range []bool{true, false} { // levels first: the rest is drawn over them
		for i, m := range all {
			if p.Series[i].Flat == flat {
				plotted.Add(m)
			}
		}
	}
	for _, m := range all { // all markers over all lines
		plotted.Add(overlay{m})
	}
	p.labels(s).set(plotted)
	p.scaleX(&plotted.X, width)
	p.scaleY(&plotted.Y)
	p.untangle(&plotted.X, s, width)
	return plotted
}
