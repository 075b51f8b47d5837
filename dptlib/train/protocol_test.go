// SPDX-License-Identifier: Apache-2.0

package train

import (
	"slices"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/superglue"
)

// TestHalfSplit: the first half of the development split, in the order of superglue.HalfSplit, selects, the second is
// reported, and the dataset is known by its whole split.
func TestHalfSplit(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.HalfSplit = true
	if _, err := trainOne(t, m, method, data, recipe); err == nil {
		t.Error("a recipe that selects on half of the split was trained without it")
	}
	halves := data.HalfSplit()
	selection, report := superglue.HalfSplit(data.Dev.Len())
	for i, at := range slices.Concat(selection, report) {
		got := append(slices.Clone(halves.Held.Rows), halves.Dev.Rows...)[i]
		if got.ID() != data.Dev.Rows[at].ID() {
			t.Errorf("row %d is %s, want %s", i, got.ID(), data.Dev.Rows[at].ID())
		}
	}
	if halves.Fingerprint() != data.Fingerprint() || data.Held.Len() != 0 {
		t.Error("the dataset must stay as it is")
	}
	r := cases.Must(trainOne(t, m, method, halves, recipe))
	for i, e := range r.Evaluations {
		if e.Scores.Metrics[0].N != len(report) || e.Held.Metrics[0].N != len(selection) {
			t.Errorf("evaluation %d is of %d and %d rows, want %d and %d", i, e.Scores.Metrics[0].N,
				e.Held.Metrics[0].N, len(report), len(selection))
		}
		if e.Held.Metrics[0].Value > r.Evaluations[r.Best].Held.Metrics[0].Value {
			t.Errorf("the best evaluation must have the highest score on the first half, found %d", r.Best)
		}
	}
}

// TestPatience: a run at learning rate 0, which never gets better, ends after its first evaluation and as many as its
// patience; in a batch with others it ends as it does alone, with the same prompt, and they go on.
func TestPatience(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs, recipe.Updates, recipe.EvaluateEvery, recipe.Dropout = 0, 12, 2, 0
	still := recipe
	still.LearningRate, still.Patience = 0, 2
	alone := cases.Must(trainOne(t, m, method, data, still))
	if len(alone.Losses) != 6 || len(alone.Evaluations) != 3 || alone.Best != 0 {
		t.Errorf("it must end after 6 updates and 3 evaluations, the first of them the best, found %d, %d and %d",
			len(alone.Losses), len(alone.Evaluations), alone.Best)
	}
	if err := alone.Check(); err != nil {
		t.Error(err)
	}
	job := func(id string, recipe Recipe) *Job {
		return &Job{ID: id, Model: m, Data: data, Method: method, Recipe: recipe}
	}
	both := cases.Must(trainAll(t, job("still", still), job("other", recipe)))
	if len(both[0].Losses) != 6 || both[0].LastPrompt.Digests() != alone.LastPrompt.Digests() {
		t.Errorf("in a batch it must end as it does alone, found %d updates", len(both[0].Losses))
	}
	if len(both[1].Losses) != 12 {
		t.Errorf("the other run must go on to 12 updates, found %d", len(both[1].Losses))
	}
}

// TestMostShapes: compiled programs serve the next group, until there are programs for more than mostShapes lengths;
// then they are freed, so that memory does not grow without end.
func TestMostShapes(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs, recipe.Updates, recipe.EvaluateEvery = 0, 1, 1
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	once := func() *Trainer {
		job := &Job{ID: "run", Model: m, Data: data, Method: method, Recipe: recipe}
		if _, err := runner.Train(t.Context(), []*Job{job}, Options{}); err != nil {
			t.Fatal(err)
		}
		return runner.compiled.trainer
	}
	first := once()
	if once() != first {
		t.Error("the second run must use what was compiled for the first")
	}
	for i := range mostShapes {
		first.shapes[[2]int{1000 + i, 1}] = true
	}
	if second := once(); second == first || len(second.shapes) != 1 {
		t.Errorf("the programs must be freed, found %d lengths", len(second.shapes))
	}
}
