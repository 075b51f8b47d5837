// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// building is held while a graph is built: programs are compiled side by side, but a method's functions, Weight apart,
// need not be safe for concurrent use.
var building sync.Mutex

// compile compiles, side by side, the programs that updates until the epoch's end and evaluations will run. An epoch
// has batches of nearly all lengths; the program for a length that comes up later is compiled then.
func (s *session) compile(ctx context.Context) error {
	var programs []func() error
	for step := s.updates(); step < s.calendar.Total; step++ {
		if batch := NewBatch(s.jobs[0].Recipe.BatchSize, s.rows(step)...); !s.trainer.compiled(batch) {
			programs = append(programs, s.trainer.program(batch))
		}
		if (step+1)%s.calendar.PerEpoch == 0 {
			break
		}
	}
	var dev, held [][]Pair
	for _, job := range s.jobs {
		dev, held = append(dev, job.Data.Dev.Pairs), append(held, job.Data.Held.Pairs)
	}
	programs = append(programs, s.evaluator.programs(dev, held)...)

	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, program := range programs {
		s.compiling(i, len(programs))
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return program()
		})
	}
	return group.Wait()
}
