// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"testing"

	"dpt/dptlib/internal/cases"
)

// TestCompilesFirst checks that a run whose first epoch and evaluation have batches of all its lengths compiles nothing
// once updates have begun, that the count of programs is that of the lengths, and that a second run compiles nothing.
func TestCompilesFirst(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Epochs = 1
	job := &Job{ID: "run", Model: m, Data: data, Method: method, Recipe: recipe}

	training, evaluating := map[[2]int]bool{}, map[int]bool{}
	for _, places := range trainingOrder(data.Train.Pairs, recipe.BatchSize, recipe.LengthWindow, recipe.Seed, 0) {
		training[NewBatch(recipe.BatchSize, pick(data.Train.Pairs, places)).lengths()] = true
	}
	for _, places := range evaluationOrder(data.Dev.Pairs, 2*recipe.BatchSize) {
		evaluating[NewBatch(2*recipe.BatchSize, pick(data.Dev.Pairs, places)).lengths()[0]] = true
	}

	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	for run, want := range []int{len(training) + len(evaluating), 0} {
		programs, begun := 0, false
		_, err := runner.Train(context.Background(), []*Job{job}, Options{Report: func(p Progress) {
			if p.Stage != Compiling {
				begun = true
				return
			}
			if programs = p.Batches; begun {
				t.Errorf("run %d compiles after update %d", run, p.Update)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if programs != want {
			t.Errorf("run %d must compile %d programs, found %d", run, want, programs)
		}
		if e := runner.compiled.evaluator; len(e.lengths) != len(evaluating) {
			t.Errorf("run %d must evaluate %d lengths, found %d", run, len(evaluating), len(e.lengths))
		}
	}
}
