// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
)

// installed puts a method's variables into the backbone's store.
func installed(t *testing.T, b prompt.Backbone, method prompt.Method) *prompt.Installed {
	t.Helper()
	return cases.Must(prompt.Install(b, []prompt.Method{method}, []*rand.Rand{rand.New(rand.NewPCG(5, 6))}))[0]
}

// product returns the prompt [c, e] that a method starts with, and its variables.
func product(t *testing.T, b prompt.Backbone, method prompt.Method) (p []float32, variables map[string][]float32) {
	t.Helper()
	in := installed(t, b, method)
	read := func(_ *model.Scope, g *Graph) *Node { return in.Prompt(g) }
	value := cases.Must(model.CallOnce(cases.Backend(t), b.Store, read))
	variables = map[string][]float32{}
	for _, v := range in.Variables {
		variables[v.Name()] = cases.Must(tensors.CopyFlatData[float32](cases.Must(v.Value())))
	}
	return cases.Must(tensors.CopyFlatData[float32](value)), variables
}

// TestTrainableCounts are the paper's, Tables 1 and 4, and those of ../shared/spec/successors.md, at the widths of T5
// small, base and large; a model's depth and vocabulary do not matter to them.
func TestTrainableCounts(t *testing.T) {
	for i, config := range []t5.Config{t5.Small, t5.Base, t5.Large} {
		config.Layers, config.DecoderLayers, config.VocabSize = 1, 1, 1024
		b := prompt.Backbone{Model: cases.Must(t5.Random(cases.Backend(t), config, dtypes.Float32, 1))}
		e := config.DModel
		for _, c := range []struct {
			method prompt.Method
			want   [3]int
		}{
			{prompt.DPT{Length: 100, Bottleneck: 10, Start: prompt.Gaussian}, [3]int{6120, 8680, 11240}},
			{prompt.PT{Length: 100, Start: prompt.Frequent}, [3]int{51200, 76800, 102400}},
			{prompt.ResidualPT{Length: 100, Bottleneck: 400, Start: prompt.AllRows}, [3]int{462736, 693904, 925072}},
			{prompt.ResidualPT{Length: 10, Bottleneck: 400, Start: prompt.Frequent}, [3]int{416656, 624784, 832912}},
			{prompt.RankProbe{Length: 100, Start: prompt.UnitSigma}, [3]int{512*512 + 10100, 599924,
				1024*1024 + 10100}},
			{prompt.ULPT{Length: 100, Bottleneck: 2, Basis: prompt.Xavier, Scale: true, Shift: true},
				[3]int{1224, 1736, 2248}},
			{prompt.ULPT{Length: 100, Bottleneck: 16, Basis: prompt.Normal, Scale: true, Shift: true},
				[3]int{2624, 3136, 3648}},
			{prompt.ULPT{Length: 100, Bottleneck: 64, Basis: prompt.VocabularyRows, Scale: true, Shift: true},
				[3]int{7424, 7936, 8448}},
			{prompt.ULPT{Length: 100, Bottleneck: 256, Basis: prompt.Xavier, Scale: true, Shift: true},
				[3]int{26624, 27136, 27648}},
			{prompt.ULPT{Length: 100, Bottleneck: 10, Basis: prompt.Xavier, Bases: 2, TrainBasis: true},
				[3]int{11240, 16360, 21480}},
			{prompt.SuperPos{Length: 100, Tokens: 128}, [3]int{12800, 12800, 12800}},
			{prompt.SuperPos{Length: 100, Tokens: 128, Offset: true}, [3]int{12800 + 128*512, 12800 + 128*768,
				12800 + 128*1024}},
			{prompt.PTuning{Length: 20}, [3]int{798208, 1787136, 3169280}},
			{prompt.PTuning{Length: 20, Hidden: 128}, [3]int{158464, 229376, 300288}},
			{prompt.DePT{Length: 60, Bottleneck: 26, MaxSource: 256, Start: prompt.Frequent},
				[3]int{50688, 72704, 94720}},
			{prompt.DePT{Length: 60, Bottleneck: 30, MaxSource: 256, Start: prompt.Frequent},
				[3]int{53760, 76800, 99840}},
			{prompt.DePT{Length: 60, Bottleneck: 32, MaxSource: 256, Start: prompt.Frequent},
				[3]int{55296, 78848, 102400}},
			{prompt.ADePT{Length: 60, Bottleneck: 19, Start: prompt.Frequent}, [3]int{50707, 76051, 101395}},
			{prompt.SMoP{Length: 5, Prompts: 4, Noise: 1}, [3]int{12288, 18432, 24576}},
			{prompt.PTMoE{Length: 100, Bottleneck: 10, Prompts: 2, Start: prompt.Uniform}, [3]int{8146, 11218, 14290}},
		} {
			found := 0
			for _, v := range installed(t, b, c.method).Variables {
				if !v.Frozen {
					found += v.Shape().Size()
				}
			}
			counted := c.method.(prompt.Counter).Parameters(config)
			if found != c.want[i] || counted != c.want[i] {
				t.Errorf("%s at width %d must train %d parameters, found %d and counted %d", c.method.Name(), e,
					c.want[i], found, counted)
			}
		}
	}
}

// TestVocabularyStart: a prompt starts as rows of the embedding table, without repetition under the Frequent rule.
func TestVocabularyStart(t *testing.T) {
	m := cases.Backbone(t)
	all := make([]int32, m.VocabSize)
	for i := range all {
		all[i] = int32(i)
	}
	table := cases.Must(m.Embeddings(all))
	e := m.DModel
	row := func(p []float32) int {
		for id := range all {
			if slices.Equal(p, table[id*e:(id+1)*e]) {
				return id
			}
		}
		return -1
	}
	for _, start := range []prompt.Vocabulary{prompt.Frequent, prompt.AllRows} {
		p, _ := product(t, m, prompt.PT{Length: 300, Start: start})
		seen := map[int]bool{}
		for i := range 300 {
			id := row(p[i*e : (i+1)*e])
			if id < 0 {
				t.Fatalf("%s: vector %d is no row of the table", start, i)
			}
			seen[id] = true
		}
		// 300 draws with replacement from 2,304 repeat some of them, but for once in 10^8 times.
		if (len(seen) == 300) != (start == prompt.Frequent) {
			t.Errorf("%s: %d of 300 vectors differ", start, len(seen))
		}
	}
	if _, err := m.Embeddings([]int32{int32(m.VocabSize)}); err == nil {
		t.Error("a token beyond the vocabulary has an embedding")
	}
}

// TestFrequentIDs: of T5's vocabulary the first 5,000 ids are frequent, of a smaller one the same share, 16 %. A longer
// prompt repeats some of them.
func TestFrequentIDs(t *testing.T) {
	for _, c := range []struct{ vocabulary, want int }{{32128, 5000}, {1600, 249}} {
		config := t5.Small
		config.VocabSize, config.DModel, config.DKV, config.DFF = c.vocabulary, 2, 1, 1
		config.Heads, config.Layers, config.DecoderLayers = 1, 1, 1
		b := prompt.Backbone{Model: cases.Must(t5.Random(cases.Backend(t), config, dtypes.Float32, 1))}
		row := func(id int32) [2]float32 { return [2]float32(cases.Must(b.Embeddings([]int32{id}))) }
		frequent := map[[2]float32]bool{}
		for id := range int32(c.want) {
			frequent[row(id)] = true
		}
		for length, distinct := range map[int]bool{c.want: true, c.want + 1: false} {
			list := cases.Must(prompt.PT{Length: length, Start: prompt.Frequent}.Init(b, rand.New(rand.NewPCG(1, 2))))
			drawn := map[[2]float32]bool{}
			for vector := range slices.Chunk(cases.Must(tensors.CopyFlatData[float32](list[0].Value)), 2) {
				if drawn[[2]float32(vector)] = true; !frequent[[2]float32(vector)] {
					t.Fatalf("of %d ids the first %d are frequent, but another was drawn", c.vocabulary, c.want)
				}
			}
			if (len(drawn) == c.want) != distinct {
				t.Errorf("%d vectors of %d frequent ids: %d differ", length, c.want, len(drawn))
			}
		}
	}
}

// TestTextStart: a prompt starts as the text's tokens, over and over, without </s>.
func TestTextStart(t *testing.T) {
	b := cases.Backbone(t)
	ids := b.Vocabulary.Encode("is it true?")
	ids = ids[:len(ids)-1]
	c := len(ids) + 2
	text := prompt.TextStart("is it true?")
	for _, method := range []prompt.Method{prompt.PT{Length: c, Start: text},
		prompt.ResidualPT{Length: c, Bottleneck: 8, Start: text}} {
		list := cases.Must(method.Init(b, rand.New(rand.NewPCG(1, 2))))
		got := cases.Must(tensors.CopyFlatData[float32](list[0].Value))
		if want := cases.Must(b.Embeddings(append(slices.Clone(ids), ids[:2]...))); !slices.Equal(got, want) {
			t.Errorf("%s does not start as the text's tokens", method.Name())
		}
	}
	if _, err := (prompt.PT{Length: 3, Start: prompt.TextStart("")}).Init(b, nil); err == nil {
		t.Error("a prompt was started from no text")
	}
}

// TestResidualFormula computes P + LN(W2·ReLU(W1·P + b1) + b2) here, in float64.
func TestResidualFormula(t *testing.T) {
	m := cases.Backbone(t)
	const c, h = 3, 7
	p, v := product(t, m, prompt.ResidualPT{Length: c, Bottleneck: h, Start: prompt.Frequent})
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
			if got := float64(p[i*e+j]); !(math.Abs(got-want) <= 1e-4) {
				t.Fatalf("P'[%d, %d] must be %g, found %g", i, j, want, got)
			}
		}
	}
}

// TestRankProbeFormula computes (U·ReLU(Σ)·V)ᵀ here, for prompts shorter and longer than the model is wide.
func TestRankProbeFormula(t *testing.T) {
	m := cases.Backbone(t)
	e := m.DModel
	for _, c := range []int{5, e + 3} {
		p, v := product(t, m, prompt.RankProbe{Length: c, Start: prompt.UnitSigma})
		for i := range c {
			for j := range e {
				want := 0.0
				for k := range min(c, e) {
					want += float64(v["U"][j*e+k]) * max(0, float64(v["S"][k])) * float64(v["V"][k*c+i])
				}
				if got := float64(p[i*e+j]); !(math.Abs(got-want) <= 1e-5) {
					t.Fatalf("P[%d, %d] must be %g, found %g", i, j, want, got)
				}
			}
		}
	}
}

// TestSigmaStart: Σ starts between 0.1 and 1, its mean within five standard errors of 0.55. Seed 0 of stream 0 is the
// one whose first number is 0.99999.
func TestSigmaStart(t *testing.T) {
	b := cases.Backbone(t)
	mean, n := 0.0, 0.0
	for seed := range uint64(50) {
		list := cases.Must(prompt.RankProbe{Length: 24, Start: prompt.UnitSigma}.Init(b,
			rand.New(rand.NewPCG(seed, 0))))
		for _, sigma := range cases.Must(tensors.CopyFlatData[float32](list[1].Value)) {
			if mean, n = mean+float64(sigma), n+1; sigma < 0.0999 || sigma > 1 {
				t.Errorf("seed %d: Σ has %g, want 0.1 to 1", seed, sigma)
			}
		}
	}
	if mean /= n; !(math.Abs(mean-.55) <= 5*.9/math.Sqrt(12*n)) {
		t.Errorf("the mean must be 0.55, found %.3f of %g", mean, n)
	}
}

// TestMatchedScale: the product's standard deviation is that of a bottleneck of 10, sqrt(10)/12, within 10 %.
func TestMatchedScale(t *testing.T) {
	m := cases.Backbone(t)
	for _, r := range []int{4, 10, 400} {
		p, _ := product(t, m, prompt.DPT{Length: 200, Bottleneck: r, Start: prompt.Uniform, MatchScale: true})
		square := 0.0
		for _, x := range p {
			square += float64(x) * float64(x) / float64(len(p))
		}
		if want, got := math.Sqrt(10)/12, math.Sqrt(square); !(math.Abs(got-want) <= 0.1*want) {
			t.Errorf("bottleneck %d: the standard deviation must be %.3f, found %.3f", r, want, got)
		}
	}
}

// TestNumericalRank is that of DPT's prompt: once A and B are drawn at random it is the bottleneck.
func TestNumericalRank(t *testing.T) {
	b := cases.Backbone(t)
	p := captured(t, b, prompt.DPT{Length: 9, Bottleneck: 4, Start: prompt.Uniform})
	if rank := prompt.NumericalRank(p.SingularValues(), b.DModel); rank != 4 {
		t.Errorf("a product of rank 4 must have it, found %d of %v", rank, p.SingularValues())
	}
}

// captured returns what a method starts with.
func captured(t *testing.T, b prompt.Backbone, method prompt.Method) *prompt.Trained {
	t.Helper()
	return cases.Must(prompt.Initial(cases.Backend(t), b, method, rand.New(rand.NewPCG(5, 6))))
}

// The rank probe sees what is stored: all entries positive at the start, then what was set.
func TestRankProbeObserves(t *testing.T) {
	b := cases.Backbone(t)
	probe := prompt.RankProbe{Length: 12, Start: prompt.UnitSigma}
	if seen := probe.Observe(captured(t, b, probe)); seen["positive"] != 12 || seen["negative"] != 0 ||
		seen["rank"] != 12 {
		t.Errorf("at the start 12 entries are positive and the rank is 12, found %v", seen)
	}
	in := installed(t, b, probe)
	sigma := []float32{1, -1, 2, 0, -3, 1, 1, 0, 0, 0, 0, 0}
	for _, v := range in.Variables {
		if v.Name() == "S" {
			if err := v.SetValue(tensors.FromFlatDataAndDimensions(sigma, 12)); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(_ *model.Scope, g *Graph) *Node { return in.Prompt(g) }
	product := cases.Must(model.CallOnce(cases.Backend(t), b.Store, read))
	p := cases.Must(prompt.Capture([]*prompt.Installed{in}, []*tensors.Tensor{product}))[0]
	if seen := probe.Observe(p); seen["positive"] != 4 || seen["negative"] != 2 || seen["rank"] != 4 {
		t.Errorf("4 positive and 2 negative entries give rank 4, found %v", seen)
	}
}

// TestDistributions checks the first two moments, Uniform and Gaussian having variance 1/12, within five standard
// errors.
func TestDistributions(t *testing.T) {
	const n = 200_000
	for d, variance := range map[prompt.Distribution]float64{
		prompt.Uniform: 1.0 / 12, prompt.Gaussian: 1.0 / 12, prompt.GaussianOf(0.03): 0.0009,
		prompt.GaussianOf(10): 100,
	} {
		v := cases.Must(d.Variable("A", rand.New(rand.NewPCG(3, 4)), 1, n))
		values := cases.Must(tensors.CopyFlatData[float32](v.Value))
		mean, square, largest := 0.0, 0.0, 0.0
		for _, v := range values {
			mean += float64(v) / n
			square += float64(v) * float64(v) / n
			largest = max(largest, math.Abs(float64(v)))
		}
		if bound := 5 * math.Sqrt(variance/n); !(math.Abs(mean) <= bound) {
			t.Errorf("%s: the mean must be 0 within %g, found %g", d, bound, mean)
		}
		if bound := 5 * math.Sqrt(2.0/n) * variance; !(math.Abs(square-variance) <= bound) {
			t.Errorf("%s: the variance must be %g within %g, found %g", d, variance, bound, square)
		}
		if (largest <= 1.8*math.Sqrt(variance)) != (d == prompt.Uniform) {
			t.Errorf("%s: the largest value is %g", d, largest)
		}
	}
	for _, d := range []prompt.Distribution{"cauchy", "gaussian:", "gaussian:0", "gaussian:-1", "gaussian:NaN",
		"gaussian:1e39"} {
		if _, err := d.Variable("A", nil, 1, 1); err == nil {
			t.Errorf("%s was drawn from", d)
		}
	}
	b := cases.Backbone(t)
	for _, method := range []prompt.Method{ // for equal seeds P equals GaussianOf's draw
		prompt.PT{Length: 3, Start: prompt.NoWordsOf(2)},
		prompt.ResidualPT{Length: 3, Bottleneck: 2, Start: prompt.NoWordsOf(2)},
	} {
		variables := cases.Must(method.Init(b, rand.New(rand.NewPCG(5, 6))))
		want := cases.Must(prompt.GaussianOf(2).Variable("P", rand.New(rand.NewPCG(5, 6)), 1, 3, b.DModel))
		if !variables[0].Value.Equal(want.Value) {
			t.Errorf("%s starts as %v, want %v", method.Name(), variables[0].Value, want.Value)
		}
	}
}
