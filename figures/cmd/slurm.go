// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dpt/dptlib/runs"
)

// slurmFlags say how a sweep is submitted to a cluster.
type slurmFlags struct {
	Slurm       bool     `help:"Submit the sweep to Slurm, as an array of tasks that take about as long. Folder, models, data and plugin must lie where the nodes see them."`
	Partition   string   `placeholder:"P" help:"With --slurm, the partition; without it Slurm's default."`
	GPUsPerTask *int     `name:"gpus-per-task" placeholder:"N" help:"With --slurm, the GPUs of a task, each with a process of its own; without it 1 where the partition has GPUs, otherwise none."`
	ArrayLimit  int      `default:"64" placeholder:"N" help:"With --slurm, most tasks of the array."`
	Time        string   `placeholder:"T" help:"With --slurm, the limit of time of a task, as sbatch takes it. A task that comes near it stores how far it is and goes back into the queue."`
	Sbatch      []string `sep:"none" placeholder:"FLAG" help:"With --slurm, a further flag of sbatch, such as account=LAB or mem=32G; can be given several times."`
}

// submit submits the sweep to Slurm, or prints the script.
func (c *sweepCmd) submit(ctx context.Context, s streams, experiments []runs.Experiment) error {
	gpus := 0
	if c.GPUsPerTask != nil {
		gpus = *c.GPUsPerTask
	} else if runs.SlurmGPUs(ctx, c.Partition) {
		gpus = 1
	}
	workers := max(1, c.Workers)
	if c.Workers == 0 {
		workers = max(1, gpus*c.PerGPU)
	}
	if gpus < 0 || gpus > maxWorkers || workers > maxWorkers {
		return fmt.Errorf("--gpus-per-task must be from 0 to %d, with as many workers at most, found %d with %d",
			maxWorkers, gpus, workers)
	}
	outline := new(runs.Library).Outline(experiments, runs.Hardware{GPU: gpus > 0}, c.Group)
	for _, reason := range runs.Reasons(slices.Concat(outline.Refused, outline.Absent)) {
		fmt.Fprintln(s.progress, "dpt:", reason)
	}
	if n := len(outline.Refused) + len(outline.Absent); n > 0 && !c.DryRun {
		return fmt.Errorf("nothing was submitted: %d things are missing, or can't be run", n)
	}
	folder := runs.Folder(c.Out)
	shares, err := folder.Cut(outline, c.ArrayLimit*workers, retryFrom(c.Retry))
	if err != nil {
		return err
	}
	if len(shares.Shares) == 0 {
		fmt.Fprintf(s.out, "all runs have a record in %s\n", c.Out)
		return nil
	}
	array := &runs.Array{
		Folder: folder, Shares: shares, Workers: workers, GPUs: gpus, Partition: c.Partition, Time: c.Time,
		Flags:     c.Sbatch,
		Arguments: c.passedOn(),
	}
	fmt.Fprintln(s.progress, balance(shares, workers))
	if n := len(shares.Shares); n < c.ArrayLimit*workers {
		fmt.Fprintf(s.progress, "there are no more groups to share out; --group K makes smaller ones\n")
	}
	if c.DryRun {
		return printScript(s, array)
	}
	note, err := folder.Check()
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(s.progress, "dpt:", note)
	}
	job, err := array.Submit(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "submitted as job %s; --status --watch in the place of --slurm shows how far it is, scancel "+
		"%s cancels it, and the same command once more goes on\n", job, job)
	return nil
}

// passedOn are the flags of this command that hold for tasks, too.
func (c *sweepCmd) passedOn() []string {
	list := []string{"--checkpoint", c.Checkpoint.String()}
	if c.Retry {
		list = append(list, "--retry")
	}
	return list
}

// printScript prints what would be submitted.
func printScript(s streams, array *runs.Array) error {
	text, err := array.Script()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, text)
	return err
}

// balance describes how evenly a sweep is cut.
func balance(shares *runs.Shares, workers int) string {
	seconds, sum, longest := shares.Seconds(), 0.0, 0.0
	for _, t := range seconds {
		sum += t
	}
	for _, group := range shares.Groups {
		longest = max(longest, group.Seconds)
	}
	text := func(seconds float64) string {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%d runs in %d groups, cut into %d shares, %d to a task; estimated, not measured: %s in all, "+
		"a share %s to %s, %s in the mean, the longest group %s",
		len(shares.Experiments()), len(shares.Groups), len(seconds), workers, text(sum), text(slices.Min(seconds)),
		text(slices.Max(seconds)),
		text(sum/float64(len(seconds))), text(longest))
}
