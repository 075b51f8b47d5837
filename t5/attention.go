// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// masked is added to the scores of keys that must not be seen: exp(score+masked) is 0 in float32, while a row without
// any visible key still has a finite softmax.
const masked = -1e9

// additiveMask turns a mask of visible keys, of any shape, into a term of the scores.
func additiveMask(visible *Node) *Node {
	return MulScalar(ConvertDType(LogicalNot(visible), dtypes.Float32), masked)
}

// heads splits the last axis of x [b, s, h*k] into [b, s, h, k].
func (c *Config) heads(x *Node) *Node {
	return Reshape(x, x.Shape().Dim(0), x.Shape().Dim(1), c.Heads, c.DKV)
}

// attentionWeights returns the softmax of scores plus bias in float32, cast to the dtype of the values. T5 does not
// scale the scores by k^-0.5: its initialisation of the query weights does that instead.
func attentionWeights(scores, bias *Node, dtype dtypes.DType, dropout *Dropout) *Node {
	probabilities := Softmax(Add(ConvertDType(scores, dtypes.Float32), bias), -1)
	return ConvertDType(dropout.apply(probabilities), dtype)
}

// keyValues are the keys and values of tokens already decoded, each [b, t, h, k]; position is where the next go.
type keyValues struct{ keys, values, position *Node }

// selfAttention attends from every row of x [b, q, e] to x itself or, if past is given, to the tokens of past after x
// has been put there. bias broadcasts to [b, h, q, s].
func (c *Config) selfAttention(scope Scope, x, bias *Node, past *keyValues, dropout *Dropout) *Node {
	queries := c.heads(dense(scope.at("q"), x))
	keys := c.heads(dense(scope.at("k"), x))
	values := c.heads(dense(scope.at("v"), x))
	if past != nil {
		zero := ZerosLike(past.position)
		at := []*Node{zero, past.position, zero, zero}
		past.keys = DynamicUpdateSlice(past.keys, ConvertDType(keys, past.keys.DType()), at)
		past.values = DynamicUpdateSlice(past.values, ConvertDType(values, past.values.DType()), at)
		keys, values = ConvertDType(past.keys, keys.DType()), ConvertDType(past.values, values.DType())
	}
	// Without the barrier, XLA on a GPU has the float32 product start from the bias, copied for each row and layer.
	scores := OptimizationBarrier(attentionScores(queries, keys))
	weights := attentionWeights(scores, bias, values.DType(), dropout)
	context := weightedSum(weights, values)
	return dense(scope.at("o"), Reshape(context, x.Shape().Dim(0), x.Shape().Dim(1), c.Heads*c.DKV))
}

// crossAttention attends from x [b, t, e] to the encoder's output [b, s, e].
//
// Its key and value projections, which elsewhere are applied to all s source positions, are moved to the other side of
// each product: (E·Wkᵀ)·q = E·(Wkᵀ·q) and p·(E·Wvᵀ) = (p·E)·Wvᵀ. The values are the same, and because a target is short
// (t far below k = 64) the work falls from s·k to s·t per head and width: a sixth of a whole training step.
func (c *Config) crossAttention(scope Scope, x *Node, encoded Encoded, dropout *Dropout) *Node {
	b, t := x.Shape().Dim(0), x.Shape().Dim(1)
	perHead := func(name string) *Node { // [h, k, e]
		return Reshape(scope.at("%s", name).weight(x.Graph()), c.Heads, c.DKV, c.DModel)
	}
	wk, wv := perHead("k"), perHead("v")
	source, visible := aligned(ConvertDType(encoded.Hidden, wk.DType()), encoded.Mask, wk.DType()) // [b, s, e], [b, s]

	query := c.heads(dense(scope.at("q"), x))                              // [b, t, h, k]
	query = dot(query, wk).General([]int{3}, []int{2}, []int{1}, []int{0}) // [h, b, t, e]
	query = TransposeAllAxes(query, 1, 0, 2, 3)                            // [b, h, t, e]
	scores := crossScores(query, source)
	bias := InsertAxes(additiveMask(visible), 1, 1) // [b, 1, 1, s]
	weights := attentionWeights(scores, bias, source.DType(), dropout.along(map[int][]int{4: {3}}))
	context := crossSum(weights, source)                                       // [b, h, t, e]
	context = dot(context, wv).General([]int{3}, []int{1}, []int{2}, []int{0}) // [h, b, t, k]
	context = Reshape(TransposeAllAxes(context, 1, 2, 0, 3), b, t, c.Heads*c.DKV)
	return dense(scope.at("o"), context)
}
