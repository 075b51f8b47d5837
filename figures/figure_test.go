// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestMethodDiagram(t *testing.T) {
	m := MethodDiagram{Model: "T5-large", Width: 1024, Length: 100, Bottleneck: 10}
	d, err := m.Drawing()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diagram", d)
	m.Style = Style{Width: NeurIPSText, TextSize: 9, Font: Serif, Bare: true}
	if d, err = m.Drawing(); err != nil {
		t.Fatal(err)
	}
	golden(t, "diagram-wide", d)
	for want, style := range map[string]Style{"make Style.Width greater": {Width: 2 * Inch},
		"the font must be": {Font: "Arial"}} {
		m.Style = style
		if _, err := m.Drawing(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got the error %v, want one that says %q", style, err, want)
		}
	}
	if _, err := (MethodDiagram{Width: 1024, Length: 100}).Drawing(); err == nil || !strings.Contains(err.Error(),
		"found 1024, 100 and 0") {
		t.Errorf("no bottleneck: got the error %v", err)
	}
}

func TestFigures(t *testing.T) {
	for name, made := range samples {
		f := made()
		d, err := f.Drawing()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, d)
		want := map[bool]float64{false: 3.03 * 72, true: 6.30 * 72}[f.Full]
		if f.Style.Width != 0 {
			want = float64(f.Style.Width)
		}
		if !(math.Abs(d.Width.Points()-want) <= 1e-9) {
			t.Errorf("%s: %v points wide, want %v", name, d.Width.Points(), want)
		}
	}
}

// A number that has not been measured is drawn otherwise than a zero.
func TestMissing(t *testing.T) {
	pictures := map[string][]byte{}
	for name, y := range map[string]Summary{"missing": {}, "zero": Summarize(0, 0)} {
		f := &Figure{Columns: 1, Provenance: madeUp,
			Panels: []Panel{{Kind: Bars, X: Axis{Names: []string{"8"}},
				Series: []Series{{Name: "DPT", Points: []Point{{X: 0, Y: y}}}}}}}
		d, err := f.Drawing()
		if err != nil {
			t.Fatal(err)
		}
		if pictures[name], err = d.png(100); err != nil {
			t.Fatal(err)
		}
	}
	if share := difference(t, pictures["missing"], pictures["zero"]); share < 3e-4 {
		t.Errorf("only %.3f %% of the pixels differ", 100*share)
	}
}

// Bars of gains and losses stand on zero and hang from it: a loss is drawn below, not as a tall bar.
func TestNegativeBars(t *testing.T) {
	p := Panel{Kind: Bars, X: Axis{Names: []string{"8"}},
		Series: []Series{{Name: "DPT", Points: []Point{{X: 0, Y: Summarize(-3, -3)}}}}}
	style, _ := Style{}.filled(false)
	looks := style.looks([]string{"DPT"}, []string{"DPT"})
	if axis := p.plot(style, looks, 100).Y; axis.Min > -3 || axis.Max != 0 {
		t.Errorf("the axis goes from %v to %v, want at most -3 to 0", axis.Min, axis.Max)
	}
}

// A figure survives JSON, its CSV has a record for each point, and both formats and all pictures name the provenance.
func TestFigureData(t *testing.T) {
	f := fewShot()
	data, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Figure
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(&back, f) {
		t.Errorf("from JSON came %+v (%v), want %+v", back, err, f)
	}
	if data, err = f.CSV(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil || len(lines) != 1+5*3*3 {
		t.Fatalf("got %d lines (%v), want a head and 45", len(lines), err)
	}
	for _, line := range lines[1:] {
		if n, mean := line[4], line[5]; (n == "0") != (mean == "") || line[0] != Toy {
			t.Errorf("n is %s, the mean %q and the scale %s in %v", n, mean, line[0], line)
		}
	}
	names, err := f.Export(filepath.Join(t.TempDir(), "fewshot"))
	if err != nil || len(names) != 5 {
		t.Fatalf("exported %v (%v), want five files", names, err)
	}
	for _, name := range names[:3] {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".pdf") { // the same data, the same bytes
			d, err := fewShot().Drawing()
			if err != nil || !bytes.Equal(data, render(t, d, "pdf")) {
				t.Errorf("an equal figure gave another PDF (%v)", err)
			}
		}
		if !strings.Contains(string(data), madeUp.String()) {
			t.Errorf("%s lacks %q", filepath.Base(name), madeUp)
		}
	}
}

func TestCaptions(t *testing.T) {
	one := sweep()
	for i := range one.Panels {
		for j := range one.Panels[i].Series {
			for k := range one.Panels[i].Series[j].Points {
				one.Panels[i].Series[j].Points[k].Y = Summarize(70)
			}
		}
	}
	some := sweep()
	some.Panels[0].Series[0].Points[0].Y = Summarize(70, 71)
	for _, test := range []struct {
		f    *Figure
		want string
	}{
		{sweep(), "toy: mean ± sd of 3 seeds. "}, {some, "toy: mean ± sd of 2 to 3 seeds. "}, {one, "toy: 1 seed. "},
		{rangeSample(), "toy: mean, lowest and highest of 3 seeds. "}, {sizes(), "published: mean of 3 seeds. "},
	} {
		if got := test.f.FullCaption(); !strings.HasPrefix(got, test.want) {
			t.Errorf("got %q, want %q at the start", got, test.want)
		}
	}
}

// figureErrors are changes after which a figure cannot be drawn, and what the error says.
var figureErrors = []struct {
	name   string
	change func(f *Figure)
	want   string
}{
	{"no scale", func(f *Figure) { f.Provenance.Scale = "" }, "the scale must be"},
	{"negative columns", func(f *Figure) { f.Columns = -1 }, "0 columns or more"},
	{"no panels", func(f *Figure) { f.Panels = nil }, "1 to 26 panels, found 5 columns and 0"},
	{"kind", func(f *Figure) { f.Panels[1].Kind = "pie" }, "panel 2 \"WiC\": the kind must be one of"},
	{"bars without categories", func(f *Figure) { f.Panels[0].X.Names = nil }, "bars need categories"},
	{"bars on a log axis", func(f *Figure) { f.Panels[0].Y.Log = true }, "bars start at zero"},
	{"category", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = 3 }, "index of one of 3 names, found 3"},
	{"category NaN", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = math.NaN() },
		"index of one of 3 names, found NaN"},
	{"log axis", func(f *Figure) { f.Panels[0].Kind, f.Panels[0].X = Lines, Axis{Log: true} },
		"must be positive on a logarithmic axis, found 0"},
	{"log y", func(f *Figure) {
		f.Panels[0].Kind, f.Panels[0].Y.Log, f.Panels[0].Series[0].Points[0].Y = Lines, true, Summarize(0, 0)
	}, "y must be positive on a logarithmic axis, found 0"},
	{"limits", func(f *Figure) { f.Panels[0].Y.Min, f.Panels[0].Y.Max = 60, 50 },
		"y axis: an axis must have Min below Max, both from -1e50 to 1e50, found 60 and 50"},
	{"log limits", func(f *Figure) { f.Panels[0].Kind, f.Panels[0].Y = Lines, Axis{Log: true, Max: 9} },
		"must start above 0, found Min 0"},
	{"limits of names", func(f *Figure) { f.Panels[0].X.Max = 2 }, "only x may have names, and then neither"},
	{"region", func(f *Figure) { f.Panels[0].Regions = []Region{{2, 1, "c ≤ b"}} },
		"region \"c ≤ b\": it must go from a lower x"},
	{"tick", func(f *Figure) { f.Panels[0].Y.Ticks = []Tick{{math.NaN(), ""}} }, "a tick must be finite"},
	{"narrow", func(f *Figure) { f.Style.Width = 2 * Inch }, "make Style.Width greater"},
	{"width", func(f *Figure) { f.Style.Width = 3.03 },
		"the width must be from 72 to 4320 points, found 3.03: 3 inches are 3 * figures.Inch"},
	{"text size", func(f *Figure) { f.Style.TextSize = -8 }, "the text size must be from"},
	{"font", func(f *Figure) { f.Style.Font = "Helvetica" }, "the font must be one of [\"Sans\""},
	{"key", func(f *Figure) { f.Style.Key = "left" }, "the key's place must be one of"},
	{"colour", func(f *Figure) { f.Style.Looks = map[string]Look{"DPT": {Color: "red"}} },
		"a colour must be written as \"#0072B2\", found \"red\""},
	{"marker", func(f *Figure) { f.Style.Looks = map[string]Look{"DPT": {Marker: "heart"}} },
		"the marker must be one of [\"circle\""},
	{"dashes", func(f *Figure) { f.Style.Looks = map[string]Look{"DPT": {Dashes: []vg.Length{4}}} },
		"dashes must be an even number"},
	{"hatch", func(f *Figure) { f.Style.Looks = map[string]Look{"DPT": {Hatch: "x"}} }, "the hatch any of"},
	{"order", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = 0 }, "must ascend, found 0 after 1"},
	{"two looks", func(f *Figure) { f.Panels[1].Series[0].Look = "control" }, "same in all panels"},
	{"no points", func(f *Figure) { f.Panels[0].Series[0].Points = nil }, "there must be a point"},
	{"flat", func(f *Figure) { f.Panels[0].Series[0].Flat = true }, "not more than one if it is flat, found 3"},
	{"wide name", func(f *Figure) {
		f.Panels[0].Series[0].Name = strings.Repeat("wide ", 40)
	}, "a series' name must be"},
	{"wide label", func(f *Figure) { f.Panels[4].X.Label = strings.Repeat("wide ", 9) },
		"an x axis' label must be at most"},
	{"NaN", func(f *Figure) { f.Panels[0].Series[0].Points[0].Y.SD = math.NaN() }, "must be finite"},
}

func TestFigureErrors(t *testing.T) {
	for _, test := range figureErrors {
		f := fewShot()
		test.change(f)
		d, err := f.Drawing()
		if err == nil || d != nil || !strings.Contains(err.Error(), test.want) ||
			!strings.Contains(err.Error(), f.Title) {
			t.Errorf("%s: got drawing %v, error %v; want no drawing and an error that names the figure and says %q",
				test.name, d, err, test.want)
		}
	}
}
