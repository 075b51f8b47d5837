// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"dpt/dptlib/runs"
)

type runsCmd struct {
	Folders []string `arg:"" optional:"" type:"existingdir" help:"Folders of runs; build/runs and figures/runs/toy if none is named."`
	Task    string   `help:"Only runs of this task."`
	Method  string   `help:"Only runs of this method."`
	Sort    string   `enum:"score,task,method,parameters,started" default:"task" help:"Order: ${enum}."`
	JSON    bool     `help:"Print a line of JSON for each record, without its losses."`
}

// Run lists stored runs.
func (c *runsCmd) Run(s streams) error {
	if len(c.Folders) == 0 {
		c.Folders = []string{"build/runs", "figures/runs/toy"}
	}
	var all []*runs.Record
	for _, folder := range c.Folders {
		records, bad := runs.Folder(folder).Records()
		for _, err := range bad {
			fmt.Fprintln(s.progress, "dpt: left out:", err)
		}
		for _, r := range records {
			if (c.Task == "" || strings.EqualFold(c.Task, r.Spec.Task)) &&
				(c.Method == "" || strings.EqualFold(c.Method, r.Spec.Method.Name())) {
				all = append(all, r)
			}
		}
	}
	slices.SortStableFunc(all, c.order)
	if c.JSON {
		for _, r := range all {
			short := *r
			short.Losses, short.GradientNorms, short.Predictions, short.Spectrum = nil, nil, nil, nil
			if err := printJSON(s, short); err != nil {
				return err
			}
		}
		return nil
	}
	out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "run\ttask\tmethod\tmodel\tseed\tparameters\tbest, %\t95 % interval\tlast, %\tseconds\tMiB\t"+
		"settings\t")
	for _, r := range all {
		fmt.Fprintln(out, row(r))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d runs\n", len(all))
	return nil
}

// row is a record's line of the table; settings are what differs from the method's defaults and the paper's recipe.
func row(r *runs.Record) string {
	score := "failed\t\t"
	if len(r.Evaluations) > 0 {
		m := r.Evaluations[r.Best].Scores.Metrics[0]
		score = fmt.Sprintf("%.2f\t%s\t%.2f", m.Value, m.Interval(), r.LastScore())
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%d\t%s\t%.1f\t%d\t%s\t", r.ID, r.Spec.Task, r.Spec.Method.Name(), r.ModelName,
		r.Spec.Recipe.Seed, r.Trainable, score, r.Seconds, r.PeakRSSMiB, r.Changes())
}

// order compares two records.
func (c *runsCmd) order(a, b *runs.Record) int {
	first := map[string]int{
		"score":      cmp.Compare(b.BestScore(), a.BestScore()),
		"method":     cmp.Compare(a.Spec.Method.Name(), b.Spec.Method.Name()),
		"parameters": cmp.Compare(a.Trainable, b.Trainable), "started": b.Started.Compare(a.Started),
	}[c.Sort]
	return cmp.Or(first, cmp.Compare(a.Spec.Task, b.Spec.Task), cmp.Compare(a.Spec.Method.Name(), b.Spec.Method.Name()),
		cmp.Compare(a.ModelName, b.ModelName), cmp.Compare(a.Spec.Recipe.Seed, b.Spec.Recipe.Seed))
}
