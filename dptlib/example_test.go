// SPDX-License-Identifier: Apache-2.0

package dptlib_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/predict"
	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5/toy"
)

// From three rows of CommitmentBank to a decomposed prompt for the toy T5, its record and its answers.
func Example() {
	task, err := superglue.Lookup("CB")
	check(err)
	rows, err := task.Decode(strings.NewReader(`{"premise": "It rained.", "hypothesis": "it rained", "label": "entailment", "idx": 0}
{"premise": "It rained.", "hypothesis": "it was dry", "label": "contradiction", "idx": 1}
{"premise": "It rained.", "hypothesis": "Tom slept", "label": "neutral", "idx": 2}
`), "example")
	check(err)
	backend, err := pjrt.Backend()
	check(err)
	vocabulary, err := toy.Tokenizer()
	check(err)
	model, err := toy.Untrained(backend, 1)
	check(err)
	format := superglue.Format{Style: superglue.DPT} // no task name, digits as labels
	data, err := train.NewDataset(task, format, rows, rows, vocabulary, 256)
	check(err)

	recipe := train.PaperRecipe
	recipe.Epochs = 2
	method := prompt.DPT{Length: 100, Bottleneck: 10, Start: prompt.Uniform}
	job, err := runs.NewJob(model, data, runs.Settings{Method: prompt.Spec{Method: method}, Recipe: recipe}, nil)
	check(err)
	dir, err := os.MkdirTemp("", "runs-")
	check(err)
	defer os.RemoveAll(dir)
	folder, runner := runs.Folder(dir), &train.Runner{Backend: backend}
	defer runner.Close()
	records, err := folder.Train(context.Background(), runner, []*runs.Job{job}, runs.Options{})
	check(err)
	record := records[0]
	fmt.Println(record.Trainable, "trainable parameters")
	fmt.Println(len(record.Losses), "updates,", record.Evaluations[record.Best].Scores.Metrics[0].N,
		"predictions scored")

	tuned, err := folder.Prompt(record)
	check(err)
	fmt.Println("prompt of", tuned.Length, "vectors of width", tuned.Width)
	predictor, err := predict.NewPredictor(backend, prompt.Backbone{Model: model, Vocabulary: vocabulary}, tuned,
		predict.Spec{Task: task, Format: format, MaxSource: 256, BatchSize: 1})
	check(err)
	defer predictor.Close()
	var out strings.Builder
	bad, err := predictor.Run(context.Background(),
		strings.NewReader(`{"premise": "It snowed.", "hypothesis": "it was dry", "idx": 3}`), &out)
	check(err)
	fmt.Println(strings.Count(out.String(), "\n"), "answer,", bad, "bad lines")
	// Output:
	// 1640 trainable parameters
	// 2 updates, 3 predictions scored
	// prompt of 100 vectors of width 64
	// 1 answer, 0 bad lines
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
