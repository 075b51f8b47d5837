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

// Distribution names the start of a product's factors: independent elements around 0, or the factors of a text.
type Distribution string

const (
	// Uniform is the released code's start of A and B: from -0.5 to 0.5.
	Uniform Distribution = "uniform"
	// Gaussian is the paper's start. The paper gives no width; Gaussian has the variance of Uniform, 1/12.
	Gaussian Distribution = "gaussian"
)

// GaussianOf returns the normal distribution around 0 with the given standard deviation. In JSON it is "gaussian:" and
// the deviation.
func GaussianOf(sd float64) Distribution {
	return Distribution(fmt.Sprintf("%s%g", gaussianPrefix, sd))
}

const gaussianPrefix = string(Gaussian) + ":"

// deviation returns the standard deviation of Gaussian or of a result of GaussianOf.
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

// DecomposedText starts a product as the tokens of a text, repeated until the prompt is full, or as near to that as the
// product's rank allows, as [PTMoE] does: of the tokens' embeddings T [c, e] = U·S·Vᵀ the r largest singular values
// stay, and each factor gets their roots. If the text has a lower rank than the product, the rest of the factor [.., e]
// starts as [Uniform] and the rest of the other as 0, so that it can be trained. In JSON it is "text:" and the text.
func DecomposedText(text string) Distribution { return Distribution(textPrefix + text) }

// isText reports whether the start is [DecomposedText].
func (d Distribution) isText() bool { return strings.HasPrefix(string(d), textPrefix) }

// factors draws A [e, r] and B [r, c], whose product's transpose is a prompt. The factors of a text are not scaled.
func (d Distribution) factors(b Backbone, c, r int, scale float64,
	random *rand.Rand) (first, second Variable, err error) {
	if d.isText() {
		left, right, err := d.decompose(b, c, r, random)
		return Variable{Name: "A", Value: transposed(right, r, b.DModel)},
			Variable{Name: "B", Value: transposed(left, c, r)}, err
	}
	if first, err = d.Variable("A", random, scale, b.DModel, r); err != nil {
		return first, second, err
	}
	second, err = d.Variable("B", random, scale, r, c)
	return first, second, err
}

// decompose returns the factors of a text, [c, r] and [r, e].
func (d Distribution) decompose(b Backbone, c, r int, random *rand.Rand) (left, right []float32, err error) {
	if _, err := elements("A", b.DModel, r); err != nil {
		return nil, nil, err
	}
	if _, err := elements("B", r, c); err != nil {
		return nil, nil, err
	}
	embeddings, err := Vocabulary(d).draw(b, c, random)
	if err != nil {
		return nil, nil, err
	}
	if right, err = Uniform.draw(random, 1, r*b.DModel); err != nil {
		return nil, nil, err
	}
	left = make([]float32, c*r)
	values := make([]float64, len(embeddings))
	for i, x := range embeddings {
		values[i] = float64(x)
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(c, b.DModel, values), mat.SVDThin) {
		return nil, nil, fmt.Errorf("the factors of %q were not found: LAPACK did not converge", d)
	}
	singular := svd.Values(nil)
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	for k := range min(r, NumericalRank(singular, max(c, b.DModel))) {
		root := math.Sqrt(singular[k])
		for i := range c {
			left[i*r+k] = float32(root * u.At(i, k))
		}
		for j := range b.DModel {
			right[k*b.DModel+j] = float32(root * v.At(j, k))
		}
	}
	return left, right, nil
}

// transposed returns the transpose of a matrix, or nil for nil.
func transposed(values []float32, rows, columns int) *tensors.Tensor {
	if values == nil {
		return nil
	}
	turned := make([]float32, len(values))
	for i, x := range values {
		turned[i%columns*rows+i/columns] = x
	}
	return tensors.FromFlatDataAndDimensions(turned, columns, rows)
}

// Variable draws a variable of the given dimensions, in row-major order, and scales it.
func (d Distribution) Variable(name string, random *rand.Rand, scale float64, dimensions ...int) (Variable, error) {
	n, err := elements(name, dimensions...)
	if err != nil {
		return Variable{}, err
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
		return nil, fmt.Errorf("its start must be %q, %q or, of factors, %q followed by a text; found %q", Uniform,
			Gaussian, textPrefix, d)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(sample()) * float32(scale)
	}
	return values, nil
}
