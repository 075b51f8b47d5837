// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// maxElements are more than any matrix of a T5 has, and take 1 GiB: a variable of more is a mistake.
const maxElements = 1 << 28

// elements returns the number of a variable's elements. It is an error if they are too many to be drawn.
func elements(name string, dimensions ...int) (int, error) {
	n := 1
	for _, size := range dimensions {
		if size < 0 || size > 0 && n > maxElements/size {
			return 0, fmt.Errorf("variable %s must have at most %d elements, found the shape %v: choose smaller sizes",
				name, maxElements, dimensions)
		}
		n *= size
	}
	return n, nil
}

// drawn returns a variable whose elements are samples, in row-major order.
func drawn(name string, sample func() float64, dimensions ...int) Variable {
	n, err := elements(name, dimensions...)
	if err != nil {
		return Variable{Name: name, err: err}
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(sample())
	}
	return Variable{Name: name, Value: tensors.FromFlatDataAndDimensions(values, dimensions...)}
}

// normal draws independent elements around 0 with the given standard deviation.
func normal(name string, random *rand.Rand, sd float64, dimensions ...int) Variable {
	return drawn(name, func() float64 { return sd * random.NormFloat64() }, dimensions...)
}

// uniform draws independent elements up to ±bound.
func uniform(name string, random *rand.Rand, bound float64, dimensions ...int) Variable {
	return drawn(name, func() float64 { return bound * (2*random.Float64() - 1) }, dimensions...)
}

// constant returns a variable of equal elements.
func constant(name string, value float64, dimensions ...int) Variable {
	return drawn(name, func() float64 { return value }, dimensions...)
}

// linear draws the weight [out, in] and the bias [out] of a linear layer as PyTorch does, uniform up to ±1/sqrt(in).
func linear(weight, bias string, random *rand.Rand, out, in int) []Variable {
	bound := 1 / math.Sqrt(float64(in))
	return []Variable{uniform(weight, random, bound, out, in), uniform(bias, random, bound, out)}
}

// affine applies a linear layer of weight [out, in] and bias [out] to x [..., in].
func affine(x, weight, bias *Node) *Node {
	y := Dot(x, weight).General([]int{-1}, nil, []int{-1}, nil) // [..., out]
	return Add(y, ExpandLeftToRank(bias, y.Rank()))
}
