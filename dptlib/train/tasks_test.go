// SPDX-License-Identifier: Apache-2.0

package train

import (
	"math"
	"path/filepath"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/superglue"
)

// TestTasksTrain takes real rows of each task from file to score: a few updates of an untrained T5 of one layer, whose
// scores mean nothing. BoolQ's official training split and ReCoRD's files are not in the shared folder; FewGLUE has
// rows of both.
func TestTasksTrain(t *testing.T) {
	data := cases.Shared(t, "data")
	b := cases.Backbone(t)
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
			task := cases.Task(t, c.task)
			train := cases.Must(task.ReadSplit(filepath.Join(data, c.folder), "train"))
			dev := cases.Must(task.ReadSplit(filepath.Join(data, c.folder), c.dev))
			const scored, maxSource = 7, 16 // so few tokens have all batches of one shape, to be compiled once
			d := cases.Must(NewDataset(task, superglue.Format{}, train[:8], dev[:scored], b.Vocabulary, maxSource))
			recipe := PaperRecipe
			recipe.Epochs, recipe.BatchSize = 2, d.Train.Len()
			run, err := trainOne(t, b.Model, prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}, d, recipe)
			if err != nil {
				t.Fatal(err)
			}
			losses := run.Losses
			if len(losses) != 2 {
				t.Errorf("%d updates; want 2", len(losses))
			}
			for i, loss := range losses {
				if !(loss > 0) || math.IsInf(float64(loss), 0) {
					t.Errorf("the loss of update %d is %v", i, loss)
				}
			}
			first := run.Evaluations[0].Scores.Metrics[0]
			if first.Name != c.metric || first.Unit != c.unit || first.N != scored ||
				!(first.Value >= 0 && first.Value <= 100) {
				t.Errorf("scored %v; want %s of %d %s", first, c.metric, scored, c.unit)
			}
		})
	}
}
