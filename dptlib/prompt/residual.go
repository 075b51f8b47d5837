// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
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

// Init implements [Method]; its variables are P, W1 [m, e], b1 [m], W2 [e, m], b2 [e], gain [e] and bias [e]. Linear
// layers start as PyTorch's do, uniform up to ±1/sqrt(inputs), biases too; LayerNorm starts as the identity.
func (r ResidualPT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if r.Bottleneck < 1 {
		return nil, fmt.Errorf("the bottleneck of Residual PT must be at least 1, found %d", r.Bottleneck)
	}
	prompt, err := r.Start.Variable(b, r.Length, random)
	if err != nil {
		return nil, err
	}
	list := append([]Variable{prompt}, linear("W1", "b1", random, r.Bottleneck, b.DModel)...)
	list = append(list, linear("W2", "b2", random, b.DModel, r.Bottleneck)...)
	return append(list, constant("gain", 1, b.DModel), constant("bias", 0, b.DModel)), nil
}

// Prompt implements [Method].
func (ResidualPT) Prompt(v Variables) *Node {
	p := v("P")                                                         // [c, e]
	x := activation.Relu(affine(p, v("W1"), v("b1")))                   // [c, m]
	x = affine(x, v("W2"), v("b2"))                                     // [c, e]
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))                 // [c, e]
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)          // [c, 1]
	normed := Div(centred, Sqrt(AddScalar(variance, layerNormEpsilon))) // [c, e]
	return Add(p, Add(Mul(normed, InsertAxes(v("gain"), 0)), InsertAxes(v("bias"), 0)))
}
