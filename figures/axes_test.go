// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// axes are those of a panel that is about as wide as two of them in a column.
func axes(t *testing.T, p Panel) *plot.Plot {
	t.Helper()
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range p.Series {
		names = append(names, s.Name)
	}
	s, err := Style{}.filled(false)
	if err != nil {
		t.Fatal(err)
	}
	return p.plot(s, s.looks(names, names), 70)
}

func series(ys ...Summary) Series {
	s := Series{Name: "DPT"}
	for i, y := range ys {
		s.Points = append(s.Points, Point{X: float64(i), Y: y})
	}
	return s
}

// TestEnds tests the ends of the y axis: shares end at 0 and 100 regardless of their error bars, counts begin at 0,
// bars include 0, and shares that agree are not pulled apart.
func TestEnds(t *testing.T) {
	names := Axis{Names: []string{"a", "b"}}
	for _, test := range []struct {
		name      string
		p         Panel
		low, high float64 // NaN: beyond the data, which it does not say
	}{
		{"a bar beyond 100 %", Panel{Kind: Lines, Y: Axis{Label: "Score (%)"},
			Series: []Series{series(Summarize(98, 100, 100), Summarize(90, 91))}}, math.NaN(), 100},
		{"a bar below 0 %", Panel{Kind: Lines, Y: Axis{Label: "Score (%)"},
			Series: []Series{series(Summarize(0, 0, 6), Summarize(40, 50))}}, 0, math.NaN()},
		{"all 100 %", Panel{Kind: Lines, Y: Axis{Label: "Score (%)"},
			Series: []Series{series(Summarize(100, 100), Summarize(100))}}, 99, 100},
		{"a gain of 120 %", Panel{Kind: Lines, Y: Axis{Label: "Gain (%)"},
			Series: []Series{series(Summarize(120, 121), Summarize(-5, -4))}}, math.NaN(), math.NaN()},
		{"no share", Panel{Kind: Lines, Y: Axis{Label: "Loss"},
			Series: []Series{series(Summarize(98, 100, 100), Summarize(90, 91))}}, math.NaN(), math.NaN()},
		{"bars", Panel{Kind: Bars, X: names, Y: Axis{Label: "Score"}, Series: []Series{series(Summarize(50, 60))}}, 0,
			math.NaN()},
		{"bars that hang", Panel{Kind: Bars, X: names, Series: []Series{series(Summarize(-3, -3))}}, math.NaN(), 0},
		{"counts", Panel{Kind: Steps, Series: []Series{series(Summarize(20, 20), Summarize(0, 3, 9))}}, 0, math.NaN()},
		{"limits", Panel{Kind: Lines, Y: Axis{Label: "Score (%)", Min: 90, Max: 110},
			Series: []Series{series(Summarize(50, 60))}}, 90, 110},
		{"nothing run", Panel{Kind: Lines, Y: Axis{Label: "Score (%)"}, Series: []Series{series(Summary{})}}, 0, 1},
	} {
		y := axes(t, test.p).Y
		if !math.IsNaN(test.low) && y.Min != test.low || !math.IsNaN(test.high) && y.Max != test.high {
			t.Errorf("%s: the axis goes from %v to %v, want %v to %v", test.name, y.Min, y.Max, test.low, test.high)
		}
		for _, point := range test.p.Series[0].Points {
			low, high := kinds[test.p.Kind].extent(point.Y)
			if math.IsNaN(test.low) && y.Min >= low || math.IsNaN(test.high) && y.Max <= high {
				t.Errorf("%s: the axis goes from %v to %v, and an error bar from %v to %v", test.name, y.Min, y.Max,
					low, high)
			}
		}
	}
}

// TestLogarithms: on both axes, with a level at x = 0, which no logarithm has, and an error bar that goes below zero.
func TestLogarithms(t *testing.T) {
	d := drawingOf(t, logarithmic())
	for format := range formats {
		render(t, d, format)
	}
	p := axes(t, logarithmic().Panels[0])
	if p.Y.Min <= 0 || p.Y.Min > 0.001 || p.Y.Max < 10 {
		t.Errorf("the y axis goes from %v to %v, want to see means of 0.001 and 10", p.Y.Min, p.Y.Max)
	}
	for kind := range kinds {
		p := Panel{Kind: kind, X: Axis{Log: true}, Y: Axis{Log: true},
			Series: []Series{{Name: "DPT", Flat: true, Points: []Point{{Y: Summarize(1, 2)}}}}}
		if kinds[kind].categories {
			p.X, p.Y.Log = Axis{Names: []string{"a"}}, false
		}
		drawingOf(t, &Figure{Provenance: madeUp, Panels: []Panel{p}}) // a level alone
	}
}

// TestCropped: what lies outside the limits is not drawn, not even beside the axes, and the caption says how much that
// is.
func TestCropped(t *testing.T) {
	red := color.NRGBA{R: 255, A: 255}
	draw := func(kind Kind, x, y Axis) (*Figure, int) {
		s := series(Summarize(1000, 1001), Summarize(-1000, -999), Summarize(1000, 1002))
		if kind == Bars {
			x = Axis{Names: []string{"a", "b", "c"}}
		}
		f := &Figure{Title: "cropped", Provenance: madeUp,
			Panels: []Panel{{Kind: kind, X: x, Y: y, Series: []Series{s}}}}
		f.Style = Style{Key: KeyNone, Bare: true, Looks: map[string]Look{"DPT": {Color: "#FF0000", Dashes: nil,
			Fill: 1}}}
		return f, colored(t, drawingOf(t, f), 100, red)
	}
	for kind := range kinds {
		f, count := draw(kind, Axis{}, Axis{Min: 2000, Max: 3000})
		if !strings.Contains(f.FullCaption(), "Outside the axes: 3 of 3 numbers.") {
			t.Errorf("%s: the caption is %q", kind, f.FullCaption())
		}
		if kind != Bars && count > 0 { // bars come from zero and end on the axis
			t.Errorf("%s: %d pixels are drawn of what lies below the axis", kind, count)
		}
		if _, count := draw(kind, Axis{Min: 10, Max: 20}, Axis{}); kind != Bars && count > 0 {
			t.Errorf("%s: %d pixels are drawn of what lies beside the axis", kind, count)
		}
		if _, count := draw(kind, Axis{}, Axis{}); count < 20 {
			t.Errorf("%s: only %d pixels are drawn without limits", kind, count)
		}
	}
}

func labels(ticks []plot.Tick) string {
	var all []string
	for _, tick := range ticks {
		all = append(all, tick.Label)
	}
	return strings.Join(all, " ")
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		ticker    plot.Ticker
		low, high float64
		want      string
	}{
		{roundTicks{}, 0, 100, "0 50 100"}, {roundTicks{}, 38, 93, "40 60 80"},
		{roundTicks{}, -4.9, 4.9, "-4 -2 0 2 4"},
		{roundTicks{}, 61, 81, "65 70 75 80"}, {roundTicks{}, -0.4, 4, "0 2 4"}, {roundTicks{}, 0.4, 4.1, "1 2 3 4"},
		{roundTicks{}, 0.475, 0.525, "0.48 0.50 0.52"}, {roundTicks{}, -1, 1, "-1.0 -0.5 0.0 0.5 1.0"},
		{roundTicks{}, 88, 100, "90 95 100"}, {roundTicks{}, 2e-7, 6e-7, "2e-07 3e-07 4e-07 5e-07 6e-07"},
		{roundTicks{}, 0, 3e6, "0 1e+06 2e+06 3e+06"}, {roundTicks{}, 0, 0.3, "0.0 0.1 0.2 0.3"},
		{logTicks{}, 1, 1000, "1 10 100 1,000"}, {logTicks{}, 0.008, 120, "0.01 0.1 1 10 100"}, {logTicks{}, 2, 70,
			"2 5 10 20 50"},
		{logTicks{}, 1e-6, 1e6, "1e-06 0.001 1 1,000 1M"}, {logTicks{}, 21, 29, "22 24 26 28"}, {logTicks{}, 0.25,
			0.6, "0.3 0.4 0.5 0.6"},
	} {
		got := labels(test.ticker.Ticks(test.low, test.high))
		if got != test.want {
			t.Errorf("%T, %v to %v: got %v, want %v", test.ticker, test.low, test.high, got, test.want)
		}
		for _, tick := range test.ticker.Ticks(test.low, test.high) {
			if tick.Value < test.low || tick.Value > test.high {
				t.Errorf("%T, %v to %v: %v lies outside", test.ticker, test.low, test.high, tick)
			}
		}
	}
}

// TestOwnTicks: ticks that are asked for are those that are drawn, on both axes; those outside the limits are not.
func TestOwnTicks(t *testing.T) {
	p := Panel{Kind: Lines, Series: []Series{series(Summarize(1), Summarize(2), Summarize(3))}}
	p.X = Axis{Max: 1.5, Ticks: []Tick{{0, "none"}, {1, "one"}, {2, "two"}}}
	p.Y = Axis{Ticks: []Tick{{1.5, "T5-base\n220M"}}}
	plotted := axes(t, p)
	x, y := plotted.X.Tick.Marker.Ticks(plotted.X.Min, plotted.X.Max), plotted.Y.Tick.Marker.Ticks(plotted.Y.Min,
		plotted.Y.Max)
	if labels(x) != "none one" || labels(y) != "T5-base\n220M" {
		t.Errorf("the ticks are %q and %q", labels(x), labels(y))
	}
}

// TestUntangled: of many numbers some labels are left out, the last of them not, and none for a tick without a label;
// names are turned.
func TestUntangled(t *testing.T) {
	p := Panel{Kind: Lines, Series: []Series{{Name: "DPT"}}}
	for _, x := range []float64{1000, 1010, 1020, 1990, 2000} {
		p.Series[0].Points = append(p.Series[0].Points, Point{X: x, Y: Summarize(1)})
	}
	plotted := axes(t, p)
	if got := labels(plotted.X.Tick.Marker.Ticks(0, 1)); got != "1,000    2,000" {
		t.Errorf("the labels are %q, want only the first and the last", got)
	}
	p.X.Ticks = []Tick{{1000, "1,000"}, {1499, ""}, {1500, "1,500"}, {1501, ""}, {2000, "2,000"}}
	plotted = axes(t, p)
	if got := labels(plotted.X.Tick.Marker.Ticks(0, 1)); got != "1,000  1,500  2,000" {
		t.Errorf("the labels are %q: ticks without one must take no room", got)
	}
	p.X.Ticks = nil
	p.X.Names = strings.Fields("CommitmentBank RecognizingTextualEntailment")
	p.Series = []Series{series(Summarize(1), Summarize(2))}
	if plotted := axes(t, p); plotted.X.Tick.Label.Rotation == 0 {
		t.Errorf("%v are not turned", p.X.Names)
	}
}

// TestSharedLabels: an axis' label is left out where all panels of the row have it below, or all of the column to the
// left; as soon as one needs it, all of the row or column have it.
func TestSharedLabels(t *testing.T) {
	shown := func(xs, ys string) string {
		f := &Figure{Provenance: madeUp, Columns: 3, Full: true}
		for i := range len(xs) {
			p := Panel{Kind: Lines, X: Axis{Label: xs[i : i+1]}, Y: Axis{Label: ys[i : i+1]},
				Series: []Series{series(Summarize(1))}}
			f.Panels = append(f.Panels, p)
		}
		s, err := f.sheet()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for i, panel := range f.Panels {
			p, label := s.grid[i/s.columns][i%s.columns], ""
			if p.X.Label.Text != "" {
				label = panel.X.Label
			}
			if p.Y.Label.Text != "" {
				label += panel.Y.Label
			}
			all = append(all, label)
		}
		return strings.Join(all, " ")
	}
	for _, test := range []struct{ xs, ys, want string }{
		{"uuuuuu", "ssssss", "s   us u u"},
		{"uuuuuv", "ssssrp", "us us us us ur vp"}, // as Figure 3's controls
		{"uuuuuu", "sssrrr", "s   ur u u"},        // as Figure 9
		{"uuuuu", "sssss", "us u u us u"},
	} {
		if got := shown(test.xs, test.ys); got != test.want {
			t.Errorf("x labels %s and y labels %s are shown as %q, want %q", test.xs, test.ys, got, test.want)
		}
	}
}

// TestLabelRoom: a logarithmic axis with a long label is as long as a linear one, and each line of a label has room.
func TestLabelRoom(t *testing.T) {
	canvas := draw.New(vgimg.New(200, 200))
	size := func(log bool, more string) vg.Point {
		p := Panel{Kind: Lines, X: Axis{Label: "Standard deviation at the start" + more, Log: log},
			Y:      Axis{Label: "Loss (nats per token)" + more, Log: log},
			Series: []Series{{Name: "DPT", Points: []Point{{X: 1, Y: Summarize(1)}, {X: 1000, Y: Summarize(1000)}}}}}
		p.X.Ticks, p.Y.Ticks = []Tick{{At: 1}, {At: 1000}}, []Tick{{At: 1}, {At: 1000}}
		return axes(t, p).DataCanvas(canvas).Size()
	}
	linear, log := size(false, ""), size(true, "")
	if d := linear.Sub(log); math.Abs(float64(d.X)) > 2 || math.Abs(float64(d.Y)) > 2 {
		t.Errorf("linear axes have %v, logarithmic ones %v", linear, log)
	}
	if d := log.Sub(size(true, "\nof seeds")); d.X < 6 || d.Y < 6 {
		t.Errorf("a second line of each label must take a line's room, found %v", d)
	}
}

// TestKeyGroups: panels with other series, or other marks, have entries of their own; those with some of the same do
// not.
func TestKeyGroups(t *testing.T) {
	entries := func(f *Figure) string {
		var names []string
		for _, panel := range f.Panels {
			for _, s := range panel.Series {
				names = append(names, s.Name)
			}
		}
		var all []string
		for _, k := range f.keys(f.Style.looks(names, names)) {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s", k.panels, k.text)))
		}
		return strings.Join(all, "; ")
	}
	some := sweep()
	some.Panels[1].Series = some.Panels[1].Series[:2]
	some.Panels[0].Regions = []Region{{0, 5, "c ≤ b"}}
	some.Panels[2].Regions = []Region{{0, 4, "c ≤ b"}}
	for _, test := range []struct {
		f    *Figure
		want string
	}{
		{fewShot(), "DPT; PT; Residual PT; not run"},
		{counts(), "(a), (b) positive; negative; (c), (d) rank of P"},
		{some, "(a)–(c) DPT; PT; Residual PT; (d) DPT; PT; Residual PT; c ≤ b; not run"},
	} {
		if got := entries(test.f); got != test.want {
			t.Errorf("%s: the key is %q, want %q", test.f.Title, got, test.want)
		}
	}
}
