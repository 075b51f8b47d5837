// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Generator decodes greedily: from the start token on, the likeliest token (the first of equals) at each position,
// until every row has its </s> or maxTokens are made.
//
// The encoder runs once. The loop over positions is Go's, one XLA execution each (go-xla cannot compile a reduction
// inside a While); keys and values of decoded tokens stay on the device, so that a step costs one position.
type Generator struct {
	config    *Config
	backend   compute.Backend
	encode    *model.Exec
	step      *model.Exec
	maxTokens int
}

// NewGenerator compiles, at first use of each input shape, encode (which builds the source's [Encoded] from Generate's
// inputs) and the decoding step, with the weights that a graph is to have: nil stands for the model's own.
func (m *Model) NewGenerator(backend compute.Backend, weights func(*Graph) Scope, maxTokens int,
	encode func(inputs []*Node) Encoded) (*Generator, error) {
	if weights == nil {
		weights = func(*Graph) Scope { return m.Scope() }
	}
	first, err := model.NewExec(backend, m.Store, func(_ *model.Scope, inputs []*Node) []*Node {
		encoded := encode(inputs)
		return []*Node{encoded.Hidden, encoded.Mask, m.emptyCache(encoded, maxTokens)}
	})
	if err != nil {
		return nil, err
	}
	step, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) []*Node {
		return m.decodeNext(weights(in[0].Graph()), Encoded{in[0], in[1]}, in[2], in[3], in[4])
	})
	if err != nil {
		first.Finalize()
		return nil, err
	}
	return &Generator{&m.Config, backend, first.SetMaxCache(-1), step.SetMaxCache(-1), maxTokens}, nil
}

// Compile compiles encode and the decoding step for inputs of some shapes, which Generate does otherwise when it first
// has them. It may be called from several goroutines.
func (g *Generator) Compile(inputs ...shapes.Shape) error {
	encode, err := g.encode.Compile(inputs...)
	if err != nil {
		return err
	}
	encoded := encode.Executable().Outputs() // hidden, mask and cache
	token, position := shapes.Make(dtypes.Int32, encoded[0].Dim(0), 1), shapes.Make(dtypes.Int32)
	_, err = g.step.Compile(append(encoded, token, position)...)
	return err
}

// Generate returns one row of tokens per row of the batch, each without the start token and up to its </s>, exclusive;
// a row that has no </s> has maxTokens tokens.
func (g *Generator) Generate(inputs ...any) ([][]int32, error) {
	encoded, err := g.encode.Call(inputs...)
	if err != nil {
		return nil, err
	}
	hidden, mask, cache := encoded[0], encoded[1], encoded[2]
	defer func() { cache.FinalizeAll() }()
	defer hidden.FinalizeAll()
	defer mask.FinalizeAll()

	rows := make([][]int32, hidden.Shape().Dim(0))
	done := make([]bool, len(rows))
	token := make([]int32, len(rows))
	for i := range token {
		token[i] = int32(g.config.DecoderStartID)
	}
	for position := range g.maxTokens {
		past, err := DonateTensorBuffer(cache, g.backend, 0)
		if err != nil {
			return nil, err
		}
		out, err := g.step.Call(hidden, mask, past, tensors.FromFlatDataAndDimensions(token, len(rows), 1),
			int32(position))
		if err != nil {
			return nil, err
		}
		cache = out[1]
		if token, err = tensors.CopyFlatData[int32](out[0]); err != nil {
			return nil, err
		}
		for i, id := range token {
			done[i] = done[i] || id == int32(g.config.EOSID)
			if done[i] {
				token[i] = int32(g.config.PadID)
			} else {
				rows[i] = append(rows[i], id)
			}
		}
		if !slices.Contains(done, false) {
			break
		}
	}
	return rows, nil
}

// Finalize frees the compiled graphs.
func (g *Generator) Finalize() {
	g.encode.Finalize()
	g.step.Finalize()
}

// emptyCache returns the cache [2*layers, b, maxTokens, h, k] in which the decoder's layers keep keys (even) and values
// (odd).
func (c *Config) emptyCache(encoded Encoded, maxTokens int) *Node {
	b := encoded.Hidden.Shape().Dim(0)
	return Zeros(encoded.Hidden.Graph(), shapes.Make(dtypes.Float32, 2*c.DecoderLayers, b, maxTokens, c.Heads, c.DKV))
}

// decodeNext decodes the token [b, 1] at position, a scalar: it returns the next token [b, 1] and the new cache.
func (c *Config) decodeNext(scope Scope, encoded Encoded, cache, token, position *Node) []*Node {
	g, maxTokens := cache.Graph(), cache.Shape().Dim(2)
	past := make([]*keyValues, c.DecoderLayers)
	layer := func(i int) *Node { return Squeeze(Slice(cache, AxisElem(i)), 0) } // [b, maxTokens, h, k]
	for i := range past {
		past[i] = &keyValues{layer(2 * i), layer(2*i + 1), position}
	}
	bias := Add(c.relativeBias(scope.at("decoder"), g, maxTokens, maxTokens, false), causalMask(g, maxTokens))
	zero := ZerosLike(position)
	row := DynamicSlice(bias, []*Node{zero, zero, position, zero}, []int{1, c.Heads, 1, maxTokens})

	x := c.decoderStack(scope, c.Embed(scope, token), row, encoded, past, nil) // [b, 1, e]
	next := ArgMax(c.logits(scope, x), -1, dtypes.Int32)
	var layers []*Node
	for _, p := range past {
		layers = append(layers, InsertAxes(p.keys, 0), InsertAxes(p.values, 0))
	}
	return []*Node{next, Concatenate(layers, 0)}
}
