// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// dense applies a linear layer without bias: x [..., in] times the transpose of its weight [out, in], in the weight's
// dtype with float32 accumulation.
func dense(scope Scope, x *Node) *Node {
	w := scope.weight(x.Graph())
	return linear(ConvertDType(x, w.DType()), w, w.DType())
}

// rmsNorm scales x [..., e] to unit root mean square, then by the layer's weight [e]; in float32.
func (c *Config) rmsNorm(scope Scope, x *Node) *Node {
	meanSquare := ReduceAndKeep(Square(x), ReduceMean, -1)      // [..., 1]
	scale := Reciprocal(Sqrt(AddScalar(meanSquare, c.Epsilon))) // Rsqrt has no gradient in GoMLX
	w := scope.float32Weight(x.Graph())
	return Mul(Mul(x, scale), ExpandLeftToRank(w, x.Rank()))
}

// residual adds a sub-layer's output to the stream x [b, s, e], which stays float32 for weights of any type.
func residual(x, output *Node, dropout *Dropout) *Node {
	return Add(x, dropout.apply(ConvertDType(output, dtypes.Float32)))
}

// feedForward is the position-wise network: one ReLU layer in v1.0, a gated GELU (tanh form) in v1.1.
func (c *Config) feedForward(scope Scope, x *Node, dropout *Dropout) *Node {
	scope = scope.at("DenseReluDense")
	var hidden *Node // [b, s, f]
	if c.Gated() {
		hidden = Mul(activation.GeluApproximate(dense(scope.at("wi_0"), x)), dense(scope.at("wi_1"), x))
	} else {
		hidden = relu(dense(scope.at("wi"), x))
	}
	return dense(scope.at("wo"), dropout.apply(hidden))
}

// relu returns max(x, 0), with gradient 0 where x is 0, as in PyTorch. GoMLX's own gradient, of Max, takes four times as
// long in bfloat16 on a CPU.
func relu(x *Node) *Node {
	return Where(LessOrEqual(x, ScalarZero(x.Graph(), x.DType())), ZerosLike(x), x)
}
