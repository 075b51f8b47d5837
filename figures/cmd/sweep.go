// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dpt/dptlib/runs"
	"dpt/figures"
	"dpt/t5/modelfile"
)

type sweepCmd struct {
	List       string        `arg:"" help:"What to run: toy, quick, small or paper for all figures and tables of the paper at that scale; or a file of experiments, as a JSON array or one after the other; - is standard input. Each has a model, data, a task, a method and, where it differs from the paper's, a recipe: {\"model\": \"toy\", \"data\": DIR, \"task\": \"CB\", \"method\": {\"name\": \"DPT\", \"length\": 100, \"bottleneck\": 10, \"start\": \"uniform\"}, \"recipe\": {\"epochs\": 10, \"seed\": 1}}."`
	Only       []string      `placeholder:"NAME" help:"Of a scale, only what these figures and tables need: fig05,table1."`
	Seeds      []uint64      `placeholder:"N" help:"Of a scale, other seeds."`
	Tasks      []string      `placeholder:"TASK" help:"Of a scale, these tasks in place of each figure's own."`
	Data       dataName      `placeholder:"DIR" env:"DPT_DATA" help:"Of the scales small and paper, the folder of SuperGLUE's files; without it, or with fetched, what dpt fetch superglue fetched."`
	Out        string        `type:"path" placeholder:"DIR" help:"Where records and prompts go; runs that are there are not made again. By default figures/runs/toy, /small or /paper for these scales, otherwise build/runs."`
	DryRun     bool          `help:"Print what would be run, and how long it would take on this device; with --slurm the script."`
	Status     bool          `help:"Print how far the sweep is, whoever works on it, and run nothing."`
	Watch      bool          `help:"With --status: until all is done."`
	Group      int           `placeholder:"K" help:"Most runs to train in one batch; without it, as many as keep the device busy and fit its memory."`
	Checkpoint time.Duration `default:"1m" help:"How much work an interruption may cost."`
	Retry      bool          `help:"Make the runs again that failed."`
	Slim       bool          `help:"In the end keep of prompts only P, of losses two digits, and no weights: small enough for a repository."`
	workerFlags
	slurmFlags
	Share  int  `hidden:"" default:"-1" help:"Train this share of the shares that the list is a file of."`
	Worker bool `hidden:"" help:"Be one of several processes with a parent, and end with it."`
}

func (*sweepCmd) resumes() {}

// Run trains what has no record, or does what the flags say instead.
func (c *sweepCmd) Run(ctx context.Context, s streams) error {
	if c.Share >= 0 {
		return c.share(ctx, s)
	}
	experiments, err := c.experiments(s)
	if err != nil {
		return err
	}
	if c.Out == "" {
		c.Out = c.folder()
	}
	if err := c.check(); err != nil {
		return err
	}
	switch {
	case c.Status:
		return c.status(ctx, s, experiments)
	case c.Slurm:
		return c.submit(ctx, s, experiments)
	case c.workers() > 1 && !c.DryRun:
		return c.parallel(ctx, s, experiments)
	}
	return c.alone(ctx, s, experiments)
}

// check refuses flags that do not go together, and numbers beyond sense.
func (c *sweepCmd) check() error {
	switch {
	case c.Watch && !c.Status:
		return errors.New("--watch goes with --status")
	case !c.Slurm && (c.Partition != "" || c.Time != "" || c.GPUsPerTask != nil || c.Sbatch != nil):
		return errors.New("--partition, --time, --gpus-per-task and --sbatch go with --slurm")
	case c.Slim && (c.Slurm || c.Status):
		return errors.New("--slim goes with a sweep that ends here: run it once more with --slim when all tasks are " +
			"done")
	case c.Group < 0 || c.Workers < 0 || c.Workers > maxWorkers || c.PerGPU < 1 || c.PerGPU > maxWorkers:
		return fmt.Errorf("--group must be at least 1, --workers and --per-gpu from 1 to %d, found %d, %d and %d",
			maxWorkers, c.Group, c.Workers, c.PerGPU)
	case c.ArrayLimit < 1 || c.ArrayLimit > maxWorkers:
		return fmt.Errorf("--array-limit must be from 1 to %d, found %d", maxWorkers, c.ArrayLimit)
	}
	return nil
}

// open makes a sweep on the folder, which must be fit to be shared by processes.
func (c *sweepCmd) open(l *runs.Library, s streams, bar *bar) (*runs.Sweep, error) {
	sweep := &runs.Sweep{Library: l, Folder: runs.Folder(c.Out), Checkpoint: c.Checkpoint, Group: c.Group,
		Retry: retryFrom(c.Retry)}
	if bar != nil {
		sweep.Report = func(p runs.SweepProgress) { bar.set(p.Share, p.String()) }
	}
	if c.DryRun {
		return sweep, nil
	}
	note, err := sweep.Folder.Check()
	if note != "" && !c.Worker {
		fmt.Fprintln(s.progress, "dpt:", note)
	}
	return sweep, err
}

// alone trains the sweep's runs in this process.
func (c *sweepCmd) alone(ctx context.Context, s streams, experiments []runs.Experiment) error {
	l, err := openLibrary(ctx, s)
	if err != nil {
		return err
	}
	sweep, err := c.open(l, s, newBar(s.progress))
	if err != nil {
		return err
	}
	plan, err := sweep.Plan(experiments)
	if err != nil {
		return err
	}
	for _, refused := range runs.Reasons(plan.Refused) {
		fmt.Fprintln(s.progress, "dpt:", refused)
	}
	if c.DryRun {
		return printPlan(ctx, s, sweep, plan)
	}
	if len(plan.Groups)+len(plan.Scores) > 0 {
		if err := sweep.Run(ctx, plan); err != nil {
			return err
		}
		sweep.Retry = time.Time{}
		if plan, err = sweep.Plan(experiments); err != nil {
			return err
		}
	}
	if err := c.slim(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d of %d runs have a record in %s\n", plan.Done, plan.Runs, c.Out)
	return left(s, plan.Failures, len(plan.Refused), plan.Runs-plan.Done)
}

// slim makes the folder small if it is to be.
func (c *sweepCmd) slim() error {
	if !c.Slim {
		return nil
	}
	return runs.Folder(c.Out).Slim()
}

// left is the error of a sweep that has not made all of its runs; it prints which failed.
func left(s streams, failures []runs.Failure, refused, missing int) error {
	for _, failure := range failures {
		fmt.Fprintln(s.progress, "dpt:", failure)
	}
	if len(failures) == 0 && refused == 0 && missing == 0 {
		return nil
	}
	return fmt.Errorf("%d runs failed (--retry trains them again), %d experiments could not be run, %d runs have no "+
		"record",
		len(failures), refused, missing)
}

// retryFrom returns the time before which failed runs are trained again, or none.
func retryFrom(retry bool) (before time.Time) {
	if retry {
		before = time.Now()
	}
	return before
}

// experiments returns what the list names.
func (c *sweepCmd) experiments(s streams) ([]runs.Experiment, error) {
	if slices.Contains(figures.Setups, c.List) {
		artefacts, err := findArtefacts(c.Only)
		if err != nil {
			return nil, err
		}
		return figures.Experiments(artefacts, figures.Options{Setup: c.List, Seeds: c.Seeds, Tasks: c.Tasks,
			Data: string(c.Data)})
	}
	if len(c.Only)+len(c.Seeds)+len(c.Tasks) > 0 {
		return nil, fmt.Errorf("--only, --seeds and --tasks select from a scale (%s), but a file says itself what to "+
			"run; found them with %q", strings.Join(figures.Setups, ", "), c.List)
	}
	from := s.in
	if c.List != "-" {
		file, err := modelfile.Open(c.List)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	list, err := runs.ReadExperiments(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.List, err)
	}
	return list, nil
}

// folder returns where the runs go if --out does not say. The quick variant is there to train from nothing.
func (c *sweepCmd) folder() string {
	if c.List != figures.Quick && slices.Contains(figures.Setups, c.List) {
		return figures.Folder(figures.Options{Setup: c.List})
	}
	return filepath.Join("build", "runs")
}

// findArtefacts returns those of some names, or all.
func findArtefacts(names []string) ([]figures.Artefact, error) {
	if len(names) == 0 {
		return figures.Artefacts, nil
	}
	var found []figures.Artefact
	for _, name := range names {
		a, err := figures.Find(name)
		if err != nil {
			return nil, err
		}
		found = append(found, a)
	}
	return found, nil
}

// printPlan lists a plan's groups, with their cost.
func printPlan(ctx context.Context, s streams, sweep *runs.Sweep, plan *runs.Plan) error {
	estimates, err := sweep.Estimate(ctx, plan)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "runs\tmodel\ttask\tmethods\tTFLOP\ttime\t")
	flops, total := 0.0, time.Duration(0)
	for i, group := range plan.Groups {
		e := group.Jobs[0].Experiment
		var methods []string
		for _, job := range group.Jobs {
			methods = append(methods, job.Spec.Method.Name())
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%.3g\t%v\t\n", len(group.Jobs), e.Model, e.Task, counted(methods),
			group.FLOPs/1e12, estimates[i].Round(time.Second))
		flops, total = flops+group.FLOPs, total+estimates[i]
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d of %d runs have a record; the others are %.3g TFLOP, about %v on this device\n", plan.Done,
		plan.Runs, flops/1e12, total.Round(time.Second))
	if scores := 0; len(plan.Scores) > 0 {
		for _, group := range plan.Scores {
			scores += len(group.Jobs)
		}
		fmt.Fprintf(s.out, "%d of them score a stored prompt once more; the time for that is not in it\n", scores)
	}
	if len(plan.Refused) > 0 {
		return errors.New("some experiments can't be run")
	}
	return nil
}

// counted writes names with their numbers, such as "3 DPT, PT".
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
