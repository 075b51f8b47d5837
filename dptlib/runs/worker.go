// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dpt/dptlib/train"
)

// worker trains groups of a sweep, one after the other.
type worker struct {
	*pool
	models   *Library // of its own, since a model's store holds the variables of one group
	runner   train.Runner
	compiled string  // what the runner has compiled
	current  string  // what is being trained
	flops    float64 // done of the group that is being trained
}

// work trains groups as long as there are any.
func (w *worker) work(ctx context.Context) error {
	for {
		group, ok := w.next(w)
		if !ok {
			return nil
		}
		err := w.group(ctx, group, false)
		if errors.Is(err, ErrLocked) || errors.Is(err, errUntrained) { // by another process, perhaps
			w.mutex.Lock()
			w.busy = append(w.busy, group)
			w.mutex.Unlock()
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// group trains the group's runs that have no record. If another process trains one of them, it waits, or returns
// [ErrLocked].
func (w *worker) group(ctx context.Context, group PlannedGroup, wait bool) error {
	jobs, err := w.own(group.Jobs)
	if err != nil {
		return err
	}
	done, _, err := w.Folder.stored(jobs, w.Retry)
	if err != nil {
		return err
	}
	w.others(len(done) - group.done)
	if err := w.train(ctx, jobs, wait); err != nil {
		return err
	}
	w.finished(w, group)
	return nil
}

// own returns the jobs on the worker's own copy of their model, which the plan does not keep.
func (w *worker) own(jobs []*Job) ([]*Job, error) {
	e := jobs[0].Experiment
	m, err := w.models.Model(ModelRef{Name: e.Model, Precision: e.Precision})
	if err != nil {
		return nil, err
	}
	return onModel(jobs, m.Model), nil
}

// train trains jobs in one batch. If the device lacks memory it trains halves, and notes a single run that does not fit
// as failed.
func (w *worker) train(ctx context.Context, jobs []*Job, wait bool) error {
	e := jobs[0].Experiment
	w.current = fmt.Sprintf("%s, %s", e.Model, e.Task)
	flops := 0.0
	for _, job := range jobs {
		flops += job.FLOPs()
	}
	_, missing, err := w.Folder.stored(jobs, w.Retry)
	if err != nil {
		return err
	}
	var training train.Progress
	o := Options{
		Checkpoint: w.Checkpoint, Retry: w.Retry, NoWait: !wait,
		Report: func(p train.Progress) {
			training = p
			w.report(w, p, flops*p.Share())
		},
	}
	var records []*Record
	if jobs[0].Of != nil {
		records, err = w.Folder.Rescore(ctx, w.runner.Backend, jobs, o)
	} else {
		records, err = w.Folder.Train(ctx, &w.runner, jobs, o)
	}
	if lack := new(train.MemoryError); errors.As(err, &lack) {
		w.runner.Close() // its variables are lost
		if half := len(jobs) / 2; half > 0 {
			return errors.Join(w.train(ctx, jobs[:half], wait), w.train(ctx, jobs[half:], wait))
		}
		record := newRecord(w.runner.Backend, jobs[0], jobs, &train.Run{Result: train.Result{Failure: err.Error()}})
		records, err = []*Record{record}, w.Folder.store(record, &train.Run{})
	}
	if err != nil {
		return err
	}
	w.made(slices.DeleteFunc(records, func(record *Record) bool {
		return !slices.ContainsFunc(missing, func(job *Job) bool { return job.ID == record.ID })
	}))
	w.report(w, training, flops)
	return nil
}
