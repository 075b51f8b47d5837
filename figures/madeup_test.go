// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// madeUpRuns returns a query of a store with a made-up record for each experiment of an artefact at the toy scale, and
// the artefact's results from it.
func madeUpRuns(a Artefact) (*Query, []Result) {
	l := &Query{Setup: toySetup(), Title: a.Title, store: &Store{records: map[string]*runs.Record{}}}
	l.Scale, l.Note = MadeUp, "Made-up numbers, for a test of the drawing."
	asked, err := a.Experiments(Options{Setup: Toy})
	if err != nil {
		panic(err)
	}
	for _, e := range asked {
		l.store.records[keyOf(e)] = madeUpRecord(e)
	}
	return l, a.Make(l)
}

// madeUpRecord draws scores from the experiment's own text.
func madeUpRecord(e runs.Experiment) *runs.Record {
	hash := fnv.New64a()
	hash.Write([]byte(e.Key()))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	spec := runs.Spec{Version: runs.Version, Model: "made up", Data: "made up", Text: e.Text, Settings: e.Settings}
	r := &runs.Record{
		ID: spec.ID(), Spec: spec, ModelName: e.Model, DataName: e.Data, Device: "no device",
		Versions: map[string]string{"dpt": "none"},
		Result:   train.Result{Started: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)},
	}
	if _, router := prompt.As[prompt.Router](e.Method.Method); router {
		r.Probes = []map[string]float64{{"updates": 1, "prompt 0": 150, "prompt 1": 50}}
	}
	r.Seconds, r.ExamplesPerSec, r.PeakRSSMiB = 3, 1500, 900
	config := configOf(e.Model)
	top := 60 + 8*math.Log2(float64(config.DModel)/32) + 2*math.Log2(float64(1+e.Method.Vectors())) +
		3*random.NormFloat64()
	every, updates := e.Recipe.EvaluateEvery, e.Recipe.Updates
	if updates == 0 { // a recipe in epochs
		every, updates = 10, 50
	}
	for u := every; u <= updates; u += every {
		score := max(0, min(100, top-20*math.Exp(-4*float64(u)/float64(updates))+random.NormFloat64()))
		r.Evaluations = append(r.Evaluations, train.Evaluation{Updates: u,
			Scores: superglue.Scores{Metrics: []superglue.Metric{{Name: "accuracy", Value: score, N: 200, Low: score,
				High: score}}}})
		if r.Last = len(r.Evaluations) - 1; score > Best(r) {
			r.Best = r.Last
		}
	}
	if e.Rescore != (runs.Rescore{}) { // lower than the run it is of
		of := e
		of.Rescore = runs.Rescore{}
		r.Evaluations = madeUpRecord(of).Evaluations[:1]
		lost := 2 + random.NormFloat64()
		if e.Rescore.Rank > 0 {
			lost = 30 * math.Exp(-float64(e.Rescore.Rank)/4)
		}
		r.Evaluations[0].Scores.Metrics[0].Value -= lost
		r.Best, r.Last = 0, 0
		return r
	}
	for u := range updates {
		r.Losses = append(r.Losses, float32(8*math.Exp(-float64(u*len(e.Method.Name()))/100)+0.01))
	}
	k := min(e.Method.Vectors(), config.DModel)
	for i := range k {
		r.Spectrum = append(r.Spectrum, math.Exp(-float64(i)/float64(2*len(e.Method.Name()))))
	}
	if _, ok := e.Method.Method.(prompt.RankProbe); ok {
		negative := 0
		for u := 0; u <= updates; u += every {
			r.Probes = append(r.Probes, map[string]float64{
				"updates": float64(u), "positive": float64(k - negative), "negative": float64(negative),
				"rank": float64(k - negative),
			})
			negative = min(k, negative+random.IntN(2))
		}
	}
	return r
}

// compared draws an artefact from made-up runs, and says whether it is as in testdata; -update rewrites that.
func compared(a Artefact) {
	_, results := madeUpRuns(a)
	for _, r := range results {
		if r.Table != nil {
			fmt.Println(comparedText(r))
			continue
		}
		d, err := r.Drawing()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(comparedPicture(r.Name, d))
	}
}

func comparedPicture(name string, d *Drawing) string {
	got, err := d.png(100)
	if err != nil {
		return err.Error()
	}
	file := filepath.Join("testdata", name+".png")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			return err.Error()
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	share, err := differing(got, want)
	if err != nil {
		return fmt.Sprintf("%s: %v", file, err)
	}
	if share > 3e-4 {
		return fmt.Sprintf("%.2f %% of the pixels differ from %s, want at most 0.03 %%; look at both, and run with "+
			"-update if the new one is right", 100*share, file)
	}
	return name + " is as stored"
}

func comparedText(r Result) string {
	got, err := r.Table.Markdown()
	if err != nil {
		return err.Error()
	}
	file := filepath.Join("testdata", r.Name+".md")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			return err.Error()
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if !bytes.Equal(got, want) {
		return fmt.Sprintf("%s differs, run with -update if this is right:\n%s", file, got)
	}
	return r.Name + " is as stored"
}
