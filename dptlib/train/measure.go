// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"time"
)

// Speed is the speed of a group's updates.
type Speed struct {
	Compile time.Duration // of the first update, which loads what was compiled before
	FLOPs   float64       // per second, see [TrainingFLOPs]
}

// Measure makes three updates of a group and throws them away: the first compiles, and the fastest of the others gives
// the speed.
func (r *Runner) Measure(ctx context.Context, group []*Job) (speed Speed, err error) {
	s, err := r.begin(group, Options{})
	if err != nil {
		return speed, err
	}
	fastest := time.Duration(0)
	for range min(3, s.calendar.Total) {
		if err := ctx.Err(); err != nil {
			return speed, err
		}
		start := time.Now()
		if err := s.update(); err != nil {
			return speed, err
		}
		took := time.Since(start)
		if speed.Compile == 0 {
			speed.Compile = took
		} else if fastest == 0 || took < fastest {
			fastest = took
		}
	}
	if fastest == 0 { // a run of one update
		fastest = speed.Compile
	}
	for _, job := range group {
		speed.FLOPs += job.UpdateFLOPs() / fastest.Seconds()
	}
	return speed, nil
}
