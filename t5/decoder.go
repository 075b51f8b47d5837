// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Decode runs the decoder with teacher forcing: for the labels [b, t] (int32, [Ignored] where there is none) it returns
// the logits [b, t, v] (float32) of each label, given the source and the labels before it.
func (c *Config) Decode(scope Scope, encoded Encoded, labels *Node, dropout *Dropout) *Node {
	g, t := labels.Graph(), labels.Shape().Dim(1)
	bias := Add(c.relativeBias(scope.at("decoder"), g, t, t, false), causalMask(g, t))
	x := dropout.apply(c.Embed(scope, c.shiftRight(labels)))
	x = c.decoderStack(scope, x, bias, encoded, nil, dropout)
	return c.logits(scope, x)
}

// causalMask [1, 1, t, t] hides from each position those after it.
func causalMask(g *Graph, t int) *Node {
	square := shapes.Make(dtypes.Int32, 1, 1, t, t)
	return additiveMask(LessOrEqual(Iota(g, square, 3), Iota(g, square, 2)))
}

// shiftRight makes the decoder's input of labels [b, t]: the start token, then all labels but the last, with padding
// where the loss ignores them.
func (c *Config) shiftRight(labels *Node) *Node {
	b, t := labels.Shape().Dim(0), labels.Shape().Dim(1)
	start := BroadcastToDims(Scalar(labels.Graph(), dtypes.Int32, c.DecoderStartID), b, 1)
	before := Slice(labels, AxisRange(), AxisRange(0, t-1))
	padding := BroadcastToDims(Scalar(labels.Graph(), dtypes.Int32, c.PadID), b, t-1)
	return Concatenate([]*Node{start, Where(Equal(before, Scalar(labels.Graph(), dtypes.Int32, Ignored)), padding,
		before)}, 1)
}

// decoderStack runs the layers on embedded tokens x [b, t, e]; past holds, per layer, the tokens decoded before them,
// or is nil where x has them all.
func (c *Config) decoderStack(scope Scope, x, bias *Node, encoded Encoded, past []*keyValues, dropout *Dropout) *Node {
	stack := scope.at("decoder")
	for i := range c.DecoderLayers {
		var layerPast *keyValues
		if past != nil {
			layerPast = past[i]
		}
		self, cross, feedForward := stack.sublayer(i, 0), stack.sublayer(i, 1), stack.sublayer(i, 2)
		normed := c.rmsNorm(self.at("layer_norm"), x)
		x = residual(x, c.selfAttention(self.at("SelfAttention"), normed, bias, layerPast, dropout), dropout)
		normed = c.rmsNorm(cross.at("layer_norm"), x)
		x = residual(x, c.crossAttention(cross.at("EncDecAttention"), normed, encoded, dropout), dropout)
		normed = c.rmsNorm(feedForward.at("layer_norm"), x)
		x = residual(x, c.feedForward(feedForward, normed, dropout), dropout)
	}
	return dropout.apply(c.rmsNorm(stack.at("final_layer_norm"), x))
}

// logits [b, t, v] come from the decoder's output through lm_head, or where the store has none (tied embeddings)
// through the embedding table.
func (c *Config) logits(scope Scope, x *Node) *Node {
	if c.ScaledOutputs {
		x = MulScalar(x, 1/math.Sqrt(float64(c.DModel)))
	}
	head := scope.at("lm_head")
	if !head.has() {
		head = scope.at("shared")
	}
	w := head.weight(x.Graph())
	return linear(ConvertDType(x, w.DType()), w, dtypes.Float32)
}
