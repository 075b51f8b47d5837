// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
)

// DPT is decomposed prompt tuning: P = (A·B)ᵀ with trained A [e, r] and B [r, c] (paper, equation 5). It trains r·(e+c)
// parameters instead of the e·c of the prompt.
type DPT struct {
	Length     int          `json:"length"`     // c, the number of prompt vectors; the paper's is 100
	Bottleneck int          `json:"bottleneck"` // r, the greatest rank of P; the paper writes b, and uses 10
	Start      Distribution `json:"start"`      // of A and B

	// MatchScale keeps the standard deviation of P's elements, sqrt(r)/12, at what it is for r = 10: A and B are scaled
	// by (10/r)^(1/4). The paper does not, so that its sweeps of the bottleneck change the scale, too.
	MatchScale bool `json:"match_scale,omitempty"`
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
		return nil, fmt.Errorf("DPT needs a length and a bottleneck of at least 1, found %d and %d", d.Length, d.Bottleneck)
	}
	scale := 1.0
	if d.MatchScale {
		scale = math.Pow(paperBottleneck/float64(d.Bottleneck), 0.25)
	}
	first, err := d.Start.Variable("A", random, scale, b.DModel, d.Bottleneck)
	if err != nil {
		return nil, err
	}
	second, err := d.Start.Variable("B", random, scale, d.Bottleneck, d.Length)
	return []Variable{first, second}, err
}

// Prompt implements [Method].
func (DPT) Prompt(v Variables) *Node {
	return Dot(v("B"), v("A")).General([]int{0}, nil, []int{1}, nil) // [c, e]
}

// Distribution is a distribution of independent elements around 0.
type Distribution string

const (
	// Uniform is the released code's start of A and B: from -0.5 to 0.5.
	Uniform Distribution = "uniform"
	// Gaussian is the paper's. It gives no width; this has Uniform's variance, 1/12.
	Gaussian Distribution = "gaussian"
)

// Variable draws a variable of the given dimensions, in row-major order, and scales it.
func (d Distribution) Variable(name string, random *rand.Rand, scale float64, dimensions ...int) (Variable, error) {
	n := 1
	for _, size := range dimensions {
		n *= size
	}
	values, err := d.draw(random, scale, n)
	if err != nil {
		return Variable{}, fmt.Errorf("variable %s: %w", name, err)
	}
	return Variable{Name: name, Value: tensors.FromFlatDataAndDimensions(values, dimensions...)}, nil
}

// draw returns n independent values of the distribution, scaled.
func (d Distribution) draw(random *rand.Rand, scale float64, n int) ([]float32, error) {
	var sample func() float64
	switch d {
	case Uniform:
		sample = func() float64 { return random.Float64() - 0.5 }
	case Gaussian:
		sample = func() float64 { return random.NormFloat64() * math.Sqrt(1.0/12) }
	default:
		return nil, fmt.Errorf("its start must be %q or %q, found %q", Uniform, Gaussian, d)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(sample()) * float32(scale)
	}
	return values, nil
}
