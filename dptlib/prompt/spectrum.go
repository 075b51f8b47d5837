// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// SingularValues returns the singular values of P [c, e] in descending order, or nil if there is no P, or if P has
// elements that are not finite.
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

// Truncated returns the prompt of the given rank that is nearest to P: only the largest rank singular values of P stay.
// The result has P alone, without the variables that made it.
func (p *Trained) Truncated(rank int) (*Trained, error) {
	if rank < 1 || p.Length == 0 || p.hooked() {
		return nil, fmt.Errorf("a prompt that is cut to a rank of at least 1 must be P alone, found rank %d, %d "+
			"vectors of %T",
			rank, p.Length, p.Method)
	}
	elements := p.Elements()
	wide := make([]float64, len(elements))
	for i, x := range elements {
		wide[i] = float64(x)
	}
	cut := &Trained{Length: p.Length, Width: p.Width, Metadata: p.Metadata, product: p.product}
	if rank >= min(p.Length, p.Width) {
		return cut, nil
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(p.Length, p.Width, wide), mat.SVDThin) {
		return nil, errors.New("LAPACK found no singular value decomposition of P")
	}
	var u, v, product mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	values := mat.NewDiagDense(rank, svd.Values(nil)[:rank])
	product.Product(u.Slice(0, p.Length, 0, rank), values, v.Slice(0, p.Width, 0, rank).T()) // [c, e]
	cut.product.Data = make([]byte, 0, 4*len(elements))
	for _, x := range product.RawMatrix().Data {
		cut.product.Data = binary.LittleEndian.AppendUint32(cut.product.Data, math.Float32bits(float32(x)))
	}
	return cut, nil
}
