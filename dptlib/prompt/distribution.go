// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
)

// Distribution is how the factors of a product start: as independent elements around 0, or as the factors of a text.
type Distribution string

const (
	// Uniform is the released code's start of A and B: from -0.5 to 0.5.
	Uniform Distribution = "uniform"
	// Gaussian is the paper's. It gives no width; this has Uniform's variance, 1/12.
	Gaussian Distribution = "gaussian"
)

// GaussianOf returns the normal distribution around 0 of a standard deviation. In JSON it is "gaussian:" and the deviation.
func GaussianOf(sd float64) Distribution {
	return Distribution(fmt.Sprintf("%s%g", gaussianPrefix, sd))
}

const gaussianPrefix = string(Gaussian) + ":"

// deviation returns the standard deviation of Gaussian or of what GaussianOf returns.
func (d Distribution) deviation() (float64, error) {
	text, given := strings.CutPrefix(string(d), gaussianPrefix)
	if !given {
		return math.Sqrt(1.0 / 12), nil
	}
	sd, err := strconv.ParseFloat(text, 64)
	if err != nil || !(sd > 0) || sd > math.MaxFloat32 {
		return 0, fmt.Errorf("a Gaussian start must have a positive, finite standard deviation, found %q", d)
	}
	return sd, nil
}

// DecomposedText starts a product as a text's tokens, over and over until the prompt is full, or as near to that as its
// rank allows: of their embeddings T [c, e] = U·S·Vᵀ the r largest singular values stay, and each factor has their roots
// (PT-MoE, arXiv 2505.09519). Where the text has a lower rank than the product, the other columns of A start [Uniform] and
// the rows of B as 0, so that they can be trained. In JSON it is "text:" and the text.
func DecomposedText(text string) Distribution { return Distribution(textPrefix + text) }

// factors draws A [e, r] and B [r, c], whose product's transpose is a prompt. Only what is drawn is scaled.
func (d Distribution) factors(b Backbone, c, r int, scale float64, random *rand.Rand) (first, second Variable, err error) {
	drawn, text := d, strings.HasPrefix(string(d), textPrefix)
	if text {
		drawn = Uniform
	}
	if first, err = drawn.Variable("A", random, scale, b.DModel, r); err != nil {
		return first, second, err
	}
	if !text {
		second, err = d.Variable("B", random, scale, r, c)
		return first, second, err
	}
	embeddings, err := Vocabulary(d).draw(b, c, random)
	if err != nil {
		return first, second, err
	}
	left, right, err := decompose(embeddings, c, r)
	if err != nil {
		return first, second, fmt.Errorf("the factors of %q: %w", d, err)
	}
	rows := make([]float32, r*c)
	tensors.MustMutableFlatData(first.Value, func(columns []float32) {
		for k, row := range left {
			copy(rows[k*c:], row)
			for j, x := range right[k] {
				columns[j*r+k] = x
			}
		}
	})
	return first, Variable{Name: "B", Value: tensors.FromFlatDataAndDimensions(rows, r, c)}, nil
}

// decompose returns the r leading singular vectors on the left [c] and on the right [e] of a matrix with c rows, all of
// them times the root of the singular value; fewer where the matrix has a lower rank.
func decompose(values []float32, c, r int) (left, right [][]float32, err error) {
	wide := make([]float64, len(values))
	for i, x := range values {
		wide[i] = float64(x)
	}
	e := len(values) / c
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(c, e, wide), mat.SVDThin) {
		return nil, nil, fmt.Errorf("LAPACK found no singular value decomposition")
	}
	singular := svd.Values(nil)
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	rooted := func(column []float64, s float64) []float32 {
		list := make([]float32, len(column))
		for i, x := range column {
			list[i] = float32(math.Sqrt(s) * x)
		}
		return list
	}
	for k := range min(r, NumericalRank(singular, max(c, e))) {
		left, right = append(left, rooted(mat.Col(nil, k, &u), singular[k])), append(right, rooted(mat.Col(nil, k, &v), singular[k]))
	}
	return left, right, nil
}

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
	switch {
	case d == Uniform:
		sample = func() float64 { return random.Float64() - 0.5 }
	case d == Gaussian || strings.HasPrefix(string(d), gaussianPrefix):
		sd, err := d.deviation()
		if err != nil {
			return nil, err
		}
		sample = func() float64 { return random.NormFloat64() * sd }
	default:
		return nil, fmt.Errorf("its start must be %q, %q or, of factors, %q followed by a text; found %q", Uniform, Gaussian, textPrefix, d)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(sample()) * float32(scale)
	}
	return values, nil
}
