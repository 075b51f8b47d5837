// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
)

// PTMoE is PT-MoE (Li et al. 2025, arXiv 2505.09519), [DPT]'s product after [SMoP]'s router: the prompt of a row is P =
// w_i·A_i·B, with A_i [c, r] for each of N prompts and a B [r, e] that they share; w = softmax(u·Wᵀ + b), and only its
// largest element is kept. It trains N·c·r + r·e + N·e + N parameters.
//
// With the straight-through estimator, the weights of the other prompts are 0 but have the gradients that they would
// have if they were kept, so that the router learns from all prompts. Without it W and b learn as SMoP's do.
//
// The paper has N = 2, c = 40 and about 80,000 parameters on a decoder of 1 billion, and starts from a text
// ([DecomposedText], all A_i alike); AdamW, a warm-up and then a constant rate. Its code was not published. The scale
// of the noise and the start of the router are not known; here they are SMoP's, with b = 0. In the paper's own runs DPT
// and SMoP score below plain prompt tuning.
type PTMoE struct {
	Length     int          `json:"length"`     // c
	Bottleneck int          `json:"bottleneck"` // r
	Prompts    int          `json:"prompts"`    // N
	Start      Distribution `json:"start"`      // of the A_i and B, or [DecomposedText]
	Noise      float64      `json:"noise"`      // standard deviation of ε, as in SMoP

	StraightThrough bool `json:"straight_through"`
}

var _ = Register(PTMoE{Length: 100, Bottleneck: paperBottleneck, Prompts: 2, Start: Uniform, Noise: 1,
	StraightThrough: true})

// Name implements [Method].
func (PTMoE) Name() string { return "PT-MoE" }

// Vectors implements [Method].
func (p PTMoE) Vectors() int { return p.Length }

// WithLength implements [Resizable].
func (p PTMoE) WithLength(c int) Method { p.Length = c; return p }

// Parameters implements [Counter].
func (p PTMoE) Parameters(c t5.Config) int {
	return p.Prompts*p.Length*p.Bottleneck + p.Bottleneck*c.DModel + p.Prompts*(c.DModel+1)
}

// Init implements [Method]; its variables are A [N, c, r], B [r, e], W, rows of length 1 at right angles, and b, zeros.
func (p PTMoE) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	n, c, r, e := p.Prompts, p.Length, p.Bottleneck, b.DModel
	if c < 1 || r < 1 || n < 1 || n > e || p.Noise < 0 {
		return nil, fmt.Errorf("PT-MoE needs a length and a bottleneck of at least 1, 1 to %d prompts, and no "+
			"negative noise, found %d, %d, %d and %g",
			e, c, r, n, p.Noise)
	}
	if _, err := elements("A", n, c, r); err != nil {
		return nil, err
	}
	router := []Variable{orthogonal("W", random, n, e), constant("b", 0, n)}
	if p.Start.isText() {
		left, right, err := p.Start.decompose(b, c, r, random)
		if err != nil {
			return nil, err
		}
		return append(router,
			Variable{Name: "A", Value: tensors.FromFlatDataAndDimensions(slices.Repeat(left, n), n, c, r)},
			Variable{Name: "B", Value: tensors.FromFlatDataAndDimensions(right, r, e)}), nil
	}
	each, err := p.Start.Variable("A", random, 1, n, c, r)
	if err != nil {
		return nil, err
	}
	shared, err := p.Start.Variable("B", random, 1, r, e)
	return append(router, each, shared), err
}

// Prompt implements [Method]: there is none for all rows.
func (PTMoE) Prompt(Variables) *Node { return nil }

// Input implements [InputHook].
func (p PTMoE) Input(v Variables, in Input) (embeddings, prompt *Node) {
	first := mixed(p.route(v, in).gates(p.StraightThrough), v("A"))                // [n, c, r]
	return in.Embeddings, Dot(first, v("B")).General([]int{2}, nil, []int{0}, nil) // [n, c, e]
}

func (p PTMoE) route(v Variables, in Input) routing { return route(in, v("W"), v("b"), p.Noise) }

// Choices implements [Router].
func (p PTMoE) Choices() int { return p.Prompts }

// Choose implements [Router].
func (p PTMoE) Choose(v Variables, in Input) *Node { return p.route(v, in).chosen }
