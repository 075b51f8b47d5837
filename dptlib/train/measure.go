// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"math"
	"time"
)

// Speed is the speed of a group's updates.
type Speed struct {
	Compile time.Duration // of the first update, which loads what was compiled before
	FLOPs   float64       // per second, see [TrainingFLOPs]
}

// Measure updates a group three times with its first batch and throws the result away: the first update compiles, and
// the fastest of the others gives the speed.
func (r *Runner) Measure(ctx context.Context, group []*Job) (speed Speed, err error) {
	s, err := r.begin(group, Options{})
	if err != nil {
		return speed, err
	}
	batch := NewBatch(group[0].Recipe.BatchSize, s.rows(0)...)
	rates := make([]float64, len(group)) // 0: the speed does not depend on them
	fastest := time.Duration(math.MaxInt64)
	for i := range 3 {
		if err := ctx.Err(); err != nil {
			return speed, err
		}
		start := time.Now()
		if _, _, err := s.trainer.Step(batch, rates...); err != nil {
			return speed, deviceError(err)
		}
		if took := time.Since(start); i == 0 {
			speed.Compile = took
		} else {
			fastest = min(fastest, took)
		}
	}
	n := batch.lengths()
	flops := TrainingFLOPs(group[0].Model.Config, batch.Size, group[0].Method.Vectors()+n[0], n[1])
	speed.FLOPs = flops / fastest.Seconds()
	return speed, nil
}
