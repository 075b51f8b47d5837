// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// DPT is decomposed prompt tuning: P = (A·B)ᵀ with trained A [e, r] and B [r, c] (paper, equation 3). It trains
// r·(e+c) parameters instead of the e·c of the prompt.
type DPT struct {
	Length     int          `json:"length"`     // c, the number of prompt vectors; the paper's is 100
	Bottleneck int          `json:"bottleneck"` // r, the rank that P can have at most; the paper writes b, and uses 10
	Start      Distribution `json:"start"`

	// MatchScale keeps the standard deviation of P's elements, sqrt(r)/12, at what it is for r = 10: A and B are scaled
	// by (10/r)^(1/4). The paper's do not, so that its sweeps of the bottleneck change the scale, too.
	MatchScale bool `json:"match_scale,omitempty"`
}

// Distribution is what the elements of A and B are drawn from at the start.
type Distribution string

const (
	// Uniform is the released code's: from -0.5 to 0.5.
	Uniform Distribution = "uniform"
	// Gaussian is the paper's; it gives no width, and this has Uniform's variance, 1/12.
	Gaussian Distribution = "gaussian"
)

// paperBottleneck is the bottleneck of the paper's main results.
const paperBottleneck = 10

// Name implements [Method].
func (DPT) Name() string { return "DPT" }

// Vectors implements [Method].
func (d DPT) Vectors() int { return d.Length }

// Init implements [Method]; its variables are A and B.
func (d DPT) Init(scope *model.Scope, m *t5.Model, random *rand.Rand) error {
	if d.Length < 1 || d.Bottleneck < 1 {
		return fmt.Errorf("DPT needs a prompt length and a bottleneck of at least 1, found %d and %d", d.Length, d.Bottleneck)
	}
	for _, factor := range []struct {
		name          string
		rows, columns int
	}{{"A", m.DModel, d.Bottleneck}, {"B", d.Bottleneck, d.Length}} {
		values, err := d.Start.draw(random, factor.rows*factor.columns)
		if err != nil {
			return err
		}
		if d.MatchScale {
			scale := math.Pow(paperBottleneck/float64(d.Bottleneck), 0.25)
			for i := range values {
				values[i] *= float32(scale)
			}
		}
		if _, err := scope.CreateVariable(factor.name, tensors.FromFlatDataAndDimensions(values, factor.rows, factor.columns)); err != nil {
			return err
		}
	}
	return nil
}

// Prompt implements [Method].
func (DPT) Prompt(scope *model.Scope, g *Graph) *Node {
	a, b := scope.GetVariable("A").NodeValue(g), scope.GetVariable("B").NodeValue(g)
	return Dot(b, a).General([]int{0}, nil, []int{1}, nil) // [c, e]
}

// draw makes n independent values of the distribution.
func (d Distribution) draw(random *rand.Rand, n int) ([]float32, error) {
	var sample func() float64
	switch d {
	case Uniform:
		sample = func() float64 { return random.Float64() - 0.5 }
	case Gaussian:
		sample = func() float64 { return random.NormFloat64() * math.Sqrt(1.0/12) }
	default:
		return nil, fmt.Errorf("DPT's initial distribution must be %q or %q, found %q", Uniform, Gaussian, d)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(sample())
	}
	return values, nil
}
