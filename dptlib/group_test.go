// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/t5"
)

// groupCase is three runs that differ in method, prompt length, bottleneck, learning rate, clipping, seed and in what they
// are trained on; at the learning rate and epsilon at which trajectories are not chaotic.
func groupCase(t *testing.T, dropout float64, change ...func(*Recipe)) (*t5.Model, []*Job) {
	t.Helper()
	m, data, _, recipe := toyCase(t)
	recipe.Dropout, recipe.LearningRate, recipe.Optimizer.Epsilon, recipe.Updates, recipe.EvaluateEvery = dropout, 0.003, 1e-3, 50, 25
	for _, f := range change {
		f(&recipe)
	}
	var jobs []*Job
	for i, method := range []Method{DPT{Length: 5, Bottleneck: 2, Start: Uniform}, PT{3, Frequent}, DPT{Length: 8, Bottleneck: 7, Start: Gaussian}} {
		r := recipe
		r.Seed, r.LearningRate, r.Optimizer.ClipNorm = uint64(i), recipe.LearningRate/float64(i+1), float64(i)
		job, err := NewJob(m, data, Settings{Method: Choice{method}, Recipe: r, ShuffleLabels: i == 1})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	return m, jobs
}

// TestGroupEqualsAlone: each run of a group equals the run alone, its first gradient within 1e-5 and its prompt after 50
// updates within 1e-3 of the largest element.
func TestGroupEqualsAlone(t *testing.T) {
	for _, dropout := range []float64{0, 0.1} {
		m, jobs := groupCase(t, dropout)
		together, err := Train(context.Background(), testBackend(t), m, jobs, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, job := range jobs {
			alone, err := Train(context.Background(), testBackend(t), m, []*Job{job}, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, g := alone[0], together[i]
			for what, pair := range map[string][2]float32{
				"loss":          {a.Record.Losses[0], g.Record.Losses[0]},
				"gradient norm": {a.Record.GradientNorms[0], g.Record.GradientNorms[0]},
			} {
				if math.Abs(float64(pair[1]/pair[0]-1)) > 1e-5 {
					t.Errorf("dropout %g, run %d: first %s is %v in the group, %v alone", dropout, i, what, pair[1], pair[0])
				}
			}
			difference, largest := differs(float32s(g.Last.product.Data), float32s(a.Last.product.Data))
			t.Logf("dropout %g, run %d: prompts differ by %.1e of %.2f after 50 updates", dropout, i, difference, largest)
			if difference > 1e-3*largest {
				t.Errorf("dropout %g, run %d: prompts may differ by 1e-3 of the largest element, %g, found %g", dropout, i, largest, difference)
			}
			if diff := cmp.Diff(a.Record.Evaluations[1].Scores, g.Record.Evaluations[1].Scores); diff != "" {
				t.Errorf("dropout %g, run %d scores otherwise in the group:\n%s", dropout, i, diff)
			}
			if want := ids(jobs); !slices.Equal(g.Record.Group, want) || a.Record.Group != nil {
				t.Errorf("the records must name their group, %v, found %v and %v", want, g.Record.Group, a.Record.Group)
			}
		}
	}
}

// TestNotFinite: a run that blows up says at which update, keeps its last good prompt, and harms no other of its group.
func TestNotFinite(t *testing.T) {
	m, jobs := groupCase(t, 0, func(r *Recipe) { r.Updates, r.EvaluateEvery = 10, 10 })
	jobs = jobs[:2]
	bad := *jobs[1]
	bad.Spec.Recipe.LearningRate = 3e38
	runs, err := Train(context.Background(), testBackend(t), m, []*Job{jobs[0], &bad}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if failure := runs[1].Record.Failure; failure == "" || len(runs[1].Record.Losses) == 10 {
		t.Errorf("a learning rate of 3e38 must end a run, found %q after %d updates", failure, len(runs[1].Record.Losses))
	}
	for _, x := range float32s(runs[1].Last.product.Data) {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			t.Fatal("the last good prompt must be finite")
		}
	}
	both, err := Train(context.Background(), testBackend(t), m, jobs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(both[0].Record.Losses, runs[0].Record.Losses) {
		t.Error("the other run of the group is not what it would have been")
	}
}

// TestFineTuning: it trains every weight, leaves the model as it is, and is refused in a group.
func TestFineTuning(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.LearningRate, recipe.Epochs = 1e-3, 4
	before := must(m.Embeddings([]int32{7}))
	run, err := trainOne(t, m, FineTuning{}, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	if r := run.Record; r.Trainable != m.NumParameters() || !(r.Evaluations[3].Loss < r.Evaluations[0].Loss) {
		t.Errorf("%d of %d parameters are trained, and the loss goes from %g to %g", r.Trainable, m.NumParameters(), r.Evaluations[0].Loss, r.Evaluations[3].Loss)
	}
	if !slices.Equal(before, must(m.Embeddings([]int32{7}))) {
		t.Error("the model's own weights changed")
	}
	if published := t5.Small.NumParameters(); published != 60_506_624 {
		t.Errorf("T5-small has 60,506,624 parameters, found %d", published)
	}
	if _, err := NewTrainer(testBackend(t), m, 0, Member{FineTuning{}, PaperAdamW, 1}, Member{method, PaperAdamW, 1}); err == nil {
		t.Error("fine-tuning was let into a group")
	}
}

// TestHoldout: examples set aside are not trained on, and choose the best evaluation.
func TestHoldout(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Holdout = 6
	run, err := trainOne(t, m, method, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	r := run.Record
	if r.TrainSize != 15 || r.Evaluations[0].Held == nil || r.Evaluations[0].Held.Metrics[0].N != 6 {
		t.Fatalf("6 of 21 examples must be held out, found %d to train on and %v", r.TrainSize, r.Evaluations[0].Held)
	}
	for _, e := range r.Evaluations {
		if e.Held.Metrics[0].Value > r.Evaluations[r.Best].Held.Metrics[0].Value {
			t.Errorf("the best evaluation is that of the highest score on what was held out, found %d", r.Best)
		}
	}
	rest := must(data.HoldOut(6, recipe.Seed))
	for _, held := range rest.Held {
		for _, train := range rest.Train {
			if slices.Equal(held.Source, train.Source) {
				t.Error("an example was held out and is trained on")
			}
		}
	}
}
