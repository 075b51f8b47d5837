// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"dpt/dptlib/pretrain"
	"dpt/superglue"
	"dpt/superglue/toy"
)

type untunedCmd struct {
	modelFlags
	Seed uint64 `default:"1" help:"Of the toy data."`
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
	for _, task := range superglue.All() {
		dev, err := toy.Split(task.Name, "val", c.Seed)
		if err != nil {
			return err
		}
		majority := "-"
		if s := task.Statistics("val", dev, superglue.Format{}, func(string) int { return 0 }); s.Majority != nil {
			majority = fmt.Sprintf("%.1f", s.Majority.Score.Value)
		}
		fmt.Fprintf(out, "%s\t%s\t", task.Name, majority)
		for _, name := range []string{"dpt", "t5"} {
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
			fmt.Fprintf(out, "%.1f\t%.1f\t", exact.Metrics[0].Value, restricted.Metrics[0].Value)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
