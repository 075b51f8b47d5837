// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/compute"

	"dpt/superglue"
	"dpt/t5"
)

// Run is what training gives.
type Run struct {
	Record *Record
	Best   *Prompt // of the best evaluation
	Last   *Prompt // of the last one
}

// Job is a run to make.
type Job struct {
	Spec       Spec
	Data       *Dataset
	Experiment Experiment // what it was asked for as, for the record
}

// NewJob is the run of some settings on a model and data; the settings' task, format and source length are the data's.
func NewJob(m *t5.Model, data *Dataset, settings Settings) (*Job, error) {
	if err := settings.Recipe.check(); err != nil {
		return nil, err
	}
	spec, err := newSpec(m, data, settings)
	if err != nil {
		return nil, err
	}
	if data, err = data.under(settings); err != nil {
		return nil, err
	}
	if len(data.Train) == 0 || len(data.Dev) == 0 {
		return nil, fmt.Errorf("training needs examples in both splits, found %d to train on and %d to evaluate", len(data.Train), len(data.Dev))
	}
	job := &Job{Spec: spec, Data: data, Experiment: Experiment{Settings: spec.Settings}}
	if method := job.method(); sharesBackbone(method) { // no weights to copy: it is quick to see whether its sizes can be
		if _, err := method.Init(m, stream(0, initStream, 0)); err != nil {
			return nil, err
		}
	}
	return job, nil
}

// method is the run's, its text as tokens.
func (j *Job) method() Method {
	if s, ok := j.Spec.Method.Method.(spelled); ok {
		return s.tokenised(j.Data.Tokenizer)
	}
	return j.Spec.Method.Method
}

// Progress is where training stands.
type Progress struct {
	Update, Updates int
	Loss            float64 // of the last batch; in a group, the first run's, as all that follows
	ExamplesPerSec  float64 // of all runs, over the time so far, evaluation included
	Remaining       time.Duration
	Score           *superglue.Metric // the last evaluation's, nil before there is one
}

// Train makes the runs of a group: jobs that share the model's frozen weights, and that [Job.fits] says go together. They
// are trained in one batch, each to what it would be alone but for the order of sums; each is evaluated on the
// development split by greedy generation whenever its recipe says.
//
// report, which may be nil, is called after every update and every evaluation. When ctx ends, so does Train, with its
// error. On a CPU, equal arguments give bit-identical runs but for the times in them. A run whose loss or gradient stops
// being finite has that in its record's Failure, and its last prompt is the last good one.
func Train(ctx context.Context, backend compute.Backend, m *t5.Model, jobs []*Job, report func(Progress)) ([]*Run, error) {
	c := &machine{}
	defer c.close()
	return train(ctx, backend, m, jobs, c, nil, report)
}

// train is Train with checkpoints, from which it goes on if there are any, on a machine that may have trained before.
func train(ctx context.Context, backend compute.Backend, m *t5.Model, jobs []*Job, c *machine, checkpoints *checkpoints, report func(Progress)) ([]*Run, error) {
	s, err := newSession(backend, m, jobs, c)
	if err != nil {
		return nil, err
	}
	if err := checkpoints.resume(s); err != nil {
		return nil, err
	}
	for s.updates() < s.calendar.total && !s.allFailed() {
		if err := s.update(); err != nil {
			return nil, &failedError{err}
		}
		s.progress(report)
		if s.calendar.evaluates(s.updates()) {
			if err := s.evaluate(ctx); err != nil {
				return nil, err
			}
			s.progress(report)
		}
		if err := checkpoints.saveIfDue(ctx, s); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

// failedError is a computation that the device did not do, for lack of memory or a fault: another run may do better.
type failedError struct{ error }

func (e *failedError) Unwrap() error { return e.error }

func failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &failedError{err}
}

// session is a group of runs in the making.
type session struct {
	jobs     []*Job
	runs     []*Run
	calendar calendar // the same for all
	*machine

	order   [][][]int // of the epoch, for each run: its batches, each a list of examples
	epoch   int       // that order is of; -1 before the first
	elapsed time.Duration
	started time.Time // of this process's part
	first   int       // update that this process began with
}

func newSession(backend compute.Backend, m *t5.Model, jobs []*Job, c *machine) (*session, error) {
	for _, job := range jobs {
		if err := jobs[0].fits(job); err != nil {
			return nil, err
		}
	}
	if err := c.prepare(backend, m, jobs); err != nil {
		return nil, err
	}
	s := &session{
		jobs: jobs, calendar: jobs[0].Spec.Recipe.calendar(len(jobs[0].Data.Train)), machine: c,
		order: make([][][]int, len(jobs)), epoch: -1, started: time.Now(),
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return nil, err
	}
	for i, job := range jobs {
		run := &Run{newRecord(backend, m, job, jobs, s.trainer.Trainable(i)), prompts[i], prompts[i]}
		run.Record.addProbe(run.Last, 0)
		s.runs = append(s.runs, run)
	}
	return s, nil
}

func (s *session) updates() int { return s.trainer.updates }

// update makes one update of each run.
func (s *session) update() error {
	step, recipe := s.updates(), s.jobs[0].Spec.Recipe
	if epoch := step / s.calendar.perEpoch; epoch != s.epoch {
		for i, job := range s.jobs {
			s.order[i] = trainingOrder(job.Data.Train, recipe.BatchSize, recipe.LengthWindow, job.Spec.Recipe.Seed, epoch)
		}
		s.epoch = epoch
	}
	var rows [][]Example
	var rates []float64
	for i, job := range s.jobs {
		r := job.Spec.Recipe
		rows = append(rows, pick(job.Data.Train, s.order[i][step%s.calendar.perEpoch]))
		rates = append(rates, Schedule{r.LearningRate, int(r.Warmup * float64(s.calendar.total)), s.calendar.total, r.Decay}.At(step))
	}
	losses, norms, err := s.trainer.Step(newBatch(recipe.BatchSize, rows...), rates...)
	if err != nil {
		return err
	}
	for i, run := range s.runs {
		if run.Record.Failure != "" {
			continue
		}
		if sum := float64(losses[i] + norms[i]); math.IsNaN(sum) || math.IsInf(sum, 0) {
			run.Record.Failure = fmt.Sprintf("update %d: loss %v and gradient norm %v must be finite: lower the learning rate", step, losses[i], norms[i])
			continue
		}
		run.Record.addStep(losses[i], norms[i])
	}
	return nil
}

// evaluate scores each run's prompt as it is.
func (s *session) evaluate(ctx context.Context) error {
	var dev, held [][]Example
	for _, job := range s.jobs {
		dev, held = append(dev, job.Data.Dev), append(held, job.Data.Held)
	}
	predicted, err := s.evaluator.Predict(ctx, dev...)
	if err != nil {
		return failed(ctx, err)
	}
	selection, err := s.evaluator.Predict(ctx, held...)
	if err != nil {
		return failed(ctx, err)
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return err
	}
	for i, run := range s.runs {
		if run.Last = prompts[i]; run.Record.Failure != "" {
			continue
		}
		data := s.jobs[i].Data
		evaluation := Evaluation{Updates: s.updates()}
		if evaluation.Scores, err = data.Score(predicted[i]); err != nil {
			return err
		}
		if len(data.Held) > 0 {
			scores, err := data.score(data.held, selection[i])
			if err != nil {
				return err
			}
			evaluation.Held = &scores
		}
		run.Record.addProbe(run.Last, s.updates())
		if run.Record.addEvaluation(evaluation) {
			run.Best = run.Last
		}
	}
	return nil
}

func (s *session) allFailed() bool {
	for _, run := range s.runs {
		if run.Record.Failure == "" {
			return false
		}
	}
	return true
}

// spent is the time that the runs have taken, in this process and before.
func (s *session) spent() time.Duration { return s.elapsed + time.Since(s.started) }

func (s *session) progress(report func(Progress)) {
	if report == nil {
		return
	}
	record, here := s.runs[0].Record, s.updates()-s.first
	p := Progress{Update: s.updates(), Updates: s.calendar.total}
	if n := len(record.Losses); n > 0 {
		p.Loss = float64(record.Losses[n-1])
	}
	seconds := time.Since(s.started).Seconds()
	p.ExamplesPerSec = float64(here*s.jobs[0].Spec.Recipe.BatchSize*len(s.jobs)) / seconds
	p.Remaining = time.Duration(seconds / float64(max(1, here)) * float64(p.Updates-p.Update) * float64(time.Second))
	if n := len(record.Evaluations); n > 0 {
		p.Score = &record.Evaluations[n-1].Scores.Metrics[0]
	}
	report(p)
}

func (s *session) finish() ([]*Run, error) {
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return nil, err
	}
	for i, run := range s.runs {
		run.Last = prompts[i]
		examples := s.jobs[i].Spec.Recipe.BatchSize * s.updates()
		run.Record.finish(s.spent(), examples, run.Last)
	}
	return s.runs, nil
}
