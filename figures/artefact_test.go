// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5/toy"
)

// TestExperiments: each artefact's runs are those that the paper describes: Table 1 has three prompt methods and
// fine-tuning on three models and eight tasks, of prompt methods on the two larger models ten seeds and otherwise
// three, and Figure 1 and Table 3 need no other.
func TestExperiments(t *testing.T) {
	keys := func(a Artefact, o Options) map[string]bool {
		list, err := a.Experiments(o)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, e := range list {
			if found[keyOf(e)] {
				t.Errorf("%s asks twice for %s", a.Name, e.Key())
			}
			found[keyOf(e)] = true
		}
		return found
	}
	table1 := keys(Table1, Options{Setup: Toy})
	if want := 3*8*(3+10+10) + 3*8*3; len(table1) != want {
		t.Errorf("table1 has %d runs, want %d", len(table1), want)
	}
	for _, test := range []struct {
		a      Artefact
		o      Options
		within map[string]bool
		runs   int
	}{
		{Fig01, Options{Setup: Toy}, table1, 3 * 8 * (3 + 10 + 10)},
		{Table3, Options{Setup: Toy}, table1, 3 * 8 * (3 + 10 + 10)},
		{Table1, Options{Setup: "quick"}, table1, 3 * 4},
		{Table1, Options{Setup: Paper}, nil, 3*3*8*3 + 8*3}, // fine-tuning of T5-small alone
		{Table1, Options{Setup: Toy, Seeds: []uint64{7}}, nil, 3 * 8 * 4},
		{Fig02, Options{Setup: Toy}, nil, 0},
		{Fig05, Options{Setup: Toy, Seeds: []uint64{7}, Tasks: []string{"BoolQ"}}, nil, 6 + 2},
		{Fig04, Options{Setup: Paper}, nil, 8 * 3 * 3 * 3},
		{Fig11, Options{Setup: Paper}, nil, 4 * 3 * 2 * 3},
	} {
		found := keys(test.a, test.o)
		if len(found) != test.runs {
			t.Errorf("%s at %+v has %d runs, want %d", test.a.Name, test.o, len(found), test.runs)
		}
		for key := range found {
			if test.within != nil && !test.within[key] && test.o.Setup != "quick" {
				t.Errorf("%s needs a run that Table 1 does not: %s", test.a.Name, key)
			}
		}
	}
	for _, o := range []Options{{Setup: "huge"}, {Setup: Toy, Tasks: []string{"CoLA"}}} {
		if _, err := Fig05.Experiments(o); err == nil {
			t.Errorf("%+v must be refused", o)
		}
	}
}

// TestParameters: the paper's counts on T5-large, to their rounding; Residual PT's is exact in the paper's appendix.
func TestParameters(t *testing.T) {
	s := paperSetup()
	for i, want := range []int{11_240, 102_400, 925_072} {
		m := s.prompts(large, 100, 10)[i]
		if got := (&Query{Setup: s}).Trainable(Condition{Size: large, Method: m}); got != want {
			t.Errorf("%s trains %d parameters, want %d", m.Name(), got, want)
		}
	}
}

// TestGPUHours compares with a hand calculation: T5-large on RTE, 2,490 examples and 277 of development for 100 epochs,
// at 0.3493 TFLOP for an example's training and 0.1721 for its evaluation, 228 positions; 100 TFLOP/s. That counts
// cross-attention's keys and values for each source position, which XLA's graph here need not make: an eighth less is
// allowed.
func TestGPUHours(t *testing.T) {
	l := &Query{Setup: paperSetup()}
	e := l.Experiments(Condition{Size: large, Task: "RTE", Method: dpt(100, 10)})[0]
	want := (2490*100*0.3493 + 277*100*0.1721) / 100 / 3600
	if got := GPUHours(e); got > want || got < want*7/8 {
		t.Errorf("got %.4f hours, want %.4f", got, want)
	}
	again := e
	again.Rescore.Rank = 3
	want = 277 * 0.1721 / 100 / 3600 // one evaluation, and no training
	if got := GPUHours(again); got > want || got < want*7/8 {
		t.Errorf("another score of a stored prompt: got %.6f hours, want %.6f", got, want)
	}
	if e.Model = "toy-l"; GPUHours(e) != 0 {
		t.Error("a toy has an estimate")
	}
}

// TestTraced: the number in a figure is that of the record which it names.
func TestTraced(t *testing.T) {
	l, results := madeUpRuns(Fig05)
	byID := map[string]*runs.Record{}
	for _, r := range l.store.records {
		byID[r.ID] = r
	}
	points := 0
	for _, p := range results[0].Figure.Panels {
		for _, s := range p.Series {
			for _, point := range s.Points {
				for i, id := range point.Y.Runs {
					r := byID[id]
					if r == nil || Best(r) != point.Y.Values[i] || r.Spec.Task != p.Title ||
						r.Spec.Method.Name() != s.Name || r.Spec.Recipe.Seed != uint64(i) {
						t.Fatalf("%s, %s: run %s does not give %v", p.Title, s.Name, id, point.Y.Values[i])
					}
					points++
				}
			}
		}
	}
	if points != 4*(6+2)*3 {
		t.Errorf("checked %d values, want %d", points, 4*(6+2)*3)
	}
}

// TestAverage is over the tasks, seed by seed; a seed that a task lacks is left out.
func TestAverage(t *testing.T) {
	mean := Average([]Measured{
		{Seeds: []uint64{0, 1, 2}, Values: []float64{10, 20, 30}, Runs: []string{"a", "b", "c"}},
		{Seeds: []uint64{0, 2}, Values: []float64{50, 70}, Runs: []string{"d", "e"}, hours: 2},
	})
	s := mean.Summary()
	if s.N != 2 || s.Values[0] != 30 || s.Values[1] != 50 || s.Runs[1] != "c+e" || mean.hours != 2 {
		t.Errorf("got %+v, %v hours, want 30 and 50", s, mean.hours)
	}
}

// TestNothingRun: without a record every artefact can be drawn, says that nothing has been run, and at the paper's
// scale what it would cost.
func TestNothingRun(t *testing.T) {
	for _, a := range Artefacts {
		for _, scale := range Setups {
			results, err := a.Results(&Store{}, Options{Setup: scale})
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				costs := i == 0 && a.Name != "table2" && a.Name != "fig02"
				if r.Table != nil {
					text, err := r.Table.Markdown()
					if err != nil {
						t.Errorf("%s, %s: %v", r.Name, scale, err)
					}
					if costs && scale == Paper && !strings.Contains(string(text), "GPU-hours") {
						t.Errorf("%s does not say what its runs would cost:\n%s", r.Name, text)
					}
					continue
				}
				d, err := r.Drawing()
				if err != nil {
					t.Errorf("%s, %s: %v", r.Name, scale, err)
					continue
				}
				if _, err := d.SVG(); err != nil {
					t.Errorf("%s, %s: %v", r.Name, scale, err)
				}
				if costs && (!strings.Contains(d.Description, "Not run: ") ||
					scale == Paper && !strings.Contains(d.Description, "GPU-hours")) {
					t.Errorf("%s, %s: %s", r.Name, scale, d.Description)
				}
			}
		}
	}
}

// TestStore: records are found in files, no matter which folder the data lay in; a record of another toy model is left
// out; a run that failed gives no number and is counted.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	experiments := (&Query{Setup: smallSetup()}).Experiments(Condition{Size: large, Task: "CB", Method: dpt(100, 10)})
	for i, e := range experiments {
		e.Data = "somewhere"
		r := madeUpRecord(e)
		r.Losses, r.GradientNorms = nil, nil
		r.Evaluations = nil
		if r.Failure = "made up"; i == 0 { // the only one with a result
			r = withLosses(madeUpRecord(e))
		}
		if err := r.Write(filepath.Join(dir, r.ID+".json")); err != nil {
			t.Fatal(err)
		}
	}
	toyRecord := withLosses(madeUpRecord((&Query{Setup: toySetup()}).Experiments(Condition{Size: large, Task: "CB",
		Method: dpt(20, 10)})[0]))
	if err := toyRecord.Write(filepath.Join(dir, toyRecord.ID+".json")); err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore(dir, filepath.Join(dir, "absent"))
	if err != nil {
		t.Fatal(err)
	}
	if store.Len() != 3 || len(store.Stale) != 1 || store.Find(experiments[0]) == nil {
		t.Errorf("got %d records and %d stale ones, want 3 and 1", store.Len(), len(store.Stale))
	}
	l := &Query{Setup: smallSetup(), store: store}
	m := l.Score(Condition{Size: large, Task: "CB", Method: dpt(100, 10)})
	if len(m.Values) != 1 || len(l.failed) != 2 || m.hours == 0 ||
		!strings.Contains(l.caption(""), "failed and are left out: 2") {
		t.Errorf("got %+v, %d failed, caption %q; want one value, two failures and their hours", m, len(l.failed),
			l.caption(""))
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if store, err = OpenStore(dir); err != nil || store.Len() != 3 || len(store.Bad) != 1 ||
		!strings.Contains(store.Bad[0].Error(), "bad.json") {
		t.Errorf("got %d records and %v (%v), want 3, and an error that names the bad file", store.Len(), store.Bad,
			err)
	}
}

// withLosses gives a record as many losses as its evaluations need to be read back.
func withLosses(r *runs.Record) *runs.Record {
	n := r.Evaluations[r.Last].Updates
	r.Losses, r.GradientNorms = make([]float32, n), make([]float32, n)
	return r
}

// TestGallery: the page has a picture for each figure, and tables as text.
func TestGallery(t *testing.T) {
	dir := t.TempDir()
	name, err := WriteGallery(dir, []Artefact{Fig05, Table4}, &Store{}, Options{Setup: Toy})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "gallery", "fig05.png")); err != nil {
		t.Error(err)
	}
	for _, want := range []string{`src="gallery/fig05.png"`, "(table4.ipynb)", "| toy-l | 5 |"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("lacks %q:\n%s", want, page)
		}
	}
}

// TestCosts: what is stored counts with its share of its batch's time; figures share their runs' GPU-hours.
func TestCosts(t *testing.T) {
	l, _ := madeUpRuns(Fig03)
	for _, r := range l.store.records {
		r.Seconds, r.Group = 30, []string{"a", "b", "c"}
	}
	costs, err := Costs([]Artefact{Fig01, Fig03, Table3}, l.store)
	if err != nil {
		t.Fatal(err)
	}
	// six are the spectra's prompts
	for i, want := range [][]string{1: {"21", "3m30s", "21"}, 2: {"552", "6 of 552 run", "216"}} {
		for j, text := range want {
			if got := costs.Rows[i].Cells[j].Text; got != text {
				t.Errorf("row %d, column %s: got %q, want %q", i+1, costs.Columns[j], got, text)
			}
		}
	}
	if own := costs.Rows[2].Cells[4].Text; own != "0" {
		t.Errorf("Table 3 has runs of its own for %s GPU-hours, want none", own)
	}
}

// TestSameRecords: they give the same files.
func TestSameRecords(t *testing.T) {
	var before []byte
	for range 2 {
		_, results := madeUpRuns(Fig07)
		d, err := results[0].Drawing()
		if err != nil {
			t.Fatal(err)
		}
		data, err := d.PDF()
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(data, before) {
			t.Error("the second PDF differs from the first")
		}
		before = data
	}
}

// TestPaperBeside: only at the paper's scale do the paper's numbers stand beside ours, on lines of their own;
// fine-tuning that the paper copied is not ours to run.
func TestPaperBeside(t *testing.T) {
	l := &Query{Setup: paperSetup(), store: &Store{records: map[string]*runs.Record{}}}
	e := l.Experiments(Condition{Size: large, Task: "CB", Method: dpt(100, 10)})[0]
	l.store.records[keyOf(e)] = madeUpRecord(e)
	text, err := Table1.Make(l)[0].Table.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| T5-large | DPT | best | 11,240 | 1 | ours | not run",
		"|  |  |  |  |  | paper | 79.16 ± 1.46 | 71.99 ± 0.63 |", "| T5-small | Fine-tuning |", "1 seed"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	_, toys := madeUpRuns(Table1)
	for i, doesNot := range []string{"paper |", "79.16"} {
		if text, err := toys[0].Table.Markdown(); err != nil || strings.Contains(string(text), doesNot) {
			t.Errorf("%d: the toy table must not have %q, %v:\n%s", i, doesNot, err, text)
		}
	}
	if strings.Contains(string(text), "T5-base | Fine-tuning") {
		t.Error("T5-base was not fine-tuned by the paper")
	}
}

// TestStaleData: of two records of one request the one on data or a model that is no longer current is left out,
// whichever was read first: for the toys what this program makes is current, for others what the newest record has.
func TestStaleData(t *testing.T) {
	e := (&Query{Setup: toySetup()}).Experiments(Condition{Size: large, Task: "CB", Method: dpt(20, 10)})[0]
	known, err := toyFingerprints()
	if err != nil {
		t.Fatal(err)
	}
	record := func(e runs.Experiment, model, data string, hour int) *runs.Record {
		r := madeUpRecord(e)
		r.Spec.Model, r.Spec.Data = model, data
		r.ID, r.Started = r.Spec.ID(), r.Started.Add(time.Duration(hour)*time.Hour)
		return r
	}
	now, data := known["model toy-l"], toyData["CB dpt 256"]
	real := e
	real.Model, real.Data = "t5-small", "somewhere"
	for what, c := range map[string]struct{ current, other *runs.Record }{
		"toy data":   {record(e, now, data, 0), record(e, now, "other", 1)},
		"toy model":  {record(e, now, data, 0), record(e, "other", data, 1)},
		"real data":  {record(real, "m", "new", 1), record(real, "m", "old", 0)},
		"real model": {record(real, "new", "d", 1), record(real, "old", "d", 0)},
	} {
		for _, list := range [][]*runs.Record{{c.current, c.other}, {c.other, c.current}} {
			s := &Store{}
			if err := s.fill(list); err != nil {
				t.Fatal(err)
			}
			if found := s.Find(c.current.Experiment()); found != c.current || len(s.Stale) != 1 ||
				s.Stale[0] != c.other {
				t.Errorf("%s: found %v and %d stale ones", what, found, len(s.Stale))
			}
		}
	}
}

// TestToyData: the fingerprints by which stale records are told are those of the data that this program makes.
func TestToyData(t *testing.T) {
	tok, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range toyData {
		var name, style string
		var maxSource int
		if _, err := fmt.Sscan(text, &name, &style, &maxSource); err != nil {
			t.Fatal(err)
		}
		task, err := superglue.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		format, err := superglue.ParseFormat(style)
		if err != nil {
			t.Fatal(err)
		}
		var rows [2][]superglue.Example
		for i, split := range []string{"train", "val"} {
			if rows[i], err = runs.OpenSplit("toy", task, split); err != nil {
				t.Fatal(err)
			}
		}
		data, err := train.NewDataset(task, format, rows[0], rows[1], tok, maxSource)
		if err != nil {
			t.Fatal(err)
		}
		if got := data.Fingerprint(); got != want {
			t.Errorf("%s: the toy data has fingerprint %s, the table %s", text, got, want)
		}
	}
	experiments, err := Experiments(Artefacts, Options{Setup: Toy})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range experiments {
		if text := fmt.Sprintf("%s %s %d", e.Task, e.Format, e.MaxSource); toyData[text] == "" {
			t.Errorf("toyData lacks %s, which an artefact uses", text)
		}
	}
}

// TestProvenanceOfEachResult: a result names the runs that it is made of, and not those of the results before it.
func TestProvenanceOfEachResult(t *testing.T) {
	_, results := madeUpRuns(Table1)
	for _, r := range results[:3] {
		used := map[string]bool{}
		note := func(s Summary) {
			for _, ids := range s.Runs {
				for _, id := range strings.FieldsFunc(ids, func(r rune) bool { return r == '+' || r == '-' }) {
					used[id] = true
				}
			}
		}
		var specs []string
		if r.Table != nil {
			specs = r.Table.Provenance.Specs
			for _, row := range r.Table.Rows {
				for _, c := range row.Cells {
					note(c.Ours)
				}
			}
		} else {
			specs = r.Figure.Provenance.Specs
			for _, p := range r.Figure.Panels {
				for _, s := range p.Series {
					for _, point := range s.Points {
						note(point.Y)
					}
				}
			}
		}
		if len(specs) != len(used) || len(used) == 0 {
			t.Errorf("%s is made of %d runs, and names %d", r.Name, len(used), len(specs))
		}
		for _, id := range specs {
			if !used[id] {
				t.Errorf("%s names run %s, which is not in it", r.Name, id)
			}
		}
	}
}
