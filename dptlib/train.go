// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute"

	"dpt/superglue"
	"dpt/t5"
)

// Run is what training gives.
type Run struct {
	Record *Record
	Best   *Prompt // of the best epoch
	Last   *Prompt // of the last one
}

// Progress is where a training run stands.
type Progress struct {
	Epoch, Epochs   int // the current one, from 1
	Update, Updates int
	Loss            float64 // of the last batch
	ExamplesPerSec  float64 // over the run so far, evaluation included
	Remaining       time.Duration
	Score           *superglue.Metric // the last epoch's, nil before there is one
}

// Train tunes a method's prompt on the dataset and evaluates it on the development split after every epoch, by greedy
// generation.
//
// report, which may be nil, is called after every update and every evaluation. When ctx ends, so does Train, with its
// error. On a CPU, equal arguments give bit-identical runs but for the times in them.
func Train(ctx context.Context, backend compute.Backend, m *t5.Model, method Method, data *Dataset, recipe Recipe, report func(Progress)) (*Run, error) {
	if err := recipe.check(); err != nil {
		return nil, err
	}
	if len(data.Train) == 0 || len(data.Dev) == 0 {
		return nil, fmt.Errorf("training needs examples in both splits, found %d to train on and %d to evaluate", len(data.Train), len(data.Dev))
	}
	spec, err := NewSpec(m, data, method, recipe)
	if err != nil {
		return nil, err
	}
	trainer, err := NewTrainer(backend, m, method, recipe.Optimizer, recipe.Dropout, recipe.Seed)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	evaluator, err := NewEvaluator(backend, m, method, 2*recipe.BatchSize, data.maxTokens())
	if err != nil {
		return nil, err
	}
	defer evaluator.Close()

	updatesPerEpoch := (len(data.Train) + recipe.BatchSize - 1) / recipe.BatchSize
	updates := recipe.Epochs * updatesPerEpoch
	schedule := Schedule{recipe.LearningRate, int(recipe.Warmup * float64(updates)), updates}
	run := &Run{Record: newRecord(backend, m, trainer, data, spec)}
	progress := Progress{Epochs: recipe.Epochs, Updates: updates}
	start, seen := time.Now(), 0
	send := func() {
		progress.measure(time.Since(start), seen)
		if report != nil {
			report(progress)
		}
	}
	if run.Last, err = trainer.Prompt(); err != nil {
		return nil, err
	}
	run.Record.addProbe(run.Last, 0)
	for epoch := range recipe.Epochs {
		progress.Epoch = epoch + 1
		for _, rows := range trainingOrder(data.Train, recipe.BatchSize, recipe.LengthWindow, stream(recipe.Seed, orderStream, epoch)) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			loss, norm, err := trainer.Step(newBatch(data.Train, rows, recipe.BatchSize), schedule.At(progress.Update))
			if err != nil {
				return nil, err
			}
			run.Record.addStep(loss, norm)
			seen += len(rows)
			progress.Update++
			progress.Loss = loss
			send()
		}
		scores, err := evaluator.score(ctx, data)
		if err != nil {
			return nil, err
		}
		if run.Last, err = trainer.Prompt(); err != nil {
			return nil, err
		}
		run.Record.addProbe(run.Last, progress.Update)
		if run.Record.addEpoch(progress.Update, scores) {
			run.Best = run.Last
		}
		progress.Score = &run.Record.Epochs[epoch].Scores.Metrics[0]
		send()
	}
	run.Record.finish(time.Since(start), seen)
	return run, nil
}

func (p *Progress) measure(elapsed time.Duration, examples int) {
	p.ExamplesPerSec = float64(examples) / elapsed.Seconds()
	p.Remaining = time.Duration(float64(elapsed) * float64(p.Updates-p.Update) / float64(p.Update))
}
