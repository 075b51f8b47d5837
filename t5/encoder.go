// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Encoded holds everything that the decoder sees of a source.
type Encoded struct {
	Hidden *Node // [b, s, e] float32; s counts the prompt
	Mask   *Node // [b, s] bool, false on padding
}

// Embed looks tokens [b, n] (int32) up in the shared embedding table: [b, n, e] float32.
func (c *Config) Embed(scope Scope, tokens *Node) *Node {
	table := scope.at("shared").weight(tokens.Graph())
	return ConvertDType(Gather(table, InsertAxes(tokens, -1)), dtypes.Float32)
}

// Encode runs the encoder on tokens [b, n] (int32), where mask [b, n] (bool) is true for the real ones, with a soft
// prompt in front if it is not nil: [c, e] for all rows, or [b, c, e]. See [Config.EncodeEmbedded].
func (c *Config) Encode(scope Scope, tokens, mask, prompt *Node, dropout *Dropout) Encoded {
	return c.EncodeEmbedded(scope, c.Embed(scope, tokens), mask, []*Node{prompt}, dropout)
}

// EncodeEmbedded runs the encoder on embedded tokens x [b, n, e], where mask [b, n] (bool) is true for the real ones.
//
// A soft prompt precedes the tokens of every row. It takes the positions 0 to c-1 and is never masked (paper, section
// 3.1). There is one for each of k groups of b/k consecutive rows: [c, e] for all rows of the group, [b/k, c, e] with
// one for each row, or nil for none. Prompts may differ in length: shorter ones are padded on the left, and the padding
// is masked. Attention depends only on distances between positions, so that a row's real positions have the same output
// as without the padding, dropout included.
func (c *Config) EncodeEmbedded(scope Scope, x, mask *Node, prompts []*Node, dropout *Dropout) Encoded {
	if longest := longestPrompt(prompts); longest > 0 {
		rows, visible, padding := c.promptRows(prompts, longest, x) // [b, longest, e], [b, longest]
		x = Concatenate([]*Node{rows, x}, 1)
		mask = Concatenate([]*Node{visible, mask}, 1)
		dropout.skip(padding)
	}
	stack := scope.at("encoder")
	length := x.Shape().Dim(1)
	x, visible := aligned(x, mask, scope.at("shared").dtype(x.Graph()))
	dropout = dropout.along(map[int][]int{3: {1}, 4: {2, 3}}) // [b, s, ...] and [b, h, s, s]
	x = dropout.apply(x)                                      // [b, s, e]

	s := x.Shape().Dim(1)
	bias := Add(c.relativeBias(stack, x.Graph(), s, s, true), InsertAxes(additiveMask(visible), 1, 1)) // [b, h, s, s]
	for i := range c.Layers {
		attention, feedForward := stack.sublayer(i, 0), stack.sublayer(i, 1)
		normed := c.rmsNorm(attention.at("layer_norm"), x)
		x = residual(x, c.selfAttention(attention.at("SelfAttention"), normed, bias, nil, dropout), dropout)
		normed = c.rmsNorm(feedForward.at("layer_norm"), x)
		x = residual(x, c.feedForward(feedForward, normed, dropout), dropout)
	}
	x = dropout.apply(c.rmsNorm(stack.at("final_layer_norm"), x))
	return Encoded{Slice(x, AxisRange(), AxisRange(0, length)), mask}
}

// aligned pads x [b, s, e] and its mask [b, s] on the right to a multiple of 8 positions, for weights in bfloat16. A
// GPU's tensor cores take rows of 16 bytes, and XLA copies each operand of a bfloat16 product to pad it to that: an
// eighth of what a step of T5-base moves, with a prompt of 100 vectors and texts of 256 tokens.
func aligned(x, mask *Node, weights dtypes.DType) (_, _ *Node) {
	b, missing := x.Shape().Dim(0), -x.Shape().Dim(1)&7
	if weights != dtypes.BFloat16 || missing == 0 {
		return x, mask
	}
	x = Concatenate([]*Node{x, Zeros(x.Graph(), shapes.Make(x.DType(), b, missing, x.Shape().Dim(2)))}, 1)
	return x, Concatenate([]*Node{mask, Zeros(x.Graph(), shapes.Make(dtypes.Bool, b, missing))}, 1)
}

// promptLength returns the number of vectors of a prompt, [c, e] or [b, c, e], or 0 for nil.
func promptLength(p *Node) int {
	if p == nil {
		return 0
	}
	return p.Shape().Dim(-2)
}

func longestPrompt(prompts []*Node) (longest int) {
	for _, p := range prompts {
		longest = max(longest, promptLength(p))
	}
	return longest
}

// promptRows gives each row of the embedded tokens x [b, n, e] its prompt, padded on the left to the longest:
// [b, longest, e]; which of it is visible, [b, longest]; and how many positions of padding each group has.
func (c *Config) promptRows(prompts []*Node, longest int, x *Node) (rows, visible *Node, padding []int) {
	g, b, k := x.Graph(), x.Shape().Dim(0), len(prompts)
	if b%k != 0 {
		exceptions.Panicf("t5: %d prompts need a batch of as many equal groups of rows, found %d rows", k, b)
	}
	each := b / k
	padded, real := make([]*Node, k), make([]bool, 0, k*longest)
	for i, p := range prompts {
		length := promptLength(p)
		if length > 0 && p.Rank() == 3 && p.Shape().Dim(0) != each {
			exceptions.Panicf("t5: a prompt for each row must have as many as rows, %d, found %s", each, p.Shape())
		}
		if length > 0 && p.Rank() == 2 {
			p = BroadcastToDims(InsertAxes(p, 0), each, length, c.DModel)
		}
		parts := []*Node{Zeros(g, shapes.Make(dtypes.Float32, each, longest-length, c.DModel)), p}
		switch length {
		case 0:
			parts = parts[:1]
		case longest:
			parts = parts[1:]
		}
		padded[i] = Concatenate(parts, 1) // [b/k, longest, e]
		padding = append(padding, longest-length)
		real = append(append(real, make([]bool, longest-length)...), slices.Repeat([]bool{true}, length)...)
	}
	rows = Concatenate(padded, 0)
	visible = Const(g, tensors.FromFlatDataAndDimensions(real, k, 1, longest))
	return rows, Reshape(BroadcastToDims(visible, k, each, longest), b, longest), padding
}
