// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"runtime"
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
