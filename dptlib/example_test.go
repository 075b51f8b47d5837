// SPDX-License-Identifier: Apache-2.0

package dptlib_test

import (
	"context"
	"fmt"
	"strings"

	"dpt/dptlib"
	"dpt/dptlib/pjrt"
	"dpt/superglue"
	"dpt/t5/toy"
)

// A decomposed prompt for the toy T5, trained on three rows of CommitmentBank.
func Example() {
	task, err := superglue.Lookup("CB")
	check(err)
	rows, err := task.Decode(strings.NewReader(`{"premise": "It rained.", "hypothesis": "it rained", "label": "entailment", "idx": 0}
{"premise": "It rained.", "hypothesis": "it was dry", "label": "contradiction", "idx": 1}
{"premise": "It rained.", "hypothesis": "Tom slept", "label": "neutral", "idx": 2}
`), "example")
	check(err)
	vocabulary, err := toy.Tokenizer()
	check(err)
	data := dptlib.NewDataset(task, superglue.Format{Style: superglue.DPT}, rows, rows, vocabulary, 256)

	backend, err := pjrt.Backend()
	check(err)
	t5, err := toy.Untrained(backend, 1)
	check(err)
	recipe := dptlib.PaperRecipe
	recipe.Epochs = 2
	method := dptlib.DPT{Length: 100, Bottleneck: 10, Start: dptlib.Uniform}
	job, err := dptlib.NewJob(t5, data, dptlib.Settings{Method: dptlib.Choice{Method: method}, Recipe: recipe})
	check(err)
	runs, err := dptlib.Train(context.Background(), backend, t5, []*dptlib.Job{job}, nil)
	check(err)
	run := runs[0]

	fmt.Println(run.Record.Trainable, "trainable parameters")
	fmt.Println(len(run.Record.Losses), "updates,", run.Record.Evaluations[run.Record.Best].Scores.Metrics[0].N, "predictions scored")
	fmt.Println("prompt of", run.Best.Length, "vectors of width", run.Best.Width)
	// Output:
	// 1640 trainable parameters
	// 2 updates, 3 predictions scored
	// prompt of 100 vectors of width 64
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
