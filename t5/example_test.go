// SPDX-License-Identifier: Apache-2.0

package t5_test

import (
	"fmt"
	"log"
	"os"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/pjrt"
	"dpt/t5"
)

// A model goes to disk and back, and decodes two sources with a soft prompt in front.
func Example() {
	backend, err := pjrt.Backend()
	if err != nil {
		log.Fatal(err)
	}
	config := t5.Small
	config.VocabSize, config.DModel, config.DFF, config.Heads, config.Layers, config.DecoderLayers = 100, 32, 64, 2, 1, 1
	m, err := t5.Random(backend, config, dtypes.Float32, 1)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "t5")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := m.Save(dir); err != nil {
		log.Fatal(err)
	}
	if m, err = t5.Load(backend, dir, dtypes.Float32); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.NumParameters(), "parameters")

	generator, err := m.NewGenerator(backend, nil, 3, func(in []*Node) t5.Encoded {
		tokens, mask, prompt := in[0], in[1], in[2] // [b, n], [b, n], [c, e]
		return m.Encode(m.Scope(), tokens, mask, prompt, nil)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer generator.Finalize()
	tokens := [][]int32{{7, 8, 9, 1}, {5, 1, 0, 0}}
	mask := [][]bool{{true, true, true, true}, {true, true, false, false}}
	prompt := tensors.FromScalarAndDimensions(float32(0.5), 10, config.DModel)
	rows, err := generator.Generate(tokens, mask, prompt)
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows {
		fmt.Println(len(row), "tokens")
	}
	// Output:
	// 60896 parameters
	// 3 tokens
	// 3 tokens
}

// A model is brought to the scale of published T5 v1.1 small, whose embeddings have a standard deviation of 11.6.
func ExampleRescale() {
	backend, err := pjrt.Backend()
	if err != nil {
		log.Fatal(err)
	}
	config := t5.Small
	config.VocabSize, config.DModel, config.DFF, config.Heads, config.Layers, config.DecoderLayers = 200, 32, 64, 2, 1, 1
	m, err := t5.Random(backend, config, dtypes.Float32, 1)
	if err != nil {
		log.Fatal(err)
	}
	before, err := m.EmbeddingDeviation()
	if err != nil {
		log.Fatal(err)
	}
	if m, err = t5.Rescale(backend, m, 11.6/before); err != nil {
		log.Fatal(err)
	}
	after, err := m.EmbeddingDeviation()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f, then %.1f\n", before, after)
	// Output: 1.0, then 11.6
}
