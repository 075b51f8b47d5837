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
	"gonum.org/v1/gonum/mat"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// A router's weights start as rows of length 1 at right angles, at most as many as the model is wide.
func TestRouterStart(t *testing.T) {
	b := cases.Backbone(t)
	for _, k := range []int{1, 4, b.DModel} {
		for _, method := range []prompt.Method{
			prompt.SMoP{Length: 2, Prompts: k}, prompt.PTMoE{Length: 2, Bottleneck: 1, Prompts: k,
				Start: prompt.Gaussian},
		} {
			for _, v := range cases.Must(method.Init(b, rand.New(rand.NewPCG(1, 2)))) {
				if v.Name != "W" {
					continue
				}
				w := matrix(k, tensors.MustCopyFlatData[float32](v.Value))
				var products mat.Dense
				products.Mul(w, w.T())
				for i := range k {
					for j := range k {
						want := 0.0
						if i == j {
							want = 1
						}
						if !(math.Abs(products.At(i, j)-want) <= 1e-6) {
							t.Fatalf("%s: rows %d and %d of %d have a product of %g", method.Name(), i, j, k,
								products.At(i, j))
						}
					}
				}
			}
		}
	}
	for _, bad := range []prompt.Method{
		prompt.SMoP{Length: 2, Prompts: b.DModel + 1}, prompt.SMoP{Length: 2},
		prompt.SMoP{Length: 2, Prompts: 2, Noise: -1},
		prompt.PTMoE{Length: 2, Bottleneck: 1, Start: prompt.Uniform},
		prompt.PTMoE{Length: 2, Prompts: 2, Start: prompt.Uniform},
		prompt.PTMoE{Length: 2, Bottleneck: 1, Prompts: 2, Start: "frequent"},
		prompt.PTMoE{Length: 2, Bottleneck: 1, Prompts: 2, Start: "text:"},
	} {
		if _, err := bad.Init(b, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// PT-MoE's prompts start from a text alike, each with DPT's decomposition of it.
func TestPTMoEText(t *testing.T) {
	b := cases.Backbone(t)
	const c, r = 9, 3
	start := prompt.DecomposedText("is it true that it rained?")
	want, _ := product(t, b, prompt.DPT{Length: c, Bottleneck: r, Start: start})
	v := map[string][]float32{}
	for _, variable := range cases.Must(prompt.PTMoE{Length: c, Bottleneck: r, Prompts: 3, Start: start}.Init(b,
		rand.New(rand.NewPCG(1, 2)))) {
		v[variable.Name] = tensors.MustCopyFlatData[float32](variable.Value)
	}
	for a := range slices.Chunk(v["A"], c*r) {
		var p mat.Dense
		p.Mul(matrix(c, a), matrix(r, v["B"]))
		for i, x := range want {
			if got := p.At(i/b.DModel, i%b.DModel); !(math.Abs(got-float64(x)) <= 1e-5) {
				t.Fatalf("element %d of a prompt must be %g, found %g", i, x, got)
			}
		}
	}
}

// What a row gets depends on the row alone: not on the others of its batch, nor on how many there are, one as well as
// as many as the prompt has vectors; nor on its padding. A row without text, which fills up a batch, gets finite
// numbers.
func TestRouterRows(t *testing.T) {
	b := cases.Backbone(t)
	const c = 4
	tokens := [][]int32{{11, 203, 47, 318, 29, 1}, {510, 14, 77, 1, 0, 0}, {5, 6, 7, 8, 1, 0}, {0, 0, 0, 0, 0, 0}}
	for _, method := range []prompt.Method{
		prompt.SMoP{Length: c, Prompts: 3, Noise: 1},
		prompt.PTMoE{Length: c, Bottleneck: 2, Prompts: 3, Start: prompt.Uniform, StraightThrough: true},
	} {
		in := installed(t, b, method)
		prompts := func(rows ...[]int32) []float32 {
			out := cases.Must(model.CallOnce(cases.Backend(t), b.Store, func(_ *model.Scope, tokens *Node) *Node {
				mask := NotEqual(tokens, Scalar(tokens.Graph(), dtypes.Int32, 0))
				_, p := in.Read(b.Embed(b.Scope(), tokens), mask, nil)
				return p
			}, rows))
			if !slices.Equal(out.Shape().Dimensions, []int{len(rows), c, b.DModel}) {
				t.Fatalf("%s gives %d rows prompts of shape %s", method.Name(), len(rows), out.Shape())
			}
			return tensors.MustCopyFlatData[float32](out)
		}
		all := prompts(tokens...)
		for i, row := range tokens {
			alone := prompts(row)
			if i < 3 {
				alone = prompts(slices.Concat(row, []int32{0, 0, 0}))
			}
			if difference, largest := cases.Differs(all[i*c*b.DModel:(i+1)*c*b.DModel],
				alone); !(difference <= 1e-6*largest) {
				t.Errorf("%s: row %d gets another prompt alone, by %g of %g", method.Name(), i, difference, largest)
			}
		}
	}
}
