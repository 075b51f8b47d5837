// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/xslices"
)

// dot begins a product of two nodes of one dtype; its sums are float32's.
func dot(a, b *Node) *DotBuilder { return Dot(a, b).WithAccumulatorDType(a.DType()) }

// product returns multiply(a, b) for nodes of one dtype, and has ofA and ofB compute their gradients from the
// product's, in that dtype. GoMLX's own gradients put attention weights, transposed, in front of the smaller operand,
// for which XLA has no fast kernel; and they ask for bfloat16 products with an accumulator of another dtype, for which
// go-xla on a CPU first makes a copy of an operand.
func product(a, b *Node, multiply func(a, b *Node) *Node, ofA, ofB func(adjoint *Node) *Node) *Node {
	dtype := a.DType()
	var adjoint *Node
	a = IdentityWithCustomGradient(a, func(_, _ *Node) *Node { return ofA(adjoint) })
	b = IdentityWithCustomGradient(b, func(_, _ *Node) *Node { return ofB(adjoint) })
	return IdentityWithCustomGradient(multiply(a, b), func(_, v *Node) *Node {
		adjoint = ConvertDType(v, dtype)
		return v
	})
}

// linear multiplies x [..., in] by the transpose of w [out, in] to [..., out], of any dtype.
func linear(x, w *Node, dtype dtypes.DType) *Node {
	rows := xslices.Iota(0, x.Rank()-1)
	return product(x, w, func(x, w *Node) *Node {
		return dot(x, w).WithOutputDType(dtype).General([]int{-1}, nil, []int{-1}, nil)
	}, func(adjoint *Node) *Node {
		return dot(adjoint, w).General([]int{-1}, nil, []int{0}, nil) // [..., in]
	}, func(adjoint *Node) *Node {
		return dot(adjoint, x).General(rows, nil, rows, nil) // [out, in]
	})
}

// attentionScores multiplies queries [b, q, h, k] by keys [b, s, h, k] to scores [b, h, q, s].
func attentionScores(queries, keys *Node) *Node {
	return product(queries, keys, func(queries, keys *Node) *Node {
		return dot(queries, keys).General([]int{3}, []int{0, 2}, []int{3}, []int{0, 2})
	}, func(adjoint *Node) *Node {
		return weightedSum(adjoint, keys)
	}, func(adjoint *Node) *Node {
		return sumQueries(queries, adjoint)
	})
}

// weightedSum adds up values [b, s, h, k] under weights [b, h, q, s] to a context [b, q, h, k].
func weightedSum(weights, values *Node) *Node {
	return product(weights, values, func(weights, values *Node) *Node {
		context := dot(weights, values).General([]int{3}, []int{0, 1}, []int{1}, []int{0, 2}) // [b, h, q, k]
		return TransposeAllAxes(context, 0, 2, 1, 3)
	}, func(adjoint *Node) *Node {
		return attentionScores(adjoint, values)
	}, func(adjoint *Node) *Node {
		return sumQueries(adjoint, weights)
	})
}

// sumQueries returns the product of x [b, q, h, k] and y [b, h, q, s], summed over the queries: [b, s, h, k].
func sumQueries(x, y *Node) *Node {
	return TransposeAllAxes(dot(x, y).General([]int{1}, []int{0, 2}, []int{2}, []int{0, 1}), 0, 3, 1, 2)
}

// crossScores multiplies queries [b, h, t, e] by the source [b, s, e], which all heads share, to scores [b, h, t, s].
func crossScores(queries, source *Node) *Node {
	return product(queries, source, func(queries, source *Node) *Node {
		return dot(queries, source).General([]int{3}, []int{0}, []int{2}, []int{0})
	}, func(adjoint *Node) *Node {
		return crossSum(adjoint, source)
	}, func(adjoint *Node) *Node {
		return sumTargets(adjoint, queries)
	})
}

// crossSum adds up the source [b, s, e] under weights [b, h, t, s] to a context [b, h, t, e].
func crossSum(weights, source *Node) *Node {
	return product(weights, source, func(weights, source *Node) *Node {
		return dot(weights, source).General([]int{3}, []int{0}, []int{1}, []int{0})
	}, func(adjoint *Node) *Node {
		return crossScores(adjoint, source)
	}, func(adjoint *Node) *Node {
		return sumTargets(weights, adjoint)
	})
}

// sumTargets returns the product of x [b, h, t, s] and y [b, h, t, e], summed over heads and targets: [b, s, e].
func sumTargets(x, y *Node) *Node {
	if x.DType() == dtypes.BFloat16 { // of XLA's sums on a CPU, that over two axes has the fast kernel
		return dot(x, y).General([]int{1, 2}, []int{0}, []int{1, 2}, []int{0})
	}
	// For float32 that would gain 1 % of a step, and change the last bits of stored runs; so would another order.
	flat := func(x *Node) *Node { return Reshape(x, x.Shape().Dim(0), -1, x.Shape().Dim(3)) }
	return TransposeAllAxes(dot(flat(y), flat(x)).General([]int{1}, []int{0}, []int{1}, []int{0}), 0, 2, 1)
}
