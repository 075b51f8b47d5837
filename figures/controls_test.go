// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/t5"
	"dpt/t5/toy"
)

// TestControls counts what the controls train beside Table 1, and what they score once more.
func TestControls(t *testing.T) {
	known := map[string]bool{}
	for _, a := range []Artefact{Table1, Fig03} {
		for _, e := range experiments(t, a, Options{Setup: Toy}) {
			known[keyOf(e)] = true
		}
	}
	for _, c := range []struct {
		a               Artefact
		trained, scored int
	}{
		// six other rates, all of them on the test side; and each method's own for five seeds of the eight tasks
		{Rates, 3*3*6*3 + 3*(8*5-3*3), 3 * 3 * 7 * 3},
		{Starts, 3 * 4 * 4 * 3, 0},
		// three tasks at two scales, and 0.3 as trained; six rates are Rates' own
		{Scales, 2*3*3*6*3 + 3*3*3, 0},
		{Budgets, 3 * 3 * 3, 0}, // the longer budget
		// of toy-b as it is, Figure 3 has three seeds with and without labels
		{Probes, 4*2*10 - 2*3, 0},
		{Ranks, 0, 3 * 3 * 8 * 3}, // of 20 singular values all are the run itself
	} {
		trained, scored := 0, 0
		for _, e := range experiments(t, c.a, Options{Setup: Toy}) {
			of := e
			of.Rescore = runs.Rescore{}
			switch {
			case e.Rescore != (runs.Rescore{}):
				scored++
				if c.a.Name == "ranks" && !known[keyOf(of)] {
					t.Errorf("ranks scores a prompt that Table 1 does not train: %s", of.Key())
				}
			case !known[keyOf(e)]:
				trained++
			}
			if _, err := toy.Config(e.Model); err != nil {
				t.Errorf("%s: %v", c.a.Name, err)
			}
		}
		if trained != c.trained || scored != c.scored {
			t.Errorf("%s trains %d runs and scores %d prompts, want %d and %d", c.a.Name, trained, scored, c.trained,
				c.scored)
		}
	}
	for _, e := range experiments(t, Rates, Options{Setup: Paper}) {
		if e.Rescore != (runs.Rescore{}) {
			t.Fatal("SuperGLUE's test side has no labels to be scored")
		}
	}
}

func experiments(t *testing.T, a Artefact, o Options) []runs.Experiment {
	t.Helper()
	list, err := a.Experiments(o)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTune: the rate is chosen by the development split, regardless of the test side; if a rate has not been run, none
// is chosen.
func TestTune(t *testing.T) {
	q := &Query{Setup: toySetup(), store: &Store{records: map[string]*runs.Record{}}}
	c := Condition{Size: large, Task: "CB", Method: pt(q.Length)}
	for i, rate := range q.Rates {
		for _, change := range []func(*runs.Experiment){nil, q.onTest} {
			c.Change = changes(Rate(rate), change)
			for _, e := range q.Experiments(c) {
				r := madeUpRecord(e)
				score := 50 + 10*float64(i%5) // the fifth is the best, 0.3 is the fourth
				if change != nil {
					score = 90 - 10*float64(i)
				}
				r.Best, r.Evaluations = 0, r.Evaluations[:1]
				r.Evaluations[0].Scores.Metrics[0].Value = score
				q.store.records[keyOf(e)] = r
			}
		}
	}
	best := q.tuneOne(c)
	if best.rate != q.Rates[4] || best.dev.Summary().Mean != 90 || best.test.Summary().Mean != 50 {
		t.Errorf("found rate %v, %v on dev and %v on test, want %v, 90 and 50",
			best.rate, best.dev.Values, best.test.Values, q.Rates[4])
	}
	if best.usualDev.Summary().Mean != 80 || best.usualTest.Summary().Mean != 60 {
		t.Errorf("at 0.3 found %v and %v, want 80 and 60", best.usualDev.Values, best.usualTest.Values)
	}
	c.Change = Rate(q.Rates[0])
	for _, e := range q.Experiments(c) {
		delete(q.store.records, keyOf(e))
	}
	if best := q.tuneOne(c); best.rate != 0 || len(best.dev.Values) > 0 || len(best.usualDev.Values) == 0 {
		t.Errorf("without one of the rates there must be no best one, found %v", best.rate)
	}
}

// TestOwnRates: in the stored runs a method's own rate has the best mean of the tasks that it is chosen on.
func TestOwnRates(t *testing.T) {
	store, err := OpenStore("runs/toy")
	if err != nil {
		t.Fatal(err)
	}
	q := &Query{Setup: toySetup(), store: store}
	for _, method := range q.prompts(q.ControlSize, q.Length, q.Bottleneck) {
		best, at := -1.0, 0.0
		for _, rate := range q.Rates {
			var scores []Measured
			for _, task := range q.RateTasks {
				c := Condition{Size: q.ControlSize, Task: task, Method: method, Change: Rate(rate)}
				scores = append(scores, q.Score(c))
			}
			if mean := Average(scores).Summary(); mean.N == len(q.Seeds) && mean.Mean > best {
				best, at = mean.Mean, rate
			}
		}
		if own := q.OwnRates[method.Name()]; own != at {
			t.Errorf("%s is best at %v, with %.2f, but its own rate is %v", method.Name(), at, best, own)
		}
	}
}

// TestStarts: the prompts that DPT starts as have the standard deviation that is asked for, at any bottleneck: within a
// tenth, over ten draws of 64·20 elements that share their factors.
func TestStarts(t *testing.T) {
	q := &Query{Setup: toySetup()}
	config := q.config(large)
	for _, b := range []int{q.Bottleneck, q.Length} {
		for _, sd := range q.Starts {
			square, n := 0.0, 0
			for seed := range uint64(10) {
				backbone := prompt.Backbone{Model: &t5.Model{Config: config}}
				variables, err := q.dptFrom(b, sd).Init(backbone, rand.New(rand.NewPCG(seed, 1)))
				if err != nil {
					t.Fatal(err)
				}
				first, err := tensors.CopyFlatData[float32](variables[0].Value) // [e, b]
				if err != nil {
					t.Fatal(err)
				}
				second, err := tensors.CopyFlatData[float32](variables[1].Value) // [b, c]
				if err != nil {
					t.Fatal(err)
				}
				for i := range config.DModel {
					for j := range q.Length {
						element := 0.0
						for k := range b {
							element += float64(first[i*b+k] * second[k*q.Length+j])
						}
						square, n = square+element*element, n+1
					}
				}
			}
			if got := math.Sqrt(square / float64(n)); !(math.Abs(got/sd-1) <= 0.1) {
				t.Errorf("b = %d: the prompt's elements have a standard deviation of %.3g, want %.3g", b, got, sd)
			}
		}
	}
	if q.dptFrom(10, dptStart) != (prompt.DPT{Length: 20, Bottleneck: 10, Start: prompt.Gaussian}) {
		t.Error("DPT's own start must be the one of which other figures have runs")
	}
}

// TestOverUpdates: a point is the mean of the tasks' scores at an evaluation, and the last that of the last
// evaluations.
func TestOverUpdates(t *testing.T) {
	q, results := madeUpRuns(Budgets)
	panels := results[0].Figure.Panels
	if len(panels) != 8 || results[0].Figure.Columns != 4 {
		t.Fatalf("there must be two rows of four panels, found %d in %d columns", len(panels),
			results[0].Figure.Columns)
	}
	for i, times := range []int{1, 3} {
		var all []Measured
		for _, task := range controlTasks {
			all = append(all, q.Measure(Condition{Size: large, Task: task, Method: pt(q.Length), Change: budget(times)},
				Last))
		}
		at := slices.IndexFunc(panels[4*i].Series, func(s Series) bool { return s.Name == "PT" })
		points := panels[4*i].Series[at].Points
		last := points[len(points)-1]
		want := Average(all).Summary().Mean
		if len(points) != 3 || last.X != float64(240*times) || math.Abs(last.Y.Mean-want) > 1e-9 {
			t.Errorf("%d times the budget: after %v updates in %d evaluations the mean is %v, want %v after %d in 3",
				times, last.X, len(points), last.Y.Mean, want, 240*times)
		}
	}
	table := results[1].Table
	if table.Rows[0].Heads[1] != "240 updates" || table.Rows[1].Heads[1] != "720 updates" || len(table.Rows) != 4 {
		t.Errorf("the rows begin with %v", table.Rows[0].Heads)
	}
	paper := &Query{Setup: paperSetup()}
	if name := paper.length(large, 3); name != "300 epochs" {
		t.Errorf("at the paper's scale the budget is %s", name)
	}
}

// TestAbout: what goes beyond the paper says what is claimed, doubted and controlled, what it says, and what it
// cannot say.
func TestAbout(t *testing.T) {
	for _, a := range []Artefact{Rates, Starts, Scales, Budgets, Probes, Ranks, Methods} {
		about := strings.Join(strings.Fields(a.About), " ")
		for _, part := range []string{"**Claim.**", "**Doubt.**", "**Control.**", "**What it says.**",
			"**What it cannot say:**"} {
			if !strings.Contains(about, part) {
				t.Errorf("%s lacks %s", a.Name, part)
			}
		}
	}
}
