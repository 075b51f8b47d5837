// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"

	"dpt/dptlib/pretrain"
	"dpt/superglue"
	"dpt/superglue/lookalike"
)

type untunedCmd struct {
	modelFlags
	Seeds []uint64 `default:"1,2,3" help:"Of the toy data; the mean over them is printed, and the standard deviation."`
}

// Run prints what a model scores on toy SuperGLUE before any tuning.
func (c *untunedCmd) Run(ctx context.Context, s streams) error {
	l, err := openLibrary(ctx, s)
	if err != nil {
		return err
	}
	m, err := c.modelFlags.open(l)
	if err != nil {
		return err
	}
	untuned, err := pretrain.NewUntuned(l.Backend, m.Backbone)
	if err != nil {
		return err
	}
	defer untuned.Close()
	out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "task\tmajority\tdpt: exact\trestricted\tt5: exact\trestricted\t")
	tasks := superglue.All()
	bar := newBar(s.progress)
	for i, task := range tasks {
		var scores [5][]float64 // of each column, by seed
		for j, seed := range c.Seeds {
			bar.set(float64(i*len(c.Seeds)+j)/float64(len(tasks)*len(c.Seeds)),
				fmt.Sprintf("%s, seed %d", task.Name, seed))
			dev, err := lookalike.Split(task.Name, "val", seed)
			if err != nil {
				return err
			}
			if counted := task.Statistics("val", dev, superglue.Format{},
				func(string) int { return 0 }); counted.Majority != nil {
				scores[0] = append(scores[0], counted.Majority.Score.Value)
			}
			for k, name := range []string{"dpt", "t5"} {
				format, err := superglue.ParseFormat(name)
				if err != nil {
					return err
				}
				exact, err := untuned.Exact(ctx, task, format, dev)
				if err != nil {
					return err
				}
				restricted, err := untuned.Restricted(ctx, task, format, dev)
				if err != nil {
					return err
				}
				scores[1+2*k] = append(scores[1+2*k], exact.Metrics[0].Value)
				scores[2+2*k] = append(scores[2+2*k], restricted.Metrics[0].Value)
			}
		}
		fmt.Fprintf(out, "%s\t", task.Name)
		for _, column := range scores {
			fmt.Fprintf(out, "%s\t", spread(column))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// spread writes the mean of scores and, of more than one, their standard deviation.
func spread(scores []float64) string {
	switch mean, deviation := stat.MeanStdDev(scores, nil); len(scores) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.1f", mean)
	default:
		return fmt.Sprintf("%.1f (%.1f)", mean, deviation)
	}
}
