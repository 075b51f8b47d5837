// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"dpt/t5"
)

// RankProbe is the paper's method of finding out what rank a prompt needs (section 2): Pᵀ = U·ReLU(Σ)·V with U [e, e],
// V [c, c] and a diagonal Σ [e, c], whose min(e, c) entries on the diagonal are trained: e² + c² + min(e, c)
// parameters. Entries that fall to 0 or below switch a direction off for good: their gradient is 0 from then on. So a
// falling count of positive entries is, by itself, no evidence that the prompt needs a low rank.
type RankProbe struct {
	Length int   `json:"length"` // c
	Start  Sigma `json:"start"`
}

// Sigma gives the start of the diagonal of Σ; the paper says only that it is positive.
type Sigma string

const (
	// UnitSigma draws uniformly from 0.1 to 1: an entry that starts at almost 0 is lost at the first update, whether
	// the prompt needs it or not.
	UnitSigma Sigma = "uniform"
	// OnesSigma is all ones.
	OnesSigma Sigma = "ones"
)

var _ = Register(RankProbe{Length: 100, Start: UnitSigma})

// Name implements [Method].
func (RankProbe) Name() string { return "rank probe" }

// Vectors implements [Method].
func (r RankProbe) Vectors() int { return r.Length }

// WithLength implements [Resizable].
func (r RankProbe) WithLength(c int) Method { r.Length = c; return r }

// Parameters implements [Counter].
func (r RankProbe) Parameters(c t5.Config) int {
	return c.DModel*c.DModel + r.Length*r.Length + min(c.DModel, r.Length)
}

// Init implements [Method]; its variables are U, S (the diagonal of Σ) and V. U and V are uniform from -0.5 to 0.5, a
// choice of ours, since the paper does not give theirs.
func (r RankProbe) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	e, c := b.DModel, r.Length
	if c < 1 {
		return nil, fmt.Errorf("a prompt needs a length of at least 1, found %d", c)
	}
	sigma := slices.Repeat([]float32{1}, min(e, c))
	switch r.Start {
	case OnesSigma:
	case UnitSigma:
		for i := range sigma {
			sigma[i] = 1 - 0.9*random.Float32()
		}
	default:
		return nil, fmt.Errorf("the rank probe's Σ must start as %q or %q, found %q", UnitSigma, OnesSigma, r.Start)
	}
	u, err := Uniform.Variable("U", random, 1, e, e)
	if err != nil {
		return nil, err
	}
	v, err := Uniform.Variable("V", random, 1, c, c)
	return []Variable{u, {Name: "S", Value: tensors.FromFlatDataAndDimensions(sigma, len(sigma))}, v}, err
}

// Prompt implements [Method].
func (RankProbe) Prompt(v Variables) *Node {
	s := activation.Relu(v("S")) // [k], k = min(e, c)
	k := s.Shape().Dim(0)
	first := Slice(v("U"), AxisRange(), AxisRange(0, k))                                  // [e, k]
	last := Slice(v("V"), AxisRange(0, k), AxisRange())                                   // [k, c]
	return Dot(Mul(last, InsertAxes(s, -1)), first).General([]int{0}, nil, []int{1}, nil) // [c, e]
}

// Observe implements [Observer]: how many entries of Σ's diagonal are "positive" and "negative", and the numerical
// "rank" of P.
func (RankProbe) Observe(p *Trained) map[string]float64 {
	positive, negative := 0.0, 0.0
	for _, sigma := range p.Variable("S") {
		if sigma > 0 {
			positive++
		} else if sigma < 0 {
			negative++
		}
	}
	rank := NumericalRank(p.SingularValues(), max(p.Length, p.Width))
	return map[string]float64{"positive": positive, "negative": negative, "rank": float64(rank)}
}
