// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"time"
)

// Estimate says how long each of the plan's groups will take on this device: their FLOPs at the speed of a few updates of
// the first group of each model, which are made and thrown away, and the time that these took to compile.
func (s *Sweep) Estimate(ctx context.Context, p *Plan) ([]time.Duration, error) {
	type speed struct {
		compile time.Duration
		flops   float64 // per second
	}
	measured := map[[2]string]speed{}
	estimates := make([]time.Duration, len(p.Groups))
	for i, group := range p.Groups {
		e := group.Jobs[0].Experiment
		model := [2]string{e.Model, e.Precision}
		if _, ok := measured[model]; !ok {
			compile, flops, err := s.measure(ctx, group)
			if err != nil {
				return nil, err
			}
			measured[model] = speed{compile, flops}
		}
		of := measured[model]
		estimates[i] = of.compile + time.Duration(group.FLOPs/of.flops*float64(time.Second))
	}
	return estimates, nil
}

// measure makes three updates of a group: the first compiles, the fastest of the others gives the speed.
func (s *Sweep) measure(ctx context.Context, group PlannedGroup) (compile time.Duration, flops float64, err error) {
	e := group.Jobs[0].Experiment
	m, _, err := s.Library.Model(e.Model, e.Precision)
	if err != nil {
		return 0, 0, err
	}
	c := &machine{}
	defer c.close()
	session, err := newSession(s.Library.Backend, m, group.Jobs, c)
	if err != nil {
		return 0, 0, err
	}
	fastest := time.Duration(0)
	for range min(3, session.calendar.total) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		start := time.Now()
		if err := session.update(); err != nil {
			return 0, 0, err
		}
		took := time.Since(start)
		if compile == 0 {
			compile = took
		} else if fastest == 0 || took < fastest {
			fastest = took
		}
	}
	if fastest == 0 { // a run of one update
		fastest = compile
	}
	perUpdate := 0.0
	for _, job := range group.Jobs {
		perUpdate += job.updateFLOPs(m.Config)
	}
	return compile, perUpdate / fastest.Seconds(), nil
}
