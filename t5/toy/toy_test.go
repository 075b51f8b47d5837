// SPDX-License-Identifier: Apache-2.0

package toy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/pjrt"
	"dpt/t5"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

func Example() {
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		panic(err)
	}
	ids := vocabulary.Encode("The weather was fine.")
	fmt.Println(vocabulary.Decode(ids))
	// Output: The weather was fine.
}

// TestModels: each embedded model loads, agrees with its recipe.json, has a row for each piece of the vocabulary, and
// is small; the models grow in width, and none is less deep than the one before.
func TestModels(t *testing.T) {
	backend, err := pjrt.Backend()
	if err != nil {
		t.Fatal(err)
	}
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	var before t5.Config
	for _, name := range toy.Names {
		m, err := toy.Load(backend, name, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		fingerprint, err := m.Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		record, err := toy.Record(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(record), fingerprint) {
			t.Errorf("%s: the fingerprint is %s, and recipe.json has another", name, fingerprint)
		}
		if config, err := toy.Config(name); err != nil || m.Config != config {
			t.Errorf("%s: the model's architecture is %+v, want %+v, %v", name, m.Config, config, err)
		}
		if deviation, err := m.EmbeddingDeviation(); err != nil || math.Abs(deviation-11.6) > .01 {
			t.Errorf("%s: the embeddings' standard deviation is %.2f, want T5 v1.1 small's 11.6, %v", name, deviation,
				err)
		}
		if vocabulary.Size() > m.VocabSize {
			t.Errorf("%s: %d pieces need as many rows, found %d", name, vocabulary.Size(), m.VocabSize)
		}
		if stored := 4 * m.NumParameters(); stored > 3<<20 {
			t.Errorf("%s: %d bytes of weights, want at most 3 MiB", name, stored)
		}
		if m.DModel <= before.DModel || m.Layers+m.DecoderLayers < before.Layers+before.DecoderLayers {
			t.Errorf("%s: it must be wider than the one before, and at least as deep", name)
		}
		before = m.Config
		unscaled, err := toy.Load(backend, name+toy.Unscaled, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		deviation, err := unscaled.EmbeddingDeviation()
		var made struct {
			Factor float64 `json:"rescaled_by"`
		}
		if err := errors.Join(err, json.Unmarshal(record, &made)); err != nil {
			t.Fatal(err)
		}
		if unscaled.Config != m.Config || math.Abs(deviation*made.Factor-11.6) > .01 || deviation > 1 {
			t.Errorf("%s unscaled: the embeddings' standard deviation is %.2f, want 11.6 over %.2f; the architecture "+
				"is %+v",
				name, deviation, made.Factor, unscaled.Config)
		}
		compareLogits(t, backend, vocabulary, m, unscaled)
	}
}

// compareLogits compares the logits of a model and of the same at another scale, for words without a prompt. They may
// differ by 1e-5 of the largest, for rounding in float32.
func compareLogits(t *testing.T, backend compute.Backend, vocabulary *tokenizer.Tokenizer, scaled, unscaled *t5.Model) {
	t.Helper()
	var logits [2][]float32
	for i, m := range []*t5.Model{scaled, unscaled} {
		exec := model.MustNewExec(backend, m.Store, func(_ *model.Scope, in []*graph.Node) *graph.Node {
			encoded := m.EncodeEmbedded(m.Scope(), m.Embed(m.Scope(), in[0]), graph.OnesLike(in[0]), nil, nil)
			return m.Decode(m.Scope(), encoded, in[1], nil)
		})
		defer exec.Finalize()
		out, err := exec.Call([][]int32{vocabulary.Encode("Anna baked a red cake. who baked the cake?")},
			[][]int32{vocabulary.Encode("Anna")})
		if err != nil {
			t.Fatal(err)
		}
		logits[i] = tensors.MustCopyFlatData[float32](out[0])
	}
	largest, difference := 0., 0.
	for i, x := range logits[0] {
		largest = max(largest, math.Abs(float64(x)))
		difference = max(difference, math.Abs(float64(x-logits[1][i])))
	}
	if !(difference < 1e-5*largest) {
		t.Errorf("width %d: logits before and after rescaling differ by %g, of %g at most", scaled.DModel, difference,
			largest)
	}
}

func TestUnknownModel(t *testing.T) {
	if _, err := toy.Load(nil, "toy-xl", dtypes.Float32); err == nil || !strings.Contains(err.Error(), "toy-b") {
		t.Errorf("toy-xl: %v; want an error that lists the models", err)
	}
}

// TestEnglish: text from outside the toy world must not be a flood of unknowns.
func TestEnglish(t *testing.T) {
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Hydrogen is element 1; its isotopes weigh (roughly) 1, 2 & 3 units.",
		`"Why?" asked Zoe's neighbour - 50% of the time.`} {
		for _, id := range vocabulary.Encode(text) {
			if id == vocabulary.Unk {
				t.Errorf("%q has unknown pieces", text)
				break
			}
		}
	}
}
