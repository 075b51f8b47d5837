// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"dpt/t5"
)

// Basis names the source of the rows of a basis R of prompt vectors.
type Basis string

const (
	// Xavier draws R [r, e] uniformly up to ±sqrt(6/(r+e)), as ULPT's release does.
	Xavier Basis = "xavier"
	// Normal draws standard normal elements, as ULPT's paper does.
	Normal Basis = "normal"
	// VocabularyRows are the embeddings of different tokens, drawn as [Frequent] does.
	VocabularyRows Basis = "vocabulary"
	// SingularVectors are the right singular vectors of the whole embedding table that have the largest singular
	// values, each of length 1. Nothing is drawn. Finding them takes seconds (2·v·e² operations), once per model in a
	// process.
	SingularVectors Basis = "singular"
)

// Variable draws the variable R [k·r, e]: k bases of r rows each, one below the other. No two bases share a row.
func (s Basis) Variable(b Backbone, k, r int, random *rand.Rand) (Variable, error) {
	var values []float32
	_, err := elements("R", k, r, b.DModel)
	if err != nil {
		return Variable{}, err
	}
	switch s {
	case Xavier:
		return uniform("R", random, math.Sqrt(6/float64(r+b.DModel)), k*r, b.DModel), nil
	case Normal:
		return normal("R", random, 1, k*r, b.DModel), nil
	case VocabularyRows:
		if most := frequent(b.VocabSize); k*r > most {
			return Variable{}, fmt.Errorf("a basis of different tokens has at most %d rows, found %d", most, k*r)
		}
		values, err = Frequent.draw(b, k*r, random)
	case SingularVectors:
		if k*r > b.DModel {
			return Variable{}, fmt.Errorf("there are only %d singular vectors, the model's width, found a basis of %d",
				b.DModel, k*r)
		}
		values, err = singularVectors(b.Model)
	default:
		err = fmt.Errorf("a basis must be %q, found %q", []Basis{Xavier, Normal, VocabularyRows, SingularVectors}, s)
	}
	if err != nil {
		return Variable{}, err
	}
	rows := slices.Clone(values[:k*r*b.DModel])
	return Variable{Name: "R", Value: tensors.FromFlatDataAndDimensions(rows, k*r, b.DModel)}, nil
}

// coefficientScale returns the standard deviation of coefficients that makes sums of r rows, with independent
// coefficients, as long as one row if the rows are embeddings, and as long as ULPT's if they are not.
func (s Basis) coefficientScale(r int) float64 {
	if s == VocabularyRows {
		return 1 / math.Sqrt(float64(r))
	}
	return 1
}

// knownVectors holds the singular vectors of models, by fingerprint.
var knownVectors sync.Map

// singularVectors returns the right singular vectors of a model's embedding table [v, e], row after row, [e, e]; those
// of the largest singular values come first. They are the eigenvectors of the table's Gram matrix [e, e]. The sign of
// each is the one that makes its largest element positive.
func singularVectors(m *t5.Model) ([]float32, error) {
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return nil, err
	}
	if known, ok := knownVectors.Load(fingerprint); ok {
		return known.([]float32), nil
	}
	gram, err := gramMatrix(m)
	if err != nil {
		return nil, err
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nil, fmt.Errorf("the embeddings' singular vectors were not found: LAPACK did not converge")
	}
	var columns mat.Dense
	eigen.VectorsTo(&columns) // rising
	e := m.DModel
	vectors := make([]float32, 0, e*e)
	for i := range e {
		column := mat.Col(nil, e-1-i, &columns)
		largest := slices.MaxFunc(column, func(x, y float64) int { return cmp.Compare(math.Abs(x), math.Abs(y)) })
		for _, x := range column {
			vectors = append(vectors, float32(math.Copysign(1, largest)*x))
		}
	}
	knownVectors.Store(fingerprint, vectors)
	return vectors, nil
}

// gramMatrix returns the sum of all embeddings' outer products with themselves.
func gramMatrix(m *t5.Model) (*mat.SymDense, error) {
	e := m.DModel
	sum := mat.NewSymDense(e, nil)
	total := blas64.General{Rows: e, Cols: e, Stride: e, Data: sum.RawSymmetric().Data}
	ids := make([]int32, m.VocabSize)
	for i := range ids {
		ids[i] = int32(i)
	}
	for some := range slices.Chunk(ids, 4096) { // so that a large vocabulary is never held as float64
		values, err := m.Embeddings(some)
		if err != nil {
			return nil, err
		}
		rows := blas64.General{Rows: len(some), Cols: e, Stride: e, Data: make([]float64, len(values))}
		for i, x := range values {
			rows.Data[i] = float64(x)
		}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, rows, rows, 1, total)
	}
	return sum, nil
}
