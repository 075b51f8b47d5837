// SPDX-License-Identifier: Apache-2.0

package train_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/superglue/lookalike"
	"dpt/t5/toy"
)

// One run, without a folder or a record: vanilla prompt tuning of toy-s on 64 examples of toy WiC.
func ExampleRunner() {
	backend, err := pjrt.Backend()
	if err != nil {
		log.Fatal(err)
	}
	model, err := toy.Load(backend, "toy-s", dtypes.Float32)
	if err != nil {
		log.Fatal(err)
	}
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		log.Fatal(err)
	}
	task, _ := superglue.Lookup("WiC")
	rows, err := lookalike.Split("WiC", "train", 1)
	if err != nil {
		log.Fatal(err)
	}
	data, err := train.NewDataset(task, superglue.Format{Style: superglue.DPT}, rows[:64], rows[64:96], vocabulary, 256)
	if err != nil {
		log.Fatal(err)
	}
	recipe := train.PaperRecipe
	recipe.Epochs, recipe.Dropout = 2, 0

	runner := &train.Runner{Backend: backend}
	defer runner.Close()
	job := &train.Job{Model: model, Data: data, Method: prompt.PT{Length: 5, Start: prompt.Frequent}, Recipe: recipe}
	runs, err := runner.Train(context.Background(), []*train.Job{job}, train.Options{})
	if err != nil {
		log.Fatal(err)
	}
	run := runs[0]
	fmt.Println(run.Trainable, "trainable parameters,", len(run.Losses), "updates,", len(run.Evaluations),
		"evaluations")
	// Output: 160 trainable parameters, 8 updates, 2 evaluations
}
