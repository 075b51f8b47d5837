// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
)

// timeless leaves out of a result what differs from one run to the next.
var timeless = cmpopts.IgnoreFields(Result{}, "Started", "Seconds", "ExamplesPerSec", "PeakRSSMiB")

// toyCase is a small run: 21 rows to train on, in batches of 4, and 10 to evaluate, by a T5 of one layer, which
// compiles soon.
func toyCase(t testing.TB) (*t5.Model, *Dataset, prompt.DPT, Recipe) {
	t.Helper()
	b := cases.Backbone(t)
	data := cases.Must(NewDataset(cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 21), cases.Rows(t, 10),
		b.Vocabulary, 32))
	recipe := PaperRecipe
	recipe.Epochs, recipe.BatchSize, recipe.LengthWindow = 3, 4, 2
	return b.Model, data, prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}, recipe
}

// trainAll makes the runs of jobs in one batch.
func trainAll(t testing.TB, jobs ...*Job) ([]*Run, error) {
	t.Helper()
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	return runner.Train(context.Background(), jobs, Options{})
}

// trainOne makes the run of a recipe.
func trainOne(t testing.TB, m *t5.Model, method prompt.Method, data *Dataset, recipe Recipe) (*Run, error) {
	t.Helper()
	runs, err := trainAll(t, &Job{ID: "run", Model: m, Data: data, Method: method, Recipe: recipe})
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}

func TestTrainTwiceIsBitIdentical(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	train := func(recipe Recipe) *Run {
		run, err := trainOne(t, m, method, data, recipe)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	first, second := train(recipe), train(recipe)
	if !slices.Equal(first.Losses, second.Losses) || !slices.Equal(first.GradientNorms, second.GradientNorms) {
		t.Errorf("losses differ:\n%v\n%v", first.Losses, second.Losses)
	}
	if diff := cmp.Diff(first.Evaluations, second.Evaluations); diff != "" {
		t.Errorf("epochs differ:\n%s", diff)
	}
	if first.LastPrompt.Digests() != second.LastPrompt.Digests() ||
		first.BestPrompt.Digests() != second.BestPrompt.Digests() {
		t.Error("prompts differ")
	}
	if updates := len(first.Losses); updates != 18 { // 3 epochs of 5 batches of 4 and one of 1
		t.Errorf("there must be 18 updates, found %d", updates)
	}
	recipe.Seed++
	if other := train(recipe); slices.Equal(first.Losses, other.Losses) {
		t.Error("another seed gave the same run")
	}
}

// TestSchedule has the values of HuggingFace's get_linear_schedule_with_warmup at 2 warm-up steps of 10.
func TestSchedule(t *testing.T) {
	want := []float64{0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0}
	for update, rate := range want {
		if got := (Schedule{0.3, 2, 10, LinearDecay}).At(update); math.Abs(got-0.3*rate) > 1e-12 {
			t.Errorf("update %d: the rate must be %g, found %g", update, 0.3*rate, got)
		}
	}
	if got := (Schedule{0.3, 0, 1, LinearDecay}).At(0); got != 0.3 {
		t.Errorf("without warm-up the first rate must be the peak, found %g", got)
	}
}

func TestTrainingOrder(t *testing.T) {
	_, data, _, _ := toyCase(t)
	for _, window := range []int{1, 2, 100} {
		batches := trainingOrder(data.Train.Pairs, 4, window, 1, 1)
		all := slices.Sorted(slices.Values(slices.Concat(batches...)))
		for i, row := range all {
			if row != i || len(all) != data.Train.Len() {
				t.Fatalf("window %d: each example must be dealt once, found %v", window, all)
			}
		}
		if len(batches) != 6 {
			t.Errorf("window %d: 21 examples are 6 batches of 4, found %d", window, len(batches))
		}
		again := trainingOrder(data.Train.Pairs, 4, window, 1, 1)
		if !cmp.Equal(batches, again) {
			t.Errorf("window %d: the same random numbers gave another order", window)
		}
	}
}

// TestTrainingOrderBySeed: which batch of an epoch is the longest is the seed's, not the same for all. Of 20 seeds with
// 8 batches to choose from, fewer than 4 different ones are drawn once in a million times.
func TestTrainingOrderBySeed(t *testing.T) {
	var pairs []Pair
	for i := range 32 {
		pairs = append(pairs, Pair{Source: make([]int32, 1+i)})
	}
	longest := map[int]bool{}
	for seed := range uint64(20) {
		for place, batch := range trainingOrder(pairs, 4, 8, seed, 0) {
			if slices.Contains(batch, len(pairs)-1) {
				longest[place] = true
			}
		}
	}
	if len(longest) < 4 {
		t.Errorf("20 seeds have the longest rows in batches %v only", longest)
	}
}

func TestFewShot(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs = 1
	few, err := data.FewShot(8, recipe.Seed)
	if err != nil {
		t.Fatal(err)
	}
	if few.Train.Len() != 8 || few.Dev.Len() != data.Dev.Len() || data.Train.Len() != 21 ||
		few.Fingerprint() != data.Fingerprint() {
		t.Errorf("8 examples must be left to train on and all to evaluate, found %d and %d", few.Train.Len(),
			few.Dev.Len())
	}
	for i, id := range few.Draw { // an ID of the made-up rows is their place
		if place, err := strconv.Atoi(id); err != nil || !cmp.Equal(few.Train.Pairs[i], data.Train.Pairs[place]) {
			t.Errorf("example %d is not row %s", i, id)
		}
	}
	run, err := trainOne(t, m, method, few, recipe)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(run.Draw, few.Draw) || len(run.Losses) != 2 {
		t.Errorf("the result must have the draw and 2 updates, found %v and %d", run.Draw, len(run.Losses))
	}
	for _, k := range []int{-1, 0, 22} {
		if _, err := data.FewShot(k, 1); err == nil {
			t.Errorf("%d of 21 examples were drawn", k)
		}
	}
}

func TestRecipeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Recipe){
		"no epochs":     func(r *Recipe) { r.Epochs = 0 },
		"no batch":      func(r *Recipe) { r.BatchSize = 0 },
		"negative rate": func(r *Recipe) { r.LearningRate = -1 },
		"rate NaN":      func(r *Recipe) { r.LearningRate = math.NaN() },
		"all dropped":   func(r *Recipe) { r.Dropout = 1 },
		"epochs":        func(r *Recipe) { r.Epochs = math.MaxInt },
		"updates":       func(r *Recipe) { r.Updates = math.MaxInt },
		"batch":         func(r *Recipe) { r.BatchSize = math.MaxInt },
		"window":        func(r *Recipe) { r.LengthWindow = math.MaxInt },
		"evaluations":   func(r *Recipe) { r.EvaluateEvery = math.MaxInt },
		"holdout":       func(r *Recipe) { r.Holdout = -1 },
		"patience":      func(r *Recipe) { r.Patience = -1 },
		"both":          func(r *Recipe) { r.Holdout, r.HalfSplit = 1, true },
		"beta":          func(r *Recipe) { r.Optimizer.Beta1 = 1 },
		"epsilon":       func(r *Recipe) { r.Optimizer.Epsilon = math.Inf(1) },
		"decay":         func(r *Recipe) { r.Decay = "cosine" },
	} {
		recipe := PaperRecipe
		spoil(&recipe)
		if err := recipe.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A method for short texts is refused before it is trained, and before its prompt scores, on longer ones.
func TestSourceLimit(t *testing.T) {
	m, data, _, recipe := toyCase(t)
	recipe.Epochs = 1
	short := prompt.DePT{Length: 4, Bottleneck: 2, MaxSource: data.MaxSource, Start: prompt.Frequent}
	run, err := trainOne(t, m, short, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	longer := *data
	longer.MaxSource++
	if _, err := trainOne(t, m, short, &longer, recipe); err == nil ||
		!strings.Contains(err.Error(), "at most 32 tokens") {
		t.Errorf("texts of 33 tokens were trained on: %v", err)
	}
	if _, err := Evaluate(context.Background(), cases.Backend(t), m, run.LastPrompt, &longer, 4, nil); err == nil ||
		!strings.Contains(err.Error(), "at most 32 tokens") {
		t.Errorf("texts of 33 tokens were scored: %v", err)
	}
}

// A run that cannot be made is refused before anything is compiled, by the name of what is wrong.
func TestCheckRefuses(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	config := m.Config
	config.EOSID = 3
	other := cases.Must(t5.Random(cases.Backend(t), config, dtypes.Float32, 1))
	for want, spoil := range map[string]func(*Job){
		"": func(j *Job) { j.Recipe.BatchSize = 256 },
		"vectors, found -1, from 0 to 65536": func(j *Job) {
			j.Method = prompt.DPT{Length: -1, Bottleneck: 2, Start: prompt.Uniform}
		},
		"method DPT: variable A must have": func(j *Job) {
			j.Method = prompt.DPT{Length: 5, Bottleneck: 1 << 62, Start: prompt.Uniform}
		},
		"method DPT: its fields must be finite": func(j *Job) {
			j.Method = prompt.DPT{Length: 5, RateB: math.NaN()}
		},
		"eos_token_id": func(j *Job) { j.Model = other },
		"at most 256 rows, 21 to train on, found 65536": func(j *Job) { j.Recipe.BatchSize = 65536 },
	} {
		job := &Job{ID: "run", Model: m, Data: data, Method: method, Recipe: recipe}
		spoil(job)
		err := job.Check(cases.Backend(t))
		if want == "" && err != nil {
			t.Error(err)
		}
		for part := range strings.SplitSeq(want, ", ") {
			if want != "" && (err == nil || !strings.Contains(err.Error(), part)) {
				t.Errorf("the error must have %q, found %v", part, err)
			}
		}
	}
}

// A task whose metric cannot be recorded makes its run fail at the first evaluation, with a result that can be stored.
func TestWrongMetric(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	task := cases.Must(superglue.NewTask(superglue.TaskSpec{
		Name: "signed", Classes: data.Task.Classes,
		Read: func(superglue.Object) []superglue.Example { return nil },
		Metrics: func([]superglue.Answer) []superglue.Metric {
			return []superglue.Metric{{Name: "matthews", Value: -3, High: 1, N: 10}}
		},
	}))
	wrong := *data
	wrong.Task = task
	got := cases.Must(trainOne(t, m, method, &wrong, recipe))
	if want := `update 6: signed: metric "matthews" must be from 0 to 100`; !strings.Contains(got.Failure, want) ||
		len(got.Evaluations) > 0 || got.BestPrompt != nil || got.Check() != nil {
		t.Errorf("%d evaluations and %q, %v", len(got.Evaluations), got.Failure, got.Check())
	}
}

// dazed is a method that observes what no record can hold.
type dazed struct{ prompt.PT }

func (dazed) Name() string { return "dazed" }

func (dazed) Observe(*prompt.Trained) map[string]float64 {
	return map[string]float64{"depth": math.Inf(1)}
}

func TestWrongObservation(t *testing.T) {
	err := new(Result).observe(dazed{}, nil, 0)
	if err == nil || !strings.Contains(err.Error(), "method dazed") || !strings.Contains(err.Error(), "depth +Inf") {
		t.Errorf("the error must name method and observation, found %v", err)
	}
}

// GoMLX's own backend lacks operations that T5 needs: the error says what to do.
func TestOtherBackend(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	backend := cases.Must(compute.NewWithConfig("go"))
	defer backend.Finalize()
	runner := &Runner{Backend: backend}
	defer runner.Close()
	other := cases.Must(t5.Random(backend, m.Config, dtypes.Float32, 1))
	_, err := runner.Train(context.Background(), []*Job{{ID: "run", Model: other, Data: data, Method: method,
		Recipe: recipe}}, Options{})
	if err == nil || !strings.Contains(err.Error(), "unset GOMLX_BACKEND") {
		t.Errorf("the error must say what to do, found %v", err)
	}
}
