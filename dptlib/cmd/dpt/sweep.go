// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"dpt/dptlib"
)

type sweepCmd struct {
	File       string        `arg:"" help:"File of experiments, as a JSON array or one after the other; - is standard input. Each has a model, data, a task, a method and, where it differs from the paper's, a recipe: {\"model\": \"toy\", \"data\": DIR, \"task\": \"CB\", \"method\": {\"name\": \"DPT\", \"length\": 100, \"bottleneck\": 10, \"start\": \"uniform\"}, \"recipe\": {\"epochs\": 10, \"seed\": 1}}."`
	Out        string        `type:"path" placeholder:"DIR" default:"build/runs" help:"Where records and prompts go; runs that are there are not made again."`
	DryRun     bool          `help:"Print what would be run, and how long it would take on this device."`
	Group      int           `placeholder:"K" help:"Most runs to train in one batch; without it, as many as keep the device busy and fit its memory."`
	Checkpoint time.Duration `default:"1m" help:"How much work an interruption may cost."`
	Retry      bool          `help:"Make the runs again that failed."`
}

func (c *sweepCmd) Run(ctx context.Context) error {
	experiments, err := c.experiments()
	if err != nil {
		return err
	}
	backend, err := open()
	if err != nil {
		return err
	}
	bar := newSweepBar()
	sweep := &dptlib.Sweep{
		Library: &dptlib.Library{Backend: backend}, Runs: dptlib.Runs(c.Out), Checkpoint: c.Checkpoint, Group: c.Group, Retry: c.Retry, Report: bar.show,
	}
	plan, err := sweep.Plan(experiments)
	if err != nil {
		return err
	}
	for _, refused := range plan.Refused {
		fmt.Fprintln(os.Stderr, "dpt:", refused)
	}
	if c.DryRun {
		return printPlan(ctx, sweep, plan)
	}
	if len(plan.Groups) > 0 {
		if err := sweep.Run(ctx, plan); err != nil {
			return err
		}
	}
	if plan, err = sweep.Plan(experiments); err != nil {
		return err
	}
	fmt.Printf("%d of %d runs have a record in %s\n", plan.Done, plan.Runs, c.Out)
	if plan.Failed > 0 || len(plan.Refused) > 0 {
		return fmt.Errorf("%d runs failed (their records say why; --retry makes them again), %d experiments could not be run", plan.Failed, len(plan.Refused))
	}
	return nil
}

func (c *sweepCmd) experiments() ([]dptlib.Experiment, error) {
	file := os.Stdin
	if c.File != "-" {
		var err error
		if file, err = os.Open(c.File); err != nil {
			return nil, err
		}
		defer file.Close()
	}
	list, err := dptlib.ReadExperiments(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return list, nil
}

// newSweepBar is one bar for a whole sweep, on standard error.
func newSweepBar() *sweepBar {
	return &sweepBar{progressbar.NewOptions(1000, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))}
}

type sweepBar struct{ *progressbar.ProgressBar }

func (b *sweepBar) show(p dptlib.SweepProgress) {
	failed := ""
	if p.Failed > 0 {
		failed = fmt.Sprintf(", %d failed", p.Failed)
	}
	b.Describe(fmt.Sprintf("runs %d/%d%s, %v left; %s: update %d/%d, %.0f examples/s", p.Done, p.Runs, failed,
		p.Remaining.Round(time.Second), p.Current, p.Training.Update, p.Training.Updates, p.Training.ExamplesPerSec))
	b.Set(int(1000 * p.Share))
}

// printPlan lists a plan's groups, with their cost.
func printPlan(ctx context.Context, sweep *dptlib.Sweep, plan *dptlib.Plan) error {
	estimates, err := sweep.Estimate(ctx, plan)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "runs\tmodel\ttask\tmethods\tTFLOP\ttime\t")
	flops, total := 0.0, time.Duration(0)
	for i, group := range plan.Groups {
		e := group.Jobs[0].Experiment
		var methods []string
		for _, job := range group.Jobs {
			methods = append(methods, job.Spec.Method.Name())
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%.3g\t%v\t\n", len(group.Jobs), e.Model, e.Task, counted(methods), group.FLOPs/1e12, estimates[i].Round(time.Second))
		flops, total = flops+group.FLOPs, total+estimates[i]
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d of %d runs have a record; the others are %.3g TFLOP, about %v on this device\n", plan.Done, plan.Runs, flops/1e12, total.Round(time.Second))
	if len(plan.Refused) > 0 {
		return errors.New("some experiments can't be run")
	}
	return nil
}

// counted is like "3 DPT, PT".
func counted(names []string) string {
	var order []string
	count := map[string]int{}
	for _, name := range names {
		if count[name]++; count[name] == 1 {
			order = append(order, name)
		}
	}
	for i, name := range order {
		if n := count[name]; n > 1 {
			order[i] = fmt.Sprint(n, " ", name)
		}
	}
	return strings.Join(order, ", ")
}
