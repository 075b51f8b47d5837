// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"time"

	"dpt/dptlib/train"
)

// Estimate returns how long each of the plan's groups will take on this device: their FLOPs at the speed of a few
// updates of the first group of each model, which are made and thrown away, and the time that these took to compile,
// or to load what was compiled before.
func (s *Sweep) Estimate(ctx context.Context, p *Plan) ([]time.Duration, error) {
	measured := map[[2]string]train.Speed{}
	estimates := make([]time.Duration, len(p.Groups))
	for i, group := range p.Groups {
		e := group.Jobs[0].Experiment
		model := [2]string{e.Model, e.Precision}
		of, ok := measured[model]
		if !ok {
			opened, err := s.Library.Model(ModelRef{Name: e.Model, Precision: e.Precision})
			if err != nil {
				return nil, err
			}
			runner := train.Runner{Backend: s.Library.Backend}
			of, err = runner.Measure(ctx, trainJobs(onModel(group.Jobs, opened.Model)))
			runner.Close()
			if err != nil {
				return nil, err
			}
			measured[model] = of
		}
		estimates[i] = of.Compile + time.Duration(group.FLOPs/of.FLOPs*float64(time.Second))
	}
	return estimates, nil
}
