// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/google/go-cmp/cmp"

	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/safetensors"
	"dpt/t5/toy"
)

// rows are n made-up examples of CommitmentBank.
func rows(t testing.TB, n int) []superglue.Example {
	t.Helper()
	labels, weather := []string{"entailment", "contradiction", "neutral"}, []string{"rained", "snowed", "was warm and dry"}
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"premise":"On day %d it %s%s.","hypothesis":"it %s","label":%q,"idx":%d}`+"\n",
			i, weather[i%3], strings.Repeat(" and so on", i%3), weather[(i+i/3)%3], labels[i%3], i)
	}
	examples, err := lookup(t, "CB").Decode(strings.NewReader(lines.String()), "rows")
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

func lookup(t testing.TB, name string) superglue.Task {
	t.Helper()
	task, err := superglue.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// toyCase is a small run: 21 rows to train on, in batches of 4, and 10 to evaluate, by a T5 of one layer, which compiles
// soon.
func toyCase(t testing.TB) (*t5.Model, *Dataset, DPT, Recipe) {
	t.Helper()
	config := t5.Small
	config.VocabSize, config.DModel, config.DKV, config.DFF, config.Heads = 2304, 24, 8, 32, 2
	config.Layers, config.DecoderLayers = 1, 1
	m, err := t5.Random(testBackend(t), config, dtypes.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	data := NewDataset(lookup(t, "CB"), superglue.Format{}, rows(t, 21), rows(t, 10), tok, 32)
	recipe := PaperRecipe
	recipe.Epochs, recipe.BatchSize, recipe.LengthWindow = 3, 4, 2
	return m, data, DPT{Length: 5, Bottleneck: 2, Start: Uniform}, recipe
}

// trainOne makes a run of a recipe, and of what else change sets.
func trainOne(t testing.TB, m *t5.Model, method Method, data *Dataset, recipe Recipe, change ...func(*Settings)) (*Run, error) {
	t.Helper()
	settings := Settings{Method: Choice{method}, Recipe: recipe}
	for _, f := range change {
		f(&settings)
	}
	job, err := NewJob(m, data, settings)
	if err != nil {
		return nil, err
	}
	runs, err := Train(context.Background(), testBackend(t), m, []*Job{job}, nil)
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
	if !slices.Equal(first.Record.Losses, second.Record.Losses) || !slices.Equal(first.Record.GradientNorms, second.Record.GradientNorms) {
		t.Errorf("losses differ:\n%v\n%v", first.Record.Losses, second.Record.Losses)
	}
	if diff := cmp.Diff(first.Record.Evaluations, second.Record.Evaluations); diff != "" {
		t.Errorf("epochs differ:\n%s", diff)
	}
	if !slices.Equal(first.Last.product.Data, second.Last.product.Data) || !slices.Equal(first.Best.product.Data, second.Best.product.Data) {
		t.Error("prompts differ")
	}
	if updates := len(first.Record.Losses); updates != 18 { // 3 epochs of 5 batches of 4 and one of 1
		t.Errorf("there must be 18 updates, found %d", updates)
	}
	recipe.Seed++
	if other := train(recipe); slices.Equal(first.Record.Losses, other.Record.Losses) || other.Record.ID == first.Record.ID {
		t.Error("another seed gave the same run")
	}
}

func TestRunsTrainOnce(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	runs, updates := Runs(filepath.Join(t.TempDir(), "runs")), 0
	train := func() *Record {
		r, err := runs.Train(context.Background(), testBackend(t), m, data, Settings{Method: Choice{method}, Recipe: recipe}, func(Progress) { updates++ })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := train()
	reports := updates
	second := train()
	if updates != reports {
		t.Error("a stored run was trained again")
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the record was not read as it was written:\n%s", diff)
	}

	for path, epoch := range map[string]int{runs.PromptPath(first.ID): first.Best, runs.LastPromptPath(first.ID): first.Last} {
		prompt, err := LoadPrompt(path)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := Evaluate(context.Background(), testBackend(t), m, prompt, data, 3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Evaluations[epoch].Scores, scores); diff != "" {
			t.Errorf("%s scores otherwise than when it was trained:\n%s", path, diff)
		}
	}
}

// TestPromptFile compares the stored product with one computed here: P = (A·B)ᵀ.
func TestPromptFile(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs = 1
	run, err := trainOne(t, m, method, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := run.Last.Write(path, map[string]string{"task": "CB"}); err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a, b, p := floats(t, file, "A"), floats(t, file, "B"), floats(t, file, "prompt")
	e, r, c := m.DModel, method.Bottleneck, method.Length
	for i := range c {
		for j := range e {
			want := 0.0
			for k := range r {
				want += float64(a[j*r+k]) * float64(b[k*c+i])
			}
			if got := float64(p[i*e+j]); math.Abs(got-want) > 1e-6 {
				t.Fatalf("P[%d, %d] must be %g, found %g", i, j, want, got)
			}
		}
	}
	if file.Metadata["task"] != "CB" {
		t.Errorf("metadata: %v", file.Metadata)
	}
}

func floats(t *testing.T, file *safetensors.File, name string) []float32 {
	t.Helper()
	tensor, ok := file.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %q among %v", name, file.Names())
	}
	values := make([]float32, len(tensor.Data)/4)
	for i := range values {
		d := tensor.Data[4*i:]
		values[i] = math.Float32frombits(uint32(d[0]) | uint32(d[1])<<8 | uint32(d[2])<<16 | uint32(d[3])<<24)
	}
	return values
}

func TestLoadPromptRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.safetensors")
	other := safetensors.Tensor{Name: "A", DType: safetensors.Float32, Shape: []int{1}, Data: make([]byte, 4)}
	if err := safetensors.Write(path, []safetensors.Tensor{other}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPrompt(path); err == nil || !strings.Contains(err.Error(), `"prompt"`) {
		t.Errorf("a file without a prompt: %v", err)
	}
	narrow := &Prompt{Length: 1, Width: 3}
	if err := narrow.Init(nil, &t5.Model{Config: t5.Small}, nil); err == nil || !strings.Contains(err.Error(), "width 3") {
		t.Errorf("a prompt of another width: %v", err)
	}
}

func TestReadRecordRefuses(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs = 1
	runs := Runs(t.TempDir())
	record, err := runs.Train(context.Background(), testBackend(t), m, data, Settings{Method: Choice{method}, Recipe: recipe}, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(runs.RecordPath(record.ID))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"edited spec":   {`"seed":42`, `"seed":43`, "id must be"},
		"other method":  {`"name":"DPT"`, `"name":"LoRA"`, "one of DPT"},
		"unknown field": {`"bottleneck":2`, `"bottleneck":2, "rank":2`, "rank"},
		"best past end": {`"best": 0`, `"best": 7`, "best"},
		"lost losses":   {`"losses": [`, `"losses": [1,`, "loss"},
		"truncated":     {"\n}\n", "", "JSON"},
	} {
		path := filepath.Join(t.TempDir(), "record.json")
		text := strings.Replace(string(whole), c.from, c.to, 1)
		if text == string(whole) {
			t.Fatalf("%s: %q is not in the record", name, c.from)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRecord(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error must name the file and %q, found %v", name, c.want, err)
		}
	}
}

// TestDistributions checks the first two moments, both distributions having variance 1/12, within five standard errors.
func TestDistributions(t *testing.T) {
	const n = 200_000
	for _, d := range []Distribution{Uniform, Gaussian} {
		values, err := d.draw(rand.New(rand.NewPCG(3, 4)), n)
		if err != nil {
			t.Fatal(err)
		}
		mean, square, largest := 0.0, 0.0, 0.0
		for _, v := range values {
			mean += float64(v) / n
			square += float64(v) * float64(v) / n
			largest = max(largest, math.Abs(float64(v)))
		}
		if bound := 5 * math.Sqrt(1.0/12/n); math.Abs(mean) > bound {
			t.Errorf("%s: the mean must be 0 within %g, found %g", d, bound, mean)
		}
		if bound := 5 * math.Sqrt(2.0/n) / 12; math.Abs(square-1.0/12) > bound {
			t.Errorf("%s: the variance must be 1/12 within %g, found %g", d, bound, square)
		}
		if (largest <= 0.5) != (d == Uniform) {
			t.Errorf("%s: the largest value is %g", d, largest)
		}
	}
	if _, err := Distribution("cauchy").draw(nil, 1); err == nil {
		t.Error("an unknown distribution was drawn from")
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
		batches := trainingOrder(data.Train, 4, window, 1, 1)
		all := slices.Sorted(slices.Values(slices.Concat(batches...)))
		for i, row := range all {
			if row != i || len(all) != len(data.Train) {
				t.Fatalf("window %d: each example must be dealt once, found %v", window, all)
			}
		}
		if len(batches) != 6 {
			t.Errorf("window %d: 21 examples are 6 batches of 4, found %d", window, len(batches))
		}
		again := trainingOrder(data.Train, 4, window, 1, 1)
		if !cmp.Equal(batches, again) {
			t.Errorf("window %d: the same random numbers gave another order", window)
		}
	}
}

func TestFewShot(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs = 1
	few, err := data.FewShot(8, recipe.Seed)
	if err != nil {
		t.Fatal(err)
	}
	if len(few.Train) != 8 || len(few.Dev) != len(data.Dev) || len(data.Train) != 21 || few.Fingerprint() != data.Fingerprint() {
		t.Errorf("8 examples must be left to train on and all to evaluate, found %d and %d", len(few.Train), len(few.Dev))
	}
	for i, id := range few.Draw { // an ID of the made-up rows is their place
		if place, err := strconv.Atoi(id); err != nil || !cmp.Equal(few.Train[i], data.Train[place]) {
			t.Errorf("example %d is not row %s", i, id)
		}
	}
	run, err := trainOne(t, m, method, data, recipe, func(s *Settings) { s.FewShot = 8 })
	if err != nil {
		t.Fatal(err)
	}
	if r := run.Record; r.Spec.FewShot != 8 || !slices.Equal(r.Draw, few.Draw) || len(r.Losses) != 2 {
		t.Errorf("the record must have the draw and 2 updates, found %d, %v and %d", r.Spec.FewShot, r.Draw, len(r.Losses))
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
	} {
		recipe := PaperRecipe
		spoil(&recipe)
		if err := recipe.check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestChoiceJSON(t *testing.T) {
	text, err := json.Marshal(Choice{DPT{Length: 100, Bottleneck: 10, Start: Uniform}})
	if want := `{"name":"DPT","length":100,"bottleneck":10,"start":"uniform"}`; err != nil || string(text) != want {
		t.Errorf("want %s, found %s (%v)", want, text, err)
	}
	var back Choice
	if err := json.Unmarshal(text, &back); err != nil || back.Method != (DPT{Length: 100, Bottleneck: 10, Start: Uniform}) {
		t.Errorf("read back as %v (%v)", back.Method, err)
	}
}
