// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// ResidualPT is residual prompt tuning (Razdaibiedina et al. 2023): P' = P + LayerNorm(W2·ReLU(W1·P + b1) + b2), with one
// network for all vectors of the prompt, and P trained with it: 2·m·e + m + 3·e + c·e parameters.
type ResidualPT struct {
	Length     int        `json:"length"`     // c; the paper has 100, and 10 in its Table 4
	Bottleneck int        `json:"bottleneck"` // m; the papers' is 400
	Start      Vocabulary `json:"start"`      // of P
}

const layerNormEpsilon = 1e-5 // PyTorch's

// Name implements [Method].
func (ResidualPT) Name() string { return "Residual PT" }

// Vectors implements [Method].
func (r ResidualPT) Vectors() int { return r.Length }

// Init implements [Method]; its variables are P, W1 [m, e], b1 [m], W2 [e, m], b2 [e], gain [e] and bias [e]. Linear layers
// start as PyTorch's do, uniform up to ±1/sqrt(inputs), biases too; LayerNorm as the identity.
func (r ResidualPT) Init(scope *model.Scope, m *t5.Model, random *rand.Rand) error {
	if r.Bottleneck < 1 {
		return fmt.Errorf("Residual PT needs a bottleneck of at least 1, found %d", r.Bottleneck)
	}
	if err := r.Start.create(scope, m, r.Length, random); err != nil {
		return err
	}
	e, h := m.DModel, r.Bottleneck
	uniform := func(inputs, n int) []float32 {
		values, bound := make([]float32, n), 1/math.Sqrt(float64(inputs))
		for i := range values {
			values[i] = float32(bound * (2*random.Float64() - 1))
		}
		return values
	}
	for _, v := range []struct {
		name   string
		values []float32
		shape  []int
	}{
		{"W1", uniform(e, h*e), []int{h, e}}, {"b1", uniform(e, h), []int{h}},
		{"W2", uniform(h, e*h), []int{e, h}}, {"b2", uniform(h, e), []int{e}},
		{"gain", slices.Repeat([]float32{1}, e), []int{e}}, {"bias", make([]float32, e), []int{e}},
	} {
		if _, err := scope.CreateVariable(v.name, tensors.FromFlatDataAndDimensions(v.values, v.shape...)); err != nil {
			return err
		}
	}
	return nil
}

// Prompt implements [Method].
func (ResidualPT) Prompt(scope *model.Scope, g *Graph) *Node {
	get := func(name string) *Node { return scope.GetVariable(name).NodeValue(g) }
	linear := func(x *Node, w, b string) *Node {
		return Add(Dot(x, get(w)).General([]int{-1}, nil, []int{-1}, nil), InsertAxes(get(b), 0))
	}
	p := get("P")                                                       // [c, e]
	x := linear(activation.Relu(linear(p, "W1", "b1")), "W2", "b2")     // [c, e]
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))                 // [c, e]
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)          // [c, 1]
	normed := Div(centred, Sqrt(AddScalar(variance, layerNormEpsilon))) // [c, e]
	return Add(p, Add(Mul(normed, InsertAxes(get("gain"), 0)), InsertAxes(get("bias"), 0)))
}
