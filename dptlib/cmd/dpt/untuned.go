// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
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
func (c *untunedCmd) Run(ctx context.Context) error {
	backend, err := open()
	if err != nil {
		return err
	}
	m, tok, err := c.modelFlags.load(backend)
	if err != nil {
		return err
	}
	untuned, err := pretrain.NewUntuned(backend, m, tok)
	if err != nil {
		return err
	}
	defer untuned.Close()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "task\tmajority\tdpt: exact\trestricted\tt5: exact\trestricted\t")
	tasks := superglue.All()
	bar := progressbar.NewOptions(len(tasks)*len(c.Seeds), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	for _, task := range tasks {
		bar.Describe(task.Name)
		var scores [5][]float64 // of each column, by seed
		for _, seed := range c.Seeds {
			dev, err := lookalike.Split(task.Name, "val", seed)
			if err != nil {
				return err
			}
			if s := task.Statistics("val", dev, superglue.Format{}, func(string) int { return 0 }); s.Majority != nil {
				scores[0] = append(scores[0], s.Majority.Score.Value)
			}
			for i, name := range []string{"dpt", "t5"} {
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
				scores[1+2*i] = append(scores[1+2*i], exact.Metrics[0].Value)
				scores[2+2*i] = append(scores[2+2*i], restricted.Metrics[0].Value)
			}
			bar.Add(1)
		}
		fmt.Fprintf(out, "%s\t", task.Name)
		for _, column := range scores {
			fmt.Fprintf(out, "%s\t", spread(column))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// spread is the mean of scores and, of more than one, their standard deviation.
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
