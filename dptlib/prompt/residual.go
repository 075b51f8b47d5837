// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"dpt/t5"
)

// ResidualPT is residual prompt tuning (Razdaibiedina et al. 2023): P' = P + LayerNorm(W2·ReLU(W1·P + b1) + b2). One
// network serves all vectors of the prompt, and P is trained with it: 2·m·e + m + 3·e + c·e parameters.
type ResidualPT struct {
	Length     int        `json:"length"`     // c; the paper has 100, and 10 in its Table 4
	Bottleneck int        `json:"bottleneck"` // m; the papers' is 400
	Start      Vocabulary `json:"start"`      // of P
}

const layerNormEpsilon = 1e-5 // PyTorch's

var _ = Register(ResidualPT{Length: 100, Bottleneck: 400, Start: Frequent})

// Name implements [Method].
func (ResidualPT) Name() string { return "Residual PT" }

// Vectors implements [Method].
func (r ResidualPT) Vectors() int { return r.Length }

// WithLength implements [Resizable].
func (r ResidualPT) WithLength(c int) Method { r.Length = c; return r }

// Parameters implements [Counter].
func (r ResidualPT) Parameters(c t5.Config) int {
	return 2*r.Bottleneck*c.DModel + r.Bottleneck + 3*c.DModel + r.Length*c.DModel
}

// Init implements [Method]; its variables are P, W1 [m, e], b1 [m], W2 [e, m], b2 [e], gain [e] and bias [e]. Linear layers
// start as PyTorch's do, uniform up to ±1/sqrt(inputs), biases too; LayerNorm starts as the identity.
func (r ResidualPT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if r.Bottleneck < 1 {
		return nil, fmt.Errorf("the bottleneck of Residual PT must be at least 1, found %d", r.Bottleneck)
	}
	prompt, err := r.Start.Variable(b, r.Length, random)
	if err != nil {
		return nil, err
	}
	list := []Variable{prompt}
	e, h := b.DModel, r.Bottleneck
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
		list = append(list, Variable{Name: v.name, Value: tensors.FromFlatDataAndDimensions(v.values, v.shape...)})
	}
	return list, nil
}

// Prompt implements [Method].
func (ResidualPT) Prompt(v Variables) *Node {
	linear := func(x *Node, w, b string) *Node {
		return Add(Dot(x, v(w)).General([]int{-1}, nil, []int{-1}, nil), InsertAxes(v(b), 0))
	}
	p := v("P")                                                         // [c, e]
	x := linear(activation.Relu(linear(p, "W1", "b1")), "W2", "b2")     // [c, e]
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))                 // [c, e]
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)          // [c, 1]
	normed := Div(centred, Sqrt(AddScalar(variance, layerNormEpsilon))) // [c, e]
	return Add(p, Add(Mul(normed, InsertAxes(v("gain"), 0)), InsertAxes(v("bias"), 0)))
}
