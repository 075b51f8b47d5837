// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Sweep makes the runs of a list of experiments: those which have no record yet, in groups. It can be stopped at any
// moment and started again, and several processes can work on the same store.
type Sweep struct {
	Library    *Library
	Runs       Runs
	Checkpoint time.Duration // of a group in training, at least so long between two; 0 is a minute
	Group      int           // most runs in a batch; 0: as many as pay and fit
	Retry      bool          // make runs anew that failed before
	Report     func(SweepProgress)
}

// SweepProgress is where a sweep stands.
type SweepProgress struct {
	Runs, Done, Failed int           // all of the sweep's runs; those with a record; those of them that failed
	Share              float64       // of the work that this process found to do
	Remaining          time.Duration // at the speed so far
	Current            string        // what is being trained
	Training           Progress
}

// Run makes what the plan lists. A run that fails has the reason in its record, and the sweep goes on; Run's error is for
// what keeps the sweep from going on, such as ctx's end or a full disk.
//
// Groups too small to keep all of a CPU's cores busy are trained side by side, one for each core.
func (s *Sweep) Run(ctx context.Context, p *Plan) error {
	c := &crew{Sweep: s, progress: SweepProgress{Runs: p.Runs, Done: p.Done, Failed: p.Failed}, start: time.Now()}
	var small, large []PlannedGroup
	for _, group := range p.Groups {
		c.todo += group.FLOPs
		if group.small {
			small = append(small, group)
		} else {
			large = append(large, group)
		}
	}
	if err := c.run(ctx, small, runtime.GOMAXPROCS(0)); err != nil {
		return err
	}
	return c.run(ctx, large, 1)
}

// crew is workers on the groups of one sweep, and what they share.
type crew struct {
	*Sweep
	mutex      sync.Mutex
	waiting    []PlannedGroup
	busy       []PlannedGroup // another process makes a run of it: they come last
	workers    []*worker
	progress   SweepProgress
	start      time.Time
	todo, done float64 // FLOPs; done counts whole groups
}

// run has so many workers make groups.
func (c *crew) run(ctx context.Context, groups []PlannedGroup, workers int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c.waiting, c.workers = groups, nil
	for i := range min(workers, len(groups)) {
		w := &worker{crew: c, library: c.Library}
		if i > 0 { // a model's store holds the variables of one group
			w.library = &Library{Backend: c.Library.Backend}
		}
		defer w.machine.close()
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
	for len(c.busy) > 0 {
		group := c.busy[0]
		if _, err := c.workers[0].group(ctx, group, true); err != nil {
			return err
		}
		c.busy = c.busy[1:]
	}
	return nil
}

// next gives a worker a group: one for which it has compiled all but new lengths, or else one for which no other has, or
// else the first.
func (c *crew) next(w *worker) (group PlannedGroup, ok bool) {
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

// report tells of a worker's training, if that is what changed, and of the whole.
func (c *crew) report(w *worker, training Progress, flops float64) {
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

// finish counts a group's work, and the records that it has now.
func (c *crew) finish(w *worker, group PlannedGroup) {
	c.mutex.Lock()
	c.done, w.flops = c.done+group.FLOPs, 0
	c.mutex.Unlock()
}

// count notes more records.
func (c *crew) count(done, failed int) {
	c.mutex.Lock()
	c.progress.Done, c.progress.Failed = c.progress.Done+done, c.progress.Failed+failed
	c.mutex.Unlock()
}
