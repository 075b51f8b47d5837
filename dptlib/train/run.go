// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"dpt/superglue"
)

// Runner makes runs, one group after the other, and keeps compiled programs for the next group.
type Runner struct {
	Backend compute.Backend

	compiled compiled
}

// Options control how runs are made; they do not change the result.
type Options struct {
	Checkpoint Checkpoint
	Report     func(Progress) // called after every update and every evaluation, and before long steps; may be nil
}

// Train makes the runs of a group: jobs that [Job.Fits] says go together, or a single one. They are trained in one
// batch, each with the result that it would have alone except for the order of sums; each is evaluated on the
// development split by greedy generation whenever its recipe says.
//
// When ctx ends between two updates, Train writes a checkpoint, from which a later call goes on; during an evaluation
// the last checkpoint stays. It returns the error of ctx. On a CPU, equal arguments give bit-identical runs except for
// the times in them. If the loss or gradient of a run stops being finite, its Failure says so, and its last prompt is
// the last good one. If the device lacks memory, the error is a [MemoryError].
func (r *Runner) Train(ctx context.Context, group []*Job, o Options) ([]*Run, error) {
	s, err := r.begin(group, o)
	if err != nil {
		return nil, deviceError(err)
	}
	if err := o.Checkpoint.resume(s); err != nil {
		return nil, err
	}
	if err := s.compile(ctx); err != nil {
		return nil, deviceError(err)
	}
	for s.updates() < s.calendar.Total && !s.allEnded() {
		if err := s.update(); err != nil {
			return nil, deviceError(err)
		}
		if s.calendar.Evaluates(s.updates()) {
			if err := s.evaluate(ctx); err != nil {
				return nil, err
			}
		}
		if err := o.Checkpoint.saveIfDue(ctx, s); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// Close frees the compiled programs.
func (r *Runner) Close() { r.compiled.close() }

// MemoryError is a device's lack of memory: a smaller batch may do better.
type MemoryError struct{ error }

// Unwrap returns the device's error.
func (e *MemoryError) Unwrap() error { return e.error }

// deviceError tells errors of a device that a reader can do something about from others. XLA has a name for a lack of
// memory.
func deviceError(err error) error {
	switch {
	case err == nil:
	case strings.Contains(err.Error(), "RESOURCE_EXHAUSTED"):
		return &MemoryError{err}
	case errors.Is(err, compute.ErrNotImplemented):
		return fmt.Errorf("the backend must have all operations of T5, as XLA has: unset GOMLX_BACKEND, or let it "+
			"name XLA: %w", err)
	}
	return err
}

// session is a group of runs in the making.
type session struct {
	jobs     []*Job
	runs     []*Run
	calendar Calendar // the same for all
	options  Options
	*compiled

	order   [][][]int // of the epoch, for each run: its batches, each a list of examples
	epoch   int       // that order is of; -1 before the first
	counted []int     // training examples that each run has seen
	clock   clock
}

func (r *Runner) begin(group []*Job, o Options) (*session, error) {
	for _, job := range group {
		if err := job.Check(r.Backend); err != nil {
			return nil, err
		}
		if err := group[0].Fits(job); err != nil {
			return nil, err
		}
	}
	s := &session{
		jobs: group, calendar: group[0].Calendar(), options: o, compiled: &r.compiled,
		order: make([][][]int, len(group)), epoch: -1, counted: make([]int, len(group)), clock: newClock(),
	}
	s.report(Compiling)
	if err := r.compiled.prepare(r.Backend, group); err != nil {
		return nil, err
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return nil, err
	}
	for i, job := range group {
		run := &Run{LastPrompt: prompts[i], Result: Result{
			TrainSize: job.Data.Train.Len(), DevSize: job.Data.Dev.Len(), Draw: job.Data.Draw,
			Trainable: s.trainer.Trainable(i), Started: time.Now().UTC().Truncate(time.Second),
		}}
		if err := run.observe(job.Method, run.LastPrompt, 0); err != nil {
			return nil, err
		}
		s.runs = append(s.runs, run)
	}
	return s, nil
}

func (s *session) updates() int { return s.trainer.updates }

// update makes one update of each run.
func (s *session) update() error {
	step := s.updates()
	var rates []float64
	for i, job := range s.jobs {
		rate := job.Recipe.rate(step, s.calendar.Total)
		if s.ended(i) {
			rate = 0 // its last prompt stays
		}
		rates = append(rates, rate)
	}
	rows := s.rows(step)
	batch := NewBatch(s.jobs[0].Recipe.BatchSize, rows...)
	known := s.trainer.compiled(batch)
	if !known {
		s.report(Compiling)
	}
	start := time.Now()
	losses, norms, err := s.trainer.Step(batch, rates...)
	if err != nil {
		return err
	}
	s.clock.updated(time.Since(start), known)
	for i := range s.runs {
		if !s.ended(i) {
			s.note(i, len(rows[i]), losses[i], norms[i])
		}
	}
	s.report(Training)
	return nil
}

// rows returns each run's examples of an update.
func (s *session) rows(step int) [][]Pair {
	if epoch := step / s.calendar.PerEpoch; epoch != s.epoch {
		for i, job := range s.jobs {
			s.order[i] = trainingOrder(job.Data.Train.Pairs, job.Recipe.BatchSize, job.Recipe.LengthWindow,
				job.Recipe.Seed, epoch)
		}
		s.epoch = epoch
	}
	var rows [][]Pair
	for i, job := range s.jobs {
		rows = append(rows, pick(job.Data.Train.Pairs, s.order[i][step%s.calendar.PerEpoch]))
	}
	return rows
}

// note records an update's results for a run.
func (s *session) note(i, examples int, loss, norm float32) {
	run := s.runs[i]
	if sum := float64(loss + norm); math.IsNaN(sum) || math.IsInf(sum, 0) {
		run.Failure = fmt.Sprintf("update %d: loss %v and gradient norm %v must be finite: lower the learning rate",
			len(run.Losses), loss, norm)
		return
	}
	run.addStep(loss, norm)
	s.counted[i] += examples
}

// evaluate scores each run's prompt as it is.
func (s *session) evaluate(ctx context.Context) error {
	start := time.Now()
	var dev, held [][]Pair
	for _, job := range s.jobs {
		dev, held = append(dev, job.Data.Dev.Pairs), append(held, job.Data.Held.Pairs)
	}
	predicted, err := s.evaluator.Predict(ctx, s.evaluating, dev...)
	if err != nil {
		return err
	}
	selection, err := s.evaluator.Predict(ctx, s.evaluating, held...)
	if err != nil {
		return err
	}
	chosen, err := s.evaluator.Choose(ctx, dev...)
	if err != nil {
		return err
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return deviceError(err)
	}
	for i, run := range s.runs {
		if run.LastPrompt = prompts[i]; s.ended(i) {
			continue
		}
		data := s.jobs[i].Data
		evaluation, err := s.score(data, predicted[i], selection[i])
		if err == nil {
			err = run.observe(s.jobs[i].Method, run.LastPrompt, s.updates())
		}
		if err != nil {
			run.Failure = fmt.Sprintf("evaluation after update %d: %v", s.updates(), err)
			continue
		}
		run.countChoices(chosen[i], data.Dev.Rows, data.Task.Classes, s.updates())
		if run.addEvaluation(evaluation) {
			run.BestPrompt, run.Predictions = run.LastPrompt, data.Texts(predicted[i])
		}
	}
	s.clock.evaluated(time.Since(start))
	s.report(Training)
	return nil
}

// score scores a run's predictions for the development split and for the rows that it is selected on.
func (s *session) score(d *Dataset, dev, held [][]int32) (e Evaluation, err error) {
	e.Updates = s.updates()
	if e.Scores, err = d.Score(d.Dev, dev); err != nil || d.Held.Len() == 0 {
		return e, err
	}
	scores, err := d.Score(d.Held, held)
	e.Held = &scores
	return e, err
}

func (s *session) ended(i int) bool { return s.runs[i].ended(s.jobs[i].Recipe) }

func (s *session) allEnded() bool {
	for i := range s.runs {
		if !s.ended(i) {
			return false
		}
	}
	return true
}

func (s *session) finish() ([]*Run, error) {
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return nil, err
	}
	for i, run := range s.runs {
		run.LastPrompt = prompts[i]
		run.Seconds = s.clock.spent().Seconds()
		run.ExamplesPerSec = float64(s.counted[i]) / run.Seconds
		run.PeakRSSMiB = PeakRSSMiB()
		run.Spectrum = run.LastPrompt.SingularValues()
	}
	return s.runs, nil
}

// lastMetric returns the last evaluation's score, or nil.
func (r *Result) lastMetric() *superglue.Metric {
	if len(r.Evaluations) == 0 {
		return nil
	}
	return &r.Evaluations[r.Last].Scores.Metrics[0]
}
