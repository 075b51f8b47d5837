// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// ULPT is ultra-low-dimensional prompt tuning (arXiv 2502.04501): P = (Z·R)·diag(g) + d. The coefficients Z [c, r], the
// scale g [e] and the shift d [e], which all vectors share, are trained: c·r + 2·e parameters. The basis R [r, e] is
// not.
//
// Without scale and shift it is a family of methods that differ only in where the basis comes from. With a trained
// basis it is [DPT], A = Rᵀ and B = Zᵀ; with rows of the vocabulary it is [SuperPos] without an offset.
//
// The paper has c = 100 and r from 2 to 256, AdamW at a peak of 0.6 after 500 updates of warm-up, linear decay, batches
// of 16 and no weight decay, since its release passes none to the optimizer. It reports that d matters most where r is
// small, and that training R in place of Z is no better at equal numbers of parameters. Its scores on SuperGLUE are
// those of one seed, on half of the development split; its score on WSC is that of the majority class.
type ULPT struct {
	Length     int   `json:"length"`     // c
	Bottleneck int   `json:"bottleneck"` // r
	Basis      Basis `json:"basis"`      // of R
	Scale      bool  `json:"scale"`      // whether there is a g
	Shift      bool  `json:"shift"`      // whether there is a d

	// Bases is the number of bases; 0 stands for 1. Each serves the same number of consecutive vectors of the prompt.
	Bases int `json:"bases,omitempty"`

	// TrainBasis trains R too: r·e parameters more for each basis.
	TrainBasis bool `json:"train_basis,omitempty"`
}

var _ = Register(ULPT{Length: 100, Bottleneck: 64, Basis: Xavier, Scale: true, Shift: true})

// Name implements [Method].
func (ULPT) Name() string { return "ULPT" }

// Vectors implements [Method].
func (u ULPT) Vectors() int { return u.Length }

// WithLength implements [Resizable].
func (u ULPT) WithLength(c int) Method { u.Length = c; return u }

// LearningRate implements [RateChooser]: the paper's.
func (ULPT) LearningRate() float64 { return 0.6 }

// bases returns the number of bases.
func (u ULPT) bases() int { return max(1, u.Bases) }

// Parameters implements [Counter].
func (u ULPT) Parameters(c t5.Config) int {
	n := u.Length * u.Bottleneck
	for _, part := range []struct {
		there bool
		size  int
	}{{u.Scale, c.DModel}, {u.Shift, c.DModel}, {u.TrainBasis, u.bases() * u.Bottleneck * c.DModel}} {
		if part.there {
			n += part.size
		}
	}
	return n
}

// Init implements [Method]; its variables are Z, which is standard normal, except that its variance is 1/r with a basis
// of the vocabulary's rows; then R [k·r, e] of k bases; then g, of ones, and d, of zeros, if the method has them. Equal
// seeds give equal Z with every basis.
func (u ULPT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if u.Length < 1 || u.Bottleneck < 1 || u.Bases < 0 || u.Length%u.bases() != 0 {
		return nil, fmt.Errorf("ULPT needs a length and a bottleneck of at least 1, and bases among which the length "+
			"can be divided, "+
			"found %d, %d and %d", u.Length, u.Bottleneck, u.Bases)
	}
	z := normal("Z", random, u.Basis.coefficientScale(u.Bottleneck), u.Length, u.Bottleneck)
	basis, err := u.Basis.Variable(b, u.bases(), u.Bottleneck, random)
	if err != nil {
		return nil, err
	}
	basis.Frozen = !u.TrainBasis
	list := []Variable{z, basis}
	if u.Scale {
		list = append(list, constant("g", 1, b.DModel))
	}
	if u.Shift {
		list = append(list, constant("d", 0, b.DModel))
	}
	return list, nil
}

// Prompt implements [Method].
func (u ULPT) Prompt(v Variables) *Node {
	k := u.bases()
	z := Reshape(v("Z"), k, -1, u.Bottleneck)                      // [k, c/k, r]
	r := Reshape(v("R"), k, u.Bottleneck, -1)                      // [k, r, e]
	p := Dot(z, r).General([]int{2}, []int{0}, []int{1}, []int{0}) // [k, c/k, e]
	if p = Reshape(p, u.Length, -1); u.Scale {                     // [c, e]
		p = Mul(p, InsertAxes(v("g"), 0))
	}
	if u.Shift {
		p = Add(p, InsertAxes(v("d"), 0))
	}
	return p
}
