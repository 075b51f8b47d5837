// SPDX-License-Identifier: Apache-2.0

package pretrain_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/pretrain"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/superglue/lookalike"
	"dpt/t5/toy"
)

// The smallest toy model, pre-trained for four updates instead of 160,000, knows nothing of CommitmentBank yet.
func Example() {
	backend, err := pjrt.Backend()
	check(err)
	config, err := toy.Config("toy-s")
	check(err)
	dir, err := os.MkdirTemp("", "pretrain")
	check(err)
	defer os.RemoveAll(dir)
	recipe := pretrain.Standard("toy-s")
	recipe.Steps = 4
	ctx := context.Background()
	m, err := pretrain.Run(ctx, backend, config, recipe, dir, nil)
	check(err)
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	check(err)
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}

	cb, err := superglue.Lookup("CB")
	check(err)
	dev, err := lookalike.Split("CB", "val", 1)
	check(err)
	vocabulary, err := toy.Tokenizer()
	check(err)
	untuned, err := pretrain.NewUntuned(backend, prompt.Backbone{Model: m, Vocabulary: vocabulary})
	check(err)
	defer untuned.Close()
	scores, err := untuned.Exact(ctx, cb, superglue.Format{Style: superglue.T5, Labels: superglue.Words}, dev)
	check(err)
	fmt.Printf("untuned, %s: %.0f\n", scores.Metrics[0].Name, scores.Metrics[0].Value)
	// Output:
	// checkpoint.safetensors
	// model.safetensors
	// untuned, accuracy: 0
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
