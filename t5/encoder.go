// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
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
	var prompts []*Node
	switch {
	case prompt == nil:
	case prompt.Rank() == 2:
		prompts = []*Node{prompt}
	default:
		for i := range prompt.Shape().Dim(0) {
			prompts = append(prompts, Squeeze(Slice(prompt, AxisElem(i)), 0))
		}
	}
	return c.EncodeGroups(scope, tokens, mask, prompts, dropout)
}

// EncodeGroups is [Config.Encode] for prompts that may differ in length, one [c, e] for each of k groups of b/k
// consecutive rows; nil stands for no prompt. Shorter ones are padded on the left, and the padding is masked: attention
// sees only distances between positions, so that a row's real positions get what they get alone, dropout included.
func (c *Config) EncodeGroups(scope *model.Scope, tokens, mask *Node, prompts []*Node, dropout *Dropout) Encoded {
	x := c.embed(scope, tokens)
	if longest := longestPrompt(prompts); longest > 0 {
		rows, visible, padding := c.promptRows(prompts, longest, x) // [b, longest, e], [b, longest]
		x = Concatenate([]*Node{rows, x}, 1)
		mask = Concatenate([]*Node{visible, mask}, 1)
		dropout.skip(padding)
	}
	dropout = dropout.along(map[int][]int{3: {1}, 4: {2, 3}}) // [b, s, ...] and [b, h, s, s]
	x = dropout.apply(x)                                      // [b, s, e]

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

func longestPrompt(prompts []*Node) (longest int) {
	for _, p := range prompts {
		if p != nil {
			longest = max(longest, p.Shape().Dim(0))
		}
	}
	return longest
}

// promptRows gives each row of the embedded tokens x [b, n, e] its group's prompt, padded on the left to the longest:
// [b, longest, e]; which of it is visible, [b, longest]; and how many positions of padding each group has.
func (c *Config) promptRows(prompts []*Node, longest int, x *Node) (rows, visible *Node, padding []int) {
	g, b, k := x.Graph(), x.Shape().Dim(0), len(prompts)
	if b%k != 0 {
		exceptions.Panicf("t5: %d prompts need a batch of as many equal groups of rows, found %d rows", k, b)
	}
	padded, real := make([]*Node, k), make([]bool, 0, k*longest)
	for i, p := range prompts {
		length := 0
		if p != nil {
			length = p.Shape().Dim(0)
		}
		parts := []*Node{Zeros(g, shapes.Make(dtypes.Float32, longest-length, c.DModel)), p}
		switch length {
		case 0:
			parts = parts[:1]
		case longest:
			parts = parts[1:]
		}
		padded[i] = InsertAxes(Concatenate(parts, 0), 0, 0) // [1, 1, longest, e]
		padding = append(padding, longest-length)
		real = append(append(real, make([]bool, longest-length)...), slices.Repeat([]bool{true}, length)...)
	}
	each := b / k
	rows = BroadcastToDims(Concatenate(padded, 0), k, each, longest, c.DModel)
	visible = BroadcastToDims(Const(g, tensors.FromFlatDataAndDimensions(real, k, 1, longest)), k, each, longest)
	return Reshape(rows, b, longest, c.DModel), Reshape(visible, b, longest), padding
}
