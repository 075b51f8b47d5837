// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// DPT is decomposed prompt tuning: P = (A·B)ᵀ with trained A [e, r] and B [r, c] (paper, equation 5). It trains r·(e+c)
// parameters instead of the e·c of the prompt.
type DPT struct {
	Length     int          `json:"length"`     // c, the number of prompt vectors; the paper's is 100
	Bottleneck int          `json:"bottleneck"` // r, the greatest rank of P; the paper writes b, and uses 10
	Start      Distribution `json:"start"`      // of A and B, or [DecomposedText]

	// MatchScale keeps the standard deviation of P's elements, sqrt(r)/12, at its value for r = 10: A and B are scaled
	// by (10/r)^(1/4). The paper does not do this, so that its sweeps of the bottleneck change the scale, too.
	MatchScale bool `json:"match_scale,omitempty"`

	// RateB is a factor of the learning rate for B; 0 stands for 1. The paper has one rate for both.
	RateB float64 `json:"rate_b,omitempty"`
}

// paperBottleneck is the bottleneck of the paper's main results.
const paperBottleneck = 10

var _ = Register(DPT{Length: 100, Bottleneck: paperBottleneck, Start: Uniform})

// Name implements [Method].
func (DPT) Name() string { return "DPT" }

// Vectors implements [Method].
func (d DPT) Vectors() int { return d.Length }

// WithLength implements [Resizable].
func (d DPT) WithLength(c int) Method { d.Length = c; return d }

// Parameters implements [Counter].
func (d DPT) Parameters(c t5.Config) int { return d.Bottleneck * (c.DModel + d.Length) }

// Init implements [Method]; its variables are A and B.
func (d DPT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if d.Length < 1 || d.Bottleneck < 1 {
		return nil, fmt.Errorf("DPT needs a length and a bottleneck of at least 1, found %d and %d", d.Length,
			d.Bottleneck)
	}
	if d.RateB < 0 {
		return nil, fmt.Errorf("a factor of the learning rate must be at least 0, found %g", d.RateB)
	}
	scale := 1.0
	if d.MatchScale {
		scale = math.Pow(paperBottleneck/float64(d.Bottleneck), 0.25)
	}
	first, second, err := d.Start.factors(b, d.Length, d.Bottleneck, scale, random)
	second.Rate = d.RateB
	return []Variable{first, second}, err
}

// Prompt implements [Method].
func (DPT) Prompt(v Variables) *Node {
	return Dot(v("B"), v("A")).General([]int{0}, nil, []int{1}, nil) // [c, e]
}
