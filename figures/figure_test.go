// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestMethodDiagram(t *testing.T) {
	d, err := PaperDiagram.Drawing()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diagram", d)
}

func TestFigures(t *testing.T) {
	for name, f := range samples {
		d, err := f.Drawing()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, d)
		if want := map[bool]float64{false: 3.25 * 72, true: 6.75 * 72}[f.Full]; d.Width.Points() != want {
			t.Errorf("%s: %v points wide, want %v", name, d.Width.Points(), want)
		}
	}
}

// A number that has not been measured is drawn otherwise than a zero.
func TestMissing(t *testing.T) {
	pictures := map[string][]byte{}
	for name, y := range map[string]Summary{"missing": {}, "zero": Summarize(0, 0)} {
		f := &Figure{Columns: 1, Provenance: madeUp, Panels: []Panel{{Kind: Bars, X: Axis{Names: []string{"8"}}, Series: []Series{{Name: "DPT", Points: []Point{{X: 0, Y: y}}}}}}}
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
	p := Panel{Kind: Bars, X: Axis{Names: []string{"8"}}, Series: []Series{{Name: "DPT", Points: []Point{{X: 0, Y: Summarize(-3, -3)}}}}}
	if axis := p.plot(100).Y; axis.Min > -3 || axis.Max != 0 {
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
		{ranges(), "toy: mean, lowest and highest of 3 seeds. "}, {sizes(), "published: mean of 3 seeds. "},
	} {
		if got := test.f.caption(); !strings.HasPrefix(got, test.want) {
			t.Errorf("got %q, want %q at the start", got, test.want)
		}
	}
}

func TestFigureErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(f *Figure)
		want   string
	}{
		{"no scale", func(f *Figure) { f.Provenance.Scale = "" }, "the scale must be"},
		{"no columns", func(f *Figure) { f.Columns = 0 }, "at least one column"},
		{"no panels", func(f *Figure) { f.Panels = nil }, "1 to 26 panels, found 5 columns and 0"},
		{"kind", func(f *Figure) { f.Panels[1].Kind = "pie" }, "panel 2 \"WiC\": the kind must be"},
		{"bars without categories", func(f *Figure) { f.Panels[0].X.Names = nil }, "bars stand over categories"},
		{"category", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = 3 }, "index of one of 3 names, found 3"},
		{"category NaN", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = math.NaN() }, "index of one of 3 names, found NaN"},
		{"log axis", func(f *Figure) { f.Panels[0].Kind, f.Panels[0].X = Lines, Axis{Log: true} }, "must be positive on a log axis, found 0"},
		{"order", func(f *Figure) { f.Panels[0].Series[0].Points[2].X = 0 }, "must ascend, found 0 after 1"},
		{"look", func(f *Figure) { f.Panels[0].Series[0].Name = "mine" }, "series \"mine\": its look must be one of DPT, PT"},
		{"two looks", func(f *Figure) { f.Panels[1].Series[0].Look = "control" }, "same in all panels"},
		{"no points", func(f *Figure) { f.Panels[0].Series[0].Points = nil }, "there must be a point"},
		{"flat", func(f *Figure) { f.Panels[0].Series[0].Flat = true }, "not more than one if it is flat, found 3"},
		{"wide name", func(f *Figure) {
			f.Panels[0].Series[0] = Series{strings.Repeat("wide ", 40), "DPT", false, f.Panels[0].Series[0].Points}
		}, "a series' name must be"},
		{"wide label", func(f *Figure) { f.Panels[4].X.Label = strings.Repeat("wide ", 9) }, "an x axis' label must be at most"},
		{"NaN", func(f *Figure) { f.Panels[0].Series[0].Points[0].Y.SD = math.NaN() }, "must be finite"},
		{"outside", func(f *Figure) { f.Panels[0].Y.Max = 60 }, "within the y axis, 0 to 60"},
	} {
		f := fewShot()
		test.change(f)
		d, err := f.Drawing()
		if err == nil || d != nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), f.Title) {
			t.Errorf("%s: got drawing %v, error %v; want no drawing and an error that names the figure and says %q", test.name, d, err, test.want)
		}
	}
}

// Two methods at three lengths of the prompt, one number not measured.
func ExampleFigure() {
	f := &Figure{
		Title: "Prompt length", Caption: "Accuracy on toy CB.", Columns: 1, Provenance: Provenance{Scale: Toy},
		Panels: []Panel{{Kind: Lines, X: Axis{Label: "Prompt length c"}, Y: Axis{Label: "Accuracy (%)"}, Series: []Series{
			{Name: "DPT", Points: []Point{{X: 20, Y: Summarize(70, 72, 74)}, {X: 100, Y: Summarize(75, 76, 77)}, {X: 200, Y: Summarize(75, 77, 76)}}},
			{Name: "PT", Points: []Point{{X: 20, Y: Summarize(66, 68, 67)}, {X: 100, Y: Summary{}}, {X: 200, Y: Summarize(71, 70, 69)}}},
		}}},
	}
	d, err := f.Drawing()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Description)
	data, err := f.CSV()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", data)
	// Output:
	// toy: mean ± sd of 3 seeds. Accuracy on toy CB. Not run: 1 of 6 numbers.
	// scale,panel,series,x,n,mean,sd,min,max,values,runs,gpu_hours
	// toy,(a),DPT,20,3,72,2,70,74,70 72 74,,
	// toy,(a),DPT,100,3,76,1,75,77,75 76 77,,
	// toy,(a),DPT,200,3,76,1,75,77,75 77 76,,
	// toy,(a),PT,20,3,67,1,66,68,66 68 67,,
	// toy,(a),PT,100,0,,,,,,,
	// toy,(a),PT,200,3,70,1,69,71,71 70 69,,
}
