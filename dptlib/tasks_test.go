// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/toy"
)

// TestTasksTrain takes real rows of each task from file to score: a few updates of an untrained T5 of one layer, whose
// scores mean nothing. BoolQ's official training split and ReCoRD's files are not in the shared folder; FewGLUE has rows
// of both.
func TestTasksTrain(t *testing.T) {
	data := sharedData(t)
	config := t5.Small
	config.VocabSize, config.DModel, config.DKV, config.DFF, config.Heads = 2304, 24, 8, 32, 2
	config.Layers, config.DecoderLayers = 1, 1
	m := must(t5.Random(testBackend(t), config, dtypes.Float32, 1))
	tok := must(toy.Tokenizer())
	for _, c := range []struct{ folder, task, dev, metric, unit string }{
		{"fewglue_32dev", "BoolQ", "dev32", "accuracy", "examples"},
		{"superglue", "CB", "val", "accuracy", "examples"},
		{"superglue", "COPA", "val", "accuracy", "examples"},
		{"superglue", "MultiRC", "val", "f1a", "examples"},
		{"fewglue_32dev", "ReCoRD", "dev32", "f1", "queries"},
		{"superglue", "RTE", "val", "accuracy", "examples"},
		{"superglue", "WiC", "val", "accuracy", "examples"},
		{"superglue", "WSC", "val", "accuracy", "examples"},
	} {
		t.Run(c.task, func(t *testing.T) {
			task := lookup(t, c.task)
			train := must(task.ReadSplit(filepath.Join(data, c.folder), "train"))
			dev := must(task.ReadSplit(filepath.Join(data, c.folder), c.dev))
			const scored, maxSource = 7, 16 // so few tokens have all batches of one shape, to be compiled once
			d := NewDataset(task, superglue.Format{}, train[:8], dev[:scored], tok, maxSource)
			recipe := PaperRecipe
			recipe.Epochs, recipe.BatchSize = 2, len(d.Train)
			run, err := trainOne(t, m, DPT{Length: 5, Bottleneck: 2, Start: Uniform}, d, recipe)
			if err != nil {
				t.Fatal(err)
			}
			losses := run.Record.Losses
			if len(losses) != 2 {
				t.Errorf("%d updates; want 2", len(losses))
			}
			for i, loss := range losses {
				if !(loss > 0) || math.IsInf(float64(loss), 0) {
					t.Errorf("the loss of update %d is %v", i, loss)
				}
			}
			first := run.Record.Evaluations[0].Scores.Metrics[0]
			if first.Name != c.metric || first.Unit != c.unit || first.N != scored || !(first.Value >= 0 && first.Value <= 100) {
				t.Errorf("scored %v; want %s of %d %s", first, c.metric, scored, c.unit)
			}
		})
	}
}

// sharedData is the folder of real rows.
func sharedData(t testing.TB) string {
	root := os.Getenv("DPT_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	dir := filepath.Join(root, "data")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatalf("%v, and DPT_REQUIRE_SHARED is set", err)
		}
		t.Skipf("%v: set DPT_SHARED to the folder that holds data/", err)
	}
	return dir
}
