// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"dpt/dptlib/train"
)

// Sweep makes the runs of a list of experiments that have no record yet, in groups. It can be stopped at any moment and
// started again, and several processes can work on the same folder.
type Sweep struct {
	Library    *Library
	Folder     Folder
	Checkpoint time.Duration // the most work that an interruption may cost; 0 stands for a minute
	Group      int           // most runs in a batch; 0: as many as are worthwhile and fit
	Retry      time.Time     // train again the runs that failed before this time
	Report     func(SweepProgress)

	leave bool // leave to other processes the runs that they train, instead of waiting for them
}

// SweepProgress says how far a sweep is.
type SweepProgress struct {
	Runs, Done, Failed int           // all of the sweep's runs; those with a record; those of them that failed
	Share              float64       // of the work that this process found to do
	Remaining          time.Duration // at the speed so far; 0 if it is not known yet
	Current            string        // what is being trained
	Training           train.Progress
}

// String describes the progress in one line.
func (p SweepProgress) String() string {
	failed := ""
	if p.Failed > 0 {
		failed = fmt.Sprintf(", %d failed", p.Failed)
	}
	rest := ""
	if p.Remaining > 0 {
		rest = fmt.Sprintf(", %v left", p.Remaining.Round(time.Second))
	}
	return fmt.Sprintf("%d of %d runs%s%s; %s: %v", p.Done, p.Runs, failed, rest, p.Current, p.Training)
}

// Run makes the runs that the plan lists. If a run fails, its record has the reason, and the sweep goes on; Run returns
// an error only if the sweep cannot go on, such as at the end of ctx, with a full disk or a program that cannot be
// built.
//
// Groups too small to keep all of a CPU's cores busy are trained side by side, one for each core.
func (s *Sweep) Run(ctx context.Context, p *Plan) error {
	_, err := s.run(ctx, p)
	return err
}

func (s *Sweep) run(ctx context.Context, p *Plan) (*pool, error) {
	c := &pool{Sweep: s, progress: SweepProgress{Runs: p.Runs, Done: p.Done, Failed: len(p.Failures)},
		start: time.Now()}
	var small, large []PlannedGroup
	for _, group := range p.Groups {
		c.todo += group.FLOPs
		if group.small {
			small = append(small, group)
		} else {
			large = append(large, group)
		}
	}
	for _, group := range p.Scores {
		c.todo += group.FLOPs
	}
	if err := c.run(ctx, small, runtime.GOMAXPROCS(0)); err != nil {
		return c, err
	}
	if err := c.run(ctx, large, 1); err != nil {
		return c, err
	}
	if len(p.Scores) > 0 && !p.Scores[0].small { // a GPU
		return c, c.run(ctx, p.Scores, 1)
	}
	return c, c.run(ctx, p.Scores, runtime.GOMAXPROCS(0))
}
