// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// generatorOf returns a function from tokens, mask and prompt to greedily decoded rows.
func generatorOf(t *testing.T, m *Model, maxTokens int) func(inputs ...any) [][]int32 {
	t.Helper()
	g, err := m.NewGenerator(backend(t), nil, maxTokens, func(in []*Node) Encoded {
		return m.Encode(m.Scope(), in[0], in[1], in[2], nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Finalize)
	return func(inputs ...any) [][]int32 {
		t.Helper()
		rows, err := g.Generate(inputs...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return rows
	}
}

// byFullDecoding finds the same tokens the long way: the whole decoder again for each position, without a cache.
func byFullDecoding(t *testing.T, m *Model, maxTokens int, inputs ...any) [][]int32 {
	t.Helper()
	exec := model.MustNewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
		encoded := m.Encode(m.Scope(), in[0], in[1], in[2], nil)
		return m.Decode(m.Scope(), encoded, in[3], nil)
	})
	defer exec.Finalize()
	b := inputs[0].(*tensors.Tensor).Shape().Dim(0)
	labels := make([]int32, b*maxTokens)
	for position := range maxTokens {
		out, err := exec.Call(append(inputs, tensors.FromFlatDataAndDimensions(labels, b, maxTokens))...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		logits := floats(t, out[0])
		for row := range b {
			at := row*maxTokens + position
			of := logits[at*m.VocabSize : (at+1)*m.VocabSize]
			labels[at] = int32(slices.Index(of, slices.Max(of)))
		}
	}
	return slices.Collect(slices.Chunk(labels, maxTokens))
}

func TestGenerateEqualsFullDecoding(t *testing.T) {
	const maxTokens = 12
	for name, c := range tiny() {
		t.Run(name, func(t *testing.T) {
			c.InitializerGain = 4 // the layers, more than the last token, decide what comes next
			m := random(t, c, dtypes.Float32, 5)
			tokens, mask := sources(c, 2, 13, 4, 9, 1, 7)
			prompt := normal(2, 3, c.DModel)
			want := byFullDecoding(t, m, maxTokens, tokens, mask, prompt)

			// Each token of a row in turn is made </s>; other rows must go on as before.
			generate := generatorOf(t, m, maxTokens)
			for _, end := range append([]int32{-1}, want[0]...) {
				m.EOSID = int(end)
				got := generate(tokens, mask, prompt)
				for row := range want {
					expected := want[row]
					if at := slices.Index(expected, end); at >= 0 {
						expected = expected[:at]
					}
					if !slices.Equal(got[row], expected) {
						t.Errorf("row %d, </s> is %d: got %v, want %v", row, end, got[row], expected)
					}
				}
			}
			if distinct := slices.Compact(slices.Sorted(slices.Values(slices.Concat(want...)))); len(distinct) < 6 {
				t.Errorf("the model says only %v: too little to tell a right cache from luck", distinct)
			}
		})
	}
}

// Of equal logits the first wins, as in PyTorch: a head of zeros says token 0 for ever.
func TestGenerateFirstOfEquals(t *testing.T) {
	c := tiny()["v1.1"]
	m := random(t, c, dtypes.Float32, 5)
	head := tensors.FromShape(m.Store.GetVariable("/t5/lm_head/weight").Shape())
	if err := m.Store.GetVariable("/t5/lm_head/weight").SetValue(head); err != nil {
		t.Fatal(err)
	}
	tokens, mask := sources(c, 0, 3, 2)
	for row, ids := range generatorOf(t, m, 4)(tokens, mask, normal(1, 2, c.DModel)) {
		if !slices.Equal(ids, []int32{0, 0, 0, 0}) {
			t.Errorf("row %d: %v", row, ids)
		}
	}
}

// TestCompile checks that Generate builds nothing anew after Compile: neither the encoder nor the decoding step.
func TestCompile(t *testing.T) {
	m := random(t, tiny()["v1.0"], dtypes.Float32, 5)
	encoders, steps := 0, 0
	weights := func(*Graph) Scope {
		steps++
		return m.Scope()
	}
	g, err := m.NewGenerator(backend(t), weights, 4, func(in []*Node) Encoded {
		encoders++
		return m.Encode(m.Scope(), in[0], in[1], in[2], nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Finalize()
	tokens, mask := sources(m.Config, 2, 13, 4, 9, 1, 7)
	prompt := normal(2, 3, m.DModel)
	var inputs []shapes.Shape
	for _, input := range []any{tokens, mask, prompt} {
		inputs = append(inputs, input.(*tensors.Tensor).Shape())
	}
	for _, call := range []func() error{
		func() error { return g.Compile(inputs...) },
		func() error { _, err := g.Generate(tokens, mask, prompt); return err },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
		if encoders != 1 || steps != 1 {
			t.Errorf("encoder and step must be built once each, found %d and %d times", encoders, steps)
		}
	}
}
