// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"dpt/t5"
)

// RankProbe is how the paper asks what rank a prompt needs (section 2): Pᵀ = U·ReLU(Σ)·V with U [e, e], V [c, c] and a
// diagonal Σ [e, c], of which the min(e, c) entries on the diagonal are trained: e² + c² + min(e, c) parameters. Entries
// that fall to 0 or below switch a direction off, for good: their gradient is 0 from then on. So a falling count of positive
// entries is, by itself, no evidence that the prompt needs a low rank.
type RankProbe struct {
	Length int   `json:"length"` // c
	Start  Sigma `json:"start"`
}

// Sigma is where the diagonal of Σ starts; the paper says only that it is positive.
type Sigma string

const (
	// UnitSigma draws uniformly from 0 to 1.
	UnitSigma Sigma = "uniform"
	// OnesSigma is all ones.
	OnesSigma Sigma = "ones"
)

// Name implements [Method].
func (RankProbe) Name() string { return "rank probe" }

// Vectors implements [Method].
func (r RankProbe) Vectors() int { return r.Length }

// Init implements [Method]; its variables are U, S (the diagonal of Σ) and V. U and V are uniform from -0.5 to 0.5: the
// paper does not say.
func (r RankProbe) Init(scope *model.Scope, m *t5.Model, random *rand.Rand) error {
	e, c := m.DModel, r.Length
	if c < 1 {
		return fmt.Errorf("a prompt needs a length of at least 1, found %d", c)
	}
	sigma := slices.Repeat([]float32{1}, min(e, c))
	switch r.Start {
	case OnesSigma:
	case UnitSigma:
		for i := range sigma {
			sigma[i] = 1 - random.Float32() // above 0
		}
	default:
		return fmt.Errorf("the rank probe's Σ starts as %q or %q, found %q", UnitSigma, OnesSigma, r.Start)
	}
	u, _ := Uniform.draw(random, e*e) // a distribution that there is
	v, _ := Uniform.draw(random, c*c)
	for _, variable := range []struct {
		name  string
		value *tensors.Tensor
	}{
		{"U", tensors.FromFlatDataAndDimensions(u, e, e)}, {"S", tensors.FromFlatDataAndDimensions(sigma, len(sigma))},
		{"V", tensors.FromFlatDataAndDimensions(v, c, c)},
	} {
		if _, err := scope.CreateVariable(variable.name, variable.value); err != nil {
			return err
		}
	}
	return nil
}

// Prompt implements [Method].
func (RankProbe) Prompt(scope *model.Scope, g *Graph) *Node {
	get := func(name string) *Node { return scope.GetVariable(name).NodeValue(g) }
	s := activation.Relu(get("S")) // [k], k = min(e, c)
	k := s.Shape().Dim(0)
	u := Slice(get("U"), AxisRange(), AxisRange(0, k))                             // [e, k]
	v := Slice(get("V"), AxisRange(0, k), AxisRange())                             // [k, c]
	return Dot(Mul(v, InsertAxes(s, -1)), u).General([]int{0}, nil, []int{1}, nil) // [c, e]
}

// Probe is what the rank probe shows after so many updates.
type Probe struct {
	Updates  int `json:"updates"`
	Positive int `json:"positive"` // entries of Σ's diagonal above 0
	Negative int `json:"negative"` // entries below 0
	Rank     int `json:"rank"`     // numerical rank of P
}

// probe reads a snapshot of the rank probe; ok is false for other methods.
func (p *Prompt) probe(updates int) (probe Probe, ok bool) {
	probe.Updates = updates
	for _, factor := range p.factors {
		if factor.Name != "S" {
			continue
		}
		for _, sigma := range float32s(factor.Data) {
			if sigma > 0 {
				probe.Positive++
			} else if sigma < 0 {
				probe.Negative++
			}
		}
		probe.Rank = NumericalRank(p.SingularValues(), max(p.Length, p.Width))
		return probe, true
	}
	return probe, false
}

// SingularValues are those of P [c, e], falling; nil where P has elements that are not finite.
func (p *Prompt) SingularValues() []float64 {
	elements, largest := float32s(p.product.Data), 0.0
	for _, x := range elements {
		largest = max(largest, math.Abs(float64(x)))
	}
	if math.IsNaN(largest) || math.IsInf(largest, 0) {
		return nil
	}
	scaled := make([]float64, len(elements)) // to at most 1: the squares of a diverged run's prompt overflow
	for i, x := range elements {
		scaled[i] = float64(x) / max(largest, math.SmallestNonzeroFloat32)
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(p.Length, p.Width, scaled), mat.SVDNone) {
		return nil
	}
	values := svd.Values(nil)
	for i := range values {
		values[i] *= largest
	}
	return values
}

// NumericalRank counts the singular values above the tolerance that NumPy and PyTorch have for float32 matrices: the
// largest singular value, times the larger of the matrix's sides, times 2^-23.
func NumericalRank(singularValues []float64, side int) int {
	rank := 0
	for _, s := range singularValues {
		if s > singularValues[0]*float64(side)*0x1p-23 {
			rank++
		}
	}
	return rank
}

func float32s(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}
