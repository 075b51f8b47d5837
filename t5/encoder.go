// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Encoded is all that the decoder sees of a source.
type Encoded struct {
	Hidden *Node // [b, s, e] float32; s counts the prompt
	Mask   *Node // [b, s] bool, false on padding
}

// Encode runs the encoder on tokens [b, n] (int32), of which mask [b, n] (bool) tells the real ones.
//
// A soft prompt, if not nil, stands in front of the embedded tokens of every row: [c, e] for all rows, or [k, c, e] for
// k groups of b/k consecutive rows each. It takes the positions 0 to c-1 and is never masked (paper, section 3.1).
func (c *Config) Encode(scope *model.Scope, tokens, mask, prompt *Node, dropout *Dropout) Encoded {
	x := c.embed(scope, tokens)
	if prompt != nil {
		prompt = promptRows(prompt, tokens.Shape().Dim(0)) // [b, c, e]
		x = Concatenate([]*Node{prompt, x}, 1)
		visible := Ones(x.Graph(), shapes.Make(dtypes.Bool, prompt.Shape().Dim(0), prompt.Shape().Dim(1)))
		mask = Concatenate([]*Node{visible, mask}, 1)
	}
	x = dropout.apply(x) // [b, s, e]

	stack := scope.At("encoder")
	s := x.Shape().Dim(1)
	bias := Add(c.relativeBias(stack, x.Graph(), s, s, true), InsertAxes(additiveMask(mask), 1, 1)) // [b, h, s, s]
	for i := range c.Layers {
		attention, feedForward := sublayer(stack, i, 0), sublayer(stack, i, 1)
		normed := c.rmsNorm(attention.At("layer_norm"), x)
		x = residual(x, c.selfAttention(attention.At("SelfAttention"), normed, bias, nil, dropout), dropout)
		normed = c.rmsNorm(feedForward.At("layer_norm"), x)
		x = residual(x, c.feedForward(feedForward, normed, dropout), dropout)
	}
	x = dropout.apply(c.rmsNorm(stack.At("final_layer_norm"), x))
	return Encoded{x, mask}
}

// embed looks tokens [b, n] up in the shared embedding table.
func (c *Config) embed(scope *model.Scope, tokens *Node) *Node {
	table := weight(scope.At("shared"), tokens.Graph())
	return ConvertDType(Gather(table, InsertAxes(tokens, -1)), dtypes.Float32) // [b, n, e]
}

// promptRows repeats a prompt [c, e] or [k, c, e] for a batch of b rows: [b, c, e].
func promptRows(prompt *Node, b int) *Node {
	if prompt.Rank() == 2 {
		prompt = InsertAxes(prompt, 0)
	}
	k, c, e := prompt.Shape().Dim(0), prompt.Shape().Dim(1), prompt.Shape().Dim(2)
	if b%k != 0 {
		exceptions.Panicf("t5: %d prompts need a batch of as many equal groups of rows, found %d rows", k, b)
	}
	return Reshape(BroadcastToDims(InsertAxes(prompt, 1), k, b/k, c, e), b, c, e)
}
