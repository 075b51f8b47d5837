// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"dpt/t5"
)

// TestTrainableCounts are the paper's, Tables 1 and 4, at the widths of T5 small, base and large; a model's depth and
// vocabulary do not matter to them.
func TestTrainableCounts(t *testing.T) {
	for i, config := range []t5.Config{t5.Small, t5.Base, t5.Large} {
		config.Layers, config.DecoderLayers, config.VocabSize = 1, 1, 128
		m, err := t5.Random(testBackend(t), config, dtypes.Float32, 1)
		if err != nil {
			t.Fatal(err)
		}
		e := config.DModel
		for _, c := range []struct {
			method Method
			want   [3]int
		}{
			{DPT{Length: 100, Bottleneck: 10, Start: Gaussian}, [3]int{6120, 8680, 11240}},
			{PT{100, Frequent}, [3]int{51200, 76800, 102400}},
			{ResidualPT{100, 400, AllRows}, [3]int{462736, 693904, 925072}},
			{ResidualPT{10, 400, Frequent}, [3]int{416656, 624784, 832912}},
			{RankProbe{100, UnitSigma}, [3]int{512*512 + 10100, 599924, 1024*1024 + 10100}},
		} {
			trainer, err := NewTrainer(testBackend(t), m, 0, Member{c.method, PaperAdamW, 1})
			if err != nil {
				t.Fatal(err)
			}
			if found := trainer.Trainable(0); found != c.want[i] {
				t.Errorf("%s at width %d must train %d parameters, found %d", c.method.Name(), e, c.want[i], found)
			}
			trainer.Close()
		}
	}
}

// TestMethodsTrain: each method trains, its loss falls, and its stored prompt scores what the run did.
func TestMethodsTrain(t *testing.T) {
	m, data, _, recipe := toyCase(t)
	recipe.Epochs, recipe.LearningRate, recipe.Dropout = 6, 0.1, 0
	for _, method := range []Method{
		PT{5, Frequent}, PT{5, NoWords}, ResidualPT{5, 8, AllRows}, RankProbe{5, OnesSigma},
		DPT{Length: 5, Bottleneck: 40, Start: Gaussian, MatchScale: true},
	} {
		runs := Runs(t.TempDir())
		record, err := runs.Train(context.Background(), testBackend(t), m, data, Settings{Method: Choice{method}, Recipe: recipe}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if first, last := record.Evaluations[0].Loss, record.Evaluations[record.Last].Loss; !(last < first) {
			t.Errorf("%s: the loss must fall, found %g, then %g", method.Name(), first, last)
		}
		prompt, err := LoadPrompt(runs.PromptPath(record.ID))
		if err != nil {
			t.Fatal(err)
		}
		scores, err := Evaluate(context.Background(), testBackend(t), m, prompt, data, 4)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(record.Evaluations[record.Best].Scores, scores); diff != "" {
			t.Errorf("%s: its prompt scores otherwise:\n%s", method.Name(), diff)
		}
		read, err := ReadRecord(filepath.Join(string(runs), record.ID+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(read.Spec.Method); string(got) != string(must(json.Marshal(Choice{method}))) {
			t.Errorf("%s: read back as %s", method.Name(), got)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// product is the prompt [c, e] that a method starts with, and its variables.
func product(t *testing.T, m *t5.Model, method Method) (p []float32, variables map[string][]float32) {
	t.Helper()
	if err := m.Store.DeleteVariablesInScope(promptScope); err != nil {
		t.Fatal(err)
	}
	scope := memberScope(m, 0)
	if err := install(scope, must(method.Init(m, rand.New(rand.NewPCG(5, 6))))); err != nil {
		t.Fatal(err)
	}
	value := must(model.CallOnce(testBackend(t), m.Store, func(_ *model.Scope, g *Graph) *Node { return method.Prompt(scope, g) }))
	variables = map[string][]float32{}
	for v := range scope.IterVariables() {
		variables[v.Name()] = must(tensors.CopyFlatData[float32](must(v.Value())))
	}
	return must(tensors.CopyFlatData[float32](value)), variables
}

// TestVocabularyStart: a prompt starts as rows of the embedding table, without repetition under the Frequent rule.
func TestVocabularyStart(t *testing.T) {
	m, _, _, _ := toyCase(t)
	all := make([]int32, m.VocabSize)
	for i := range all {
		all[i] = int32(i)
	}
	table := must(m.Embeddings(all))
	e := m.DModel
	row := func(p []float32) int {
		for id := range all {
			if slices.Equal(p, table[id*e:(id+1)*e]) {
				return id
			}
		}
		return -1
	}
	for _, start := range []Vocabulary{Frequent, AllRows} {
		p, _ := product(t, m, PT{300, start})
		seen := map[int]bool{}
		for i := range 300 {
			id := row(p[i*e : (i+1)*e])
			if id < 0 {
				t.Fatalf("%s: vector %d is no row of the table", start, i)
			}
			seen[id] = true
		}
		// 300 draws with replacement from 2,304 repeat some of them, but for once in 10^8 times.
		if (len(seen) == 300) != (start == Frequent) {
			t.Errorf("%s: %d of 300 vectors differ", start, len(seen))
		}
	}
	if _, err := m.Embeddings([]int32{int32(m.VocabSize)}); err == nil {
		t.Error("a token beyond the vocabulary has an embedding")
	}
}

// TestTextStart: a prompt starts as the text's tokens, over and over, without </s>.
func TestTextStart(t *testing.T) {
	m, data, _, recipe := toyCase(t)
	ids := data.Tokenizer.Encode("is it true?")
	ids = ids[:len(ids)-1]
	c := len(ids) + 2
	for _, method := range []Method{PT{c, TextStart("is it true?")}, ResidualPT{c, 8, TextStart("is it true?")}} {
		job, err := NewJob(m, data, Settings{Method: Choice{method}, Recipe: recipe})
		if err != nil {
			t.Fatal(err)
		}
		got := must(tensors.CopyFlatData[float32](must(job.method().Init(m, rand.New(rand.NewPCG(1, 2))))[0].Value))
		if want := must(m.Embeddings(append(slices.Clone(ids), ids[:2]...))); !slices.Equal(got, want) {
			t.Errorf("%s does not start as the text's tokens", method.Name())
		}
		if job.Spec.Method.Method != method {
			t.Errorf("the spec must have the text, found %v", job.Spec.Method)
		}
	}
	if _, err := NewJob(m, data, Settings{Method: Choice{PT{3, TextStart("")}}, Recipe: recipe}); err == nil {
		t.Error("a prompt was started from no text")
	}
}

// TestResidualFormula computes P + LN(W2·ReLU(W1·P + b1) + b2) here, in float64.
func TestResidualFormula(t *testing.T) {
	m, _, _, _ := toyCase(t)
	const c, h = 3, 7
	p, v := product(t, m, ResidualPT{c, h, Frequent})
	e := m.DModel
	for i := range c {
		hidden, out := make([]float64, h), make([]float64, e)
		for j := range h {
			sum := float64(v["b1"][j])
			for k := range e {
				sum += float64(v["W1"][j*e+k]) * float64(v["P"][i*e+k])
			}
			hidden[j] = max(0, sum)
		}
		mean, variance := 0.0, 0.0
		for j := range e {
			out[j] = float64(v["b2"][j])
			for k := range h {
				out[j] += float64(v["W2"][j*h+k]) * hidden[k]
			}
			mean += out[j] / float64(e)
		}
		for j := range e {
			variance += (out[j] - mean) * (out[j] - mean) / float64(e)
		}
		for j := range e {
			want := float64(v["P"][i*e+j]) + (out[j]-mean)/math.Sqrt(variance+1e-5)
			if got := float64(p[i*e+j]); math.Abs(got-want) > 1e-4 {
				t.Fatalf("P'[%d, %d] must be %g, found %g", i, j, want, got)
			}
		}
	}
}

// TestRankProbeFormula computes (U·ReLU(Σ)·V)ᵀ here, for prompts shorter and longer than the model is wide.
func TestRankProbeFormula(t *testing.T) {
	m, _, _, _ := toyCase(t)
	e := m.DModel
	for _, c := range []int{5, e + 3} {
		p, v := product(t, m, RankProbe{c, UnitSigma})
		for i := range c {
			for j := range e {
				want := 0.0
				for k := range min(c, e) {
					want += float64(v["U"][j*e+k]) * max(0, float64(v["S"][k])) * float64(v["V"][k*c+i])
				}
				if got := float64(p[i*e+j]); math.Abs(got-want) > 1e-5 {
					t.Fatalf("P[%d, %d] must be %g, found %g", i, j, want, got)
				}
			}
		}
	}
}

// TestMatchedScale: the product's standard deviation is that of a bottleneck of 10, sqrt(10)/12, within 10 %.
func TestMatchedScale(t *testing.T) {
	m, _, _, _ := toyCase(t)
	for _, r := range []int{4, 10, 400} {
		p, _ := product(t, m, DPT{Length: 200, Bottleneck: r, Start: Uniform, MatchScale: true})
		square := 0.0
		for _, x := range p {
			square += float64(x) * float64(x) / float64(len(p))
		}
		if want, got := math.Sqrt(10)/12, math.Sqrt(square); math.Abs(got-want) > 0.1*want {
			t.Errorf("bottleneck %d: the standard deviation must be %.3f, found %.3f", r, want, got)
		}
	}
}

// TestProbeCounts: the probe starts with every entry positive and a prompt of full rank, and counts what is stored.
func TestProbeCounts(t *testing.T) {
	m, data, _, recipe := toyCase(t)
	recipe.Epochs = 4
	run, err := trainOne(t, m, RankProbe{12, UnitSigma}, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	probes := run.Record.Probes
	if len(probes) != 5 || probes[0] != (Probe{0, 12, 0, 12}) {
		t.Fatalf("there must be 5 probes, the first of 12 positive entries and rank 12, found %v", probes)
	}
	for i, p := range probes {
		if p.Rank > p.Positive || p.Positive+p.Negative > 12 || i > 0 && p.Positive > probes[i-1].Positive {
			t.Errorf("the rank can't pass the positive entries, and none comes back; found %v", probes)
		}
	}
	plain, err := trainOne(t, m, PT{5, Frequent}, data, recipe)
	if err != nil || plain.Record.Probes != nil {
		t.Errorf("PT has no probe, found %v (%v)", plain.Record.Probes, err)
	}
}

// TestNumericalRank is of DPT's prompt: at most the bottleneck, and it once A and B are drawn at random.
func TestNumericalRank(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs, method.Length, method.Bottleneck = 1, 9, 4
	run, err := trainOne(t, m, method, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	if rank := NumericalRank(run.Last.SingularValues(), m.DModel); rank != 4 {
		t.Errorf("a product of rank 4 must have it, found %d of %v", rank, run.Last.SingularValues())
	}
}
