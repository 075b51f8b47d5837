// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"slices"
	"sync"
	"time"

	"dpt/dptlib/train"
)

// pool holds the workers on the groups of one sweep, and their shared state.
type pool struct {
	*Sweep
	mutex      sync.Mutex
	waiting    []PlannedGroup
	busy       []PlannedGroup // another process trains a run of it: they come last
	workers    []*worker
	progress   SweepProgress
	failures   []Failure // of the runs that this process trained
	trained    int       // runs, by this process
	start      time.Time
	todo, done float64 // FLOPs; done counts whole groups
}

// run has a number of workers train groups.
func (c *pool) run(ctx context.Context, groups []PlannedGroup, workers int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c.waiting, c.workers = groups, nil
	for i := range min(workers, len(groups)) {
		w := &worker{pool: c, models: c.Sweep.Library, runner: train.Runner{Backend: c.Sweep.Library.Backend}}
		if i > 0 { // a model's store holds the variables of one group
			w.models = &Library{Backend: c.Sweep.Library.Backend}
		}
		defer w.runner.Close()
		c.workers = append(c.workers, w)
	}
	var all sync.WaitGroup
	for _, w := range c.workers {
		all.Go(func() {
			if err := w.work(ctx); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for len(c.busy) > 0 && !c.leave {
		if err := c.workers[0].group(ctx, c.busy[0], true); err != nil {
			return err
		}
		c.busy = c.busy[1:]
	}
	return nil
}

// next takes a group for a worker. It prefers one that the worker has compiled, then one that no other worker has, then
// the first.
func (c *pool) next(w *worker) (group PlannedGroup, ok bool) {
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

// finished counts a group's work as done.
func (c *pool) finished(w *worker, group PlannedGroup) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.done, w.flops = c.done+group.FLOPs, 0
}

// others counts records that other processes made meanwhile.
func (c *pool) others(done int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.progress.Done += done
}

// made counts the records of runs that were trained here.
func (c *pool) made(records []*Record) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, r := range records {
		if r.Failure != "" {
			c.failures = append(c.failures, Failure{r.ID, r.Experiment(), r.Failure})
			c.progress.Failed++
		}
	}
	c.trained, c.progress.Done = c.trained+len(records), c.progress.Done+len(records)
}

// enoughToTell is the share of a sweep after which the time for the rest is estimated from the speed so far.
const enoughToTell = 0.005

// report tells how far a worker's training is, and how much of its group's work that is.
func (c *pool) report(w *worker, training train.Progress, flops float64) {
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
	switch {
	case done == 0: // it is still compiling, which does not count as work
		c.start = time.Now()
	case c.progress.Share >= enoughToTell:
		c.progress.Remaining = time.Duration(float64(time.Since(c.start)) * (1/c.progress.Share - 1))
	}
	c.Report(c.progress)
}
