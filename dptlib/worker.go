// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// worker makes groups of a sweep, one after the other.
type worker struct {
	*crew
	library  *Library
	machine  machine
	compiled string  // what the machine is for
	current  string  // what is being trained
	flops    float64 // done of the group that is being trained
}

// work makes groups as long as there are any.
func (w *worker) work(ctx context.Context) error {
	for {
		group, ok := w.next()
		if !ok {
			return nil
		}
		locked, err := w.group(ctx, group, false)
		if err != nil {
			return err
		}
		if !locked {
			w.mutex.Lock()
			w.busy = append(w.busy, group)
			w.mutex.Unlock()
		}
	}
}

// group makes the runs of a group that have no record, if no other process is making one of them; wait for it otherwise,
// or say that it is locked.
func (w *worker) group(ctx context.Context, group PlannedGroup, wait bool) (locked bool, err error) {
	unlock, err := w.Runs.lock(ctx, group.Jobs, wait)
	if unlock == nil || err != nil {
		return false, err
	}
	defer unlock()
	var missing []*Job
	for _, job := range group.Jobs {
		if record, err := w.Runs.record(job, w.Retry); record == nil && err == nil {
			missing = append(missing, job)
		}
	}
	w.count(len(group.Jobs)-group.done-len(missing), 0) // others made them meanwhile
	jobs := missing
	if w.Runs.checkpoints(group.Jobs, 0).exist() {
		jobs = group.Jobs // was interrupted while it stored its records: the rest must come from the same batch
	}
	if len(missing) > 0 {
		err = w.train(ctx, jobs)
	}
	w.mutex.Lock()
	w.done, w.flops = w.done+group.FLOPs, 0
	w.mutex.Unlock()
	return true, err
}

// train trains jobs in one batch. Where that fails it tries halves: a smaller batch needs less memory.
func (w *worker) train(ctx context.Context, jobs []*Job) error {
	e := jobs[0].Experiment
	m, _, err := w.library.Model(e.Model, e.Precision)
	if err != nil {
		return err
	}
	w.current = fmt.Sprintf("%s, %s", e.Model, e.Task)
	every := w.Checkpoint
	if every == 0 {
		every = checkpointEvery
	}
	share := 0.0
	for _, job := range jobs {
		share += job.FLOPs(m.Config)
	}
	var training Progress
	records, err := w.Runs.train(ctx, w.Library.Backend, m, jobs, &w.machine, every, func(p Progress) {
		training = p
		w.report(p, share*float64(p.Update)/float64(p.Updates))
	})
	failed := new(failedError)
	if errors.As(err, &failed) {
		w.machine.close() // its variables are lost
		if half := len(jobs) / 2; half > 0 {
			return errors.Join(w.train(ctx, jobs[:half]), w.train(ctx, jobs[half:]))
		}
		record := newRecord(w.Library.Backend, m, jobs[0], jobs, 0)
		record.Failure = err.Error()
		records, err = []*Record{record}, w.Runs.storeRecord(record)
	}
	for _, record := range records {
		if record.Failure != "" {
			w.count(1, 1)
		} else {
			w.count(1, 0)
		}
	}
	w.report(training, share)
	return err
}

// next takes a group: one for which the worker has compiled all but new lengths, or else one for which no other has, or
// else the first.
func (w *worker) next() (group PlannedGroup, ok bool) {
	c := w.crew
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.waiting) == 0 {
		return PlannedGroup{}, false
	}
	i := slices.IndexFunc(c.waiting, func(g PlannedGroup) bool { return g.compiled() == w.compiled })
	if i < 0 {
		i = max(0, slices.IndexFunc(c.waiting, func(g PlannedGroup) bool {
			return !slices.ContainsFunc(c.workers, func(other *worker) bool { return g.compiled() == other.compiled })
		}))
	}
	group = c.waiting[i]
	c.waiting = slices.Delete(slices.Clone(c.waiting), i, i+1)
	w.compiled = group.compiled()
	return group, true
}

// report tells how far training is, and how much of a group's work that is.
func (w *worker) report(training Progress, flops float64) {
	c := w.crew
	c.mutex.Lock()
	defer c.mutex.Unlock()
	w.flops, c.progress.Current, c.progress.Training = flops, w.current, training
	if c.Report == nil {
		return
	}
	done := c.done
	for _, worker := range c.workers {
		done += worker.flops
	}
	c.progress.Share = min(1, done/c.todo)
	c.progress.Remaining = time.Duration(float64(time.Since(c.start)) * (1/max(c.progress.Share, 1e-9) - 1))
	c.Report(c.progress)
}

// count notes more records.
func (w *worker) count(done, failed int) {
	w.mutex.Lock()
	w.progress.Done, w.progress.Failed = w.progress.Done+done, w.progress.Failed+failed
	w.mutex.Unlock()
}

// lock keeps other processes from making the same runs. Without wait, unlock is nil where another has one of them.
func (r Runs) lock(ctx context.Context, jobs []*Job, wait bool) (unlock func(), err error) {
	dir := filepath.Join(string(r), ".locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var held []*flock.Flock
	release := func() {
		for _, l := range held {
			l.Unlock()
		}
	}
	for _, id := range slices.Sorted(slices.Values(ids(jobs))) { // in one order, so that no two wait for each other
		l := flock.New(filepath.Join(dir, id))
		locked, err := l.TryLock()
		if !locked && err == nil && wait {
			locked, err = l.TryLockContext(ctx, time.Second)
		}
		if !locked || err != nil {
			release()
			return nil, err
		}
		held = append(held, l)
	}
	return release, nil
}
