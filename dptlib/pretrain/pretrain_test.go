// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/toy"
)

// tinyLayout has one shape of batch, so that one graph is compiled.
var tinyLayout = layout{[]int{longestSource}, []int{longestTarget}, 8, 16}

// tiny returns a T5 and a recipe that take seconds.
func tiny(t *testing.T) (compute.Backend, t5.Config, Recipe) {
	t.Helper()
	backend, err := pjrt.Backend()
	if err != nil {
		t.Fatal(err)
	}
	config, err := toy.Config("toy-s")
	if err != nil {
		t.Fatal(err)
	}
	config.DModel, config.DFF, config.Heads = 16, 32, 1
	recipe := Standard("toy-s")
	recipe.Steps, recipe.BatchSize, recipe.Warmup, recipe.LearningRate, recipe.MatrixRate = 48, 16, 4, 1e-2, 2
	return backend, config, recipe
}

// TestShortRun: the loss falls, and a run that was cut off in the middle of a group of batches goes on to the weights
// of one that was not, which load as HuggingFace's files do.
func TestShortRun(t *testing.T) {
	backend, config, recipe := tiny(t)
	whole, cut := t.TempDir(), t.TempDir()
	var losses []float64
	m, err := run(t.Context(), backend, config, recipe, tinyLayout, whole,
		func(p Progress) { losses = append(losses, p.Loss) })
	if err != nil {
		t.Fatal(err)
	}
	if first, last := losses[0], losses[len(losses)-1]; len(losses) != 6 || last > first-1 {
		t.Errorf("losses are %v; want six, and the last below the first by more than 1 nat", losses)
	}
	want, err := m.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}

	ctx := &cutOff{t.Context(), 22} // between two lines of the log, and in the middle of a group
	if _, err := run(ctx, backend, config, recipe, tinyLayout, cut, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("a run whose context ends returned %v", err)
	}
	var resumed []float64
	if _, err := run(t.Context(), backend, config, recipe, tinyLayout, cut,
		func(p Progress) { resumed = append(resumed, p.Loss) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(resumed, losses[2:]) {
		t.Errorf("the resumed run's losses are %v; want the last four of %v", resumed, losses)
	}
	loaded, err := t5.Load(backend, cut, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := loaded.Fingerprint(); err != nil || got != want {
		t.Errorf("the resumed run's model is %s, %v; want the uninterrupted one's, %s", got, err, want)
	}

	recipe.Seed++
	if _, err := run(t.Context(), backend, config, recipe, tinyLayout, cut, nil); err == nil {
		t.Error("a checkpoint of another recipe must not be gone on from")
	}
}

// cutOff is a context that ends when it has been asked this many times.
type cutOff struct {
	context.Context
	left int
}

func (c *cutOff) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

func TestRate(t *testing.T) {
	r := Standard("toy-s")
	r.Steps, r.LearningRate, r.Decay, r.Restart = 12500, 2e-3, .3, .8
	for _, c := range []struct {
		step int
		want float64
	}{{0, 1e-5}, {199, 2e-3}, {6000, 2e-3}, {8500, (.02 + .98*.5) * 2e-3}, {9999, .02 * 2e-3},
		{10000, 1e-5}, {10199, 2e-3}, {12499, (.02 + .98/750) * 2e-3}} {
		if got := r.rate(c.step); got < c.want*.97 || got > c.want*1.03 {
			t.Errorf("step %d: rate %g, want %g within 3 %%", c.step, got, c.want)
		}
	}
}

func TestRefuses(t *testing.T) {
	backend, config, recipe := tiny(t)
	recipe.Steps = 0
	if _, err := run(t.Context(), backend, config, recipe, tinyLayout, t.TempDir(), nil); err == nil {
		t.Error("a run of no steps must be refused")
	}
}

// TestEmbedded: the models that are part of the program were made by the recipe that dpt pretrain follows.
func TestEmbedded(t *testing.T) {
	for _, name := range toy.Names {
		data, err := toy.Record(name)
		if err != nil {
			t.Fatal(err)
		}
		var record struct {
			Steps  int
			Recipe Recipe
		}
		if err := json.Unmarshal(data, &record); err != nil {
			t.Fatal(err)
		}
		if want := Standard(name); record.Recipe != want || record.Steps != want.Steps {
			t.Errorf("%s: recipe.json has %d steps of %+v; the recipe is %+v", name, record.Steps, record.Recipe, want)
		}
	}
}

// TestFrequentPiecesAreSeen: a prompt that starts as frequent pieces of the toys' vocabulary starts as pieces that
// pre-training saw.
func TestFrequentPiecesAreSeen(t *testing.T) {
	backend, config, _ := tiny(t)
	tok, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	m, err := t5.Random(backend, config, dtypes.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	const length = 200
	start := prompt.PT{Length: length, Start: prompt.Frequent}
	list, err := start.Init(prompt.Backbone{Model: m}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	vectors := tensors.MustCopyFlatData[float32](list[0].Value)
	known := 0
	for _, piece := range newVocabulary(tok, 1).pieces {
		row, err := m.Embeddings([]int32{piece})
		if err != nil {
			t.Fatal(err)
		}
		for vector := range slices.Chunk(vectors, m.DModel) {
			if slices.Equal(vector, row) {
				known++
			}
		}
	}
	if known != length {
		t.Errorf("%d of %d vectors are pieces that pre-training saw", known, length)
	}
}
