// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"dpt/t5"
)

// ADePT is adaptive DePT (Tang et al. 2025, arXiv 2501.03291): the offset of an embedding depends on the token in place
// of its position, x' = x + ReLU(drop(x·W1 + b1))·W2 + b2, with W1 [e, r] and W2 [r, e], before a prompt P of m
// vectors: m·e + 2·e·r + r + e parameters. At T5-base, m = 60 and r = 19: 76,051. At inference it amounts to another
// embedding table for the encoder.
//
// The release trains P at 0.3 or 0.4, the network at 1e-4, both after 500 updates of warm-up and with linear decay, for
// 30,000 updates of 32 rows; no weight decay reaches its optimizer. Its W1 starts up to ±1/sqrt(r), since it is stored
// as [e, r]: much wider than a linear layer. The release of 2026 drops a tenth of the hidden units in training.
type ADePT struct {
	Length     int        `json:"length"`     // m
	Bottleneck int        `json:"bottleneck"` // r
	Start      Vocabulary `json:"start"`      // of P
	Dropout    float64    `json:"dropout"`    // of the network, in training

	// OffsetRate is the factor of the learning rate for W1, b1, W2 and b2; 0 stands for 1.
	OffsetRate float64 `json:"offset_rate"`
}

var _ = Register(ADePT{Length: 60, Bottleneck: 19, Start: TextStart(deptStart), Dropout: 0.1, OffsetRate: 1.0 / 3000})

// Name implements [Method].
func (ADePT) Name() string { return "ADePT" }

// Vectors implements [Method].
func (a ADePT) Vectors() int { return a.Length }

// WithLength implements [Resizable].
func (a ADePT) WithLength(m int) Method { a.Length = m; return a }

// Parameters implements [Counter].
func (a ADePT) Parameters(c t5.Config) int {
	return a.Length*c.DModel + 2*c.DModel*a.Bottleneck + a.Bottleneck + c.DModel
}

// Init implements [Method]; its variables are P, W1, uniform up to ±1/sqrt(r), and b1, W2 and b2, zeros.
func (a ADePT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if a.Bottleneck < 1 || a.OffsetRate < 0 || !(a.Dropout >= 0 && a.Dropout < 1) {
		return nil, fmt.Errorf("ADePT needs a bottleneck of at least 1, no negative rate, and a dropout from 0 to "+
			"below 1, found %d, %g and %g",
			a.Bottleneck, a.OffsetRate, a.Dropout)
	}
	prompt, err := a.Start.Variable(b, a.Length, random)
	if err != nil {
		return nil, err
	}
	e, r := b.DModel, a.Bottleneck
	network := []Variable{
		uniform("W1", random, 1/math.Sqrt(float64(r)), e, r), constant("b1", 0, r), constant("W2", 0, r, e),
		constant("b2", 0, e),
	}
	for i := range network {
		network[i].Rate = a.OffsetRate
	}
	return append([]Variable{prompt}, network...), nil
}

// Prompt implements [Method].
func (ADePT) Prompt(v Variables) *Node { return v("P") }

// Input implements [InputHook].
func (a ADePT) Input(v Variables, in Input) (embeddings, prompt *Node) {
	layer := func(x *Node, w, b string) *Node {
		y := Dot(x, v(w)).General([]int{-1}, nil, []int{0}, nil)
		return Add(y, ExpandLeftToRank(v(b), y.Rank()))
	}
	hidden := layer(in.Embeddings, "W1", "b1") // [n, s, r]
	if in.Training() && a.Dropout > 0 {
		kept := GreaterOrEqual(t5.KeyedUniform(in.Keys, 0, hidden.Shape().Dimensions...),
			Scalar(hidden.Graph(), hidden.DType(), a.Dropout))
		hidden = Where(kept, DivScalar(hidden, 1-a.Dropout), ZerosLike(hidden))
	}
	return Add(in.Embeddings, layer(activation.Relu(hidden), "W2", "b2")), in.Prompt
}
