// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// SingularValues returns those of P [c, e], falling; nil where there is no P, or P has elements that are not finite.
func (p *Trained) SingularValues() []float64 {
	elements, largest := p.Elements(), 0.0
	for _, x := range elements {
		largest = max(largest, math.Abs(float64(x)))
	}
	if p.Length == 0 || math.IsNaN(largest) || math.IsInf(largest, 0) {
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
