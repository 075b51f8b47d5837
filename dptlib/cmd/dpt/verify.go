// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"dpt/dptlib"
	"dpt/figures"
)

type verifyCmd struct {
	Runs      string  `type:"path" placeholder:"DIR" default:"figures/runs/toy" help:"Folder of records."`
	Sample    int     `default:"3" help:"How many records to draw. Those that were trained in one batch with them are trained again with them, so that all sums are the same."`
	Seed      uint64  `default:"1" help:"Of the draw."`
	Tolerance float64 `default:"0" help:"Points by which a score may differ. On the machine that trained the records none should; another processor adds in another order, and training can carry that far."`
}

// Run trains a sample of stored runs anew, in a temporary folder.
func (c *verifyCmd) Run(ctx context.Context) error {
	records, ids, err := c.records()
	if err != nil {
		return err
	}
	backend, err := open()
	if err != nil {
		return err
	}
	fresh, err := os.MkdirTemp("", "dpt-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	bar := newSweepBar()
	sweep := &dptlib.Sweep{Library: &dptlib.Library{Backend: backend}, Runs: dptlib.Runs(fresh), Report: bar.show}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "run\tmethod\ttask\tmodel\tseed\tbest\tnow\tlast\tnow\t")
	compared, equal, worst := 0, 0, 0.0
	done := map[string]bool{}
	random := rand.New(rand.NewPCG(c.Seed, 0))
	for _, i := range random.Perm(len(ids))[:min(c.Sample, len(ids))] {
		if done[ids[i]] {
			continue
		}
		batch := batchOf(records, records[ids[i]])
		if err := again(ctx, sweep, batch); err != nil {
			return err
		}
		for _, was := range batch {
			done[was.ID] = true
			now, err := dptlib.ReadRecord(sweep.Runs.RecordPath(was.ID))
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s on %s with %s: the stored run is %s, and what it was asked for as now makes another: the model or the data have changed since", was.Spec.Method.Name(), was.Spec.Task, was.ModelName, was.ID)
			}
			if err != nil {
				return err
			}
			if now.Failure != "" {
				return fmt.Errorf("run %s failed: %s", now.ID, now.Failure)
			}
			off := difference(was, now)
			compared, worst = compared+1, max(worst, off)
			if off == 0 {
				equal++
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", was.ID, was.Spec.Method.Name(), was.Spec.Task, was.ModelName, was.Spec.Recipe.Seed,
				figures.Best(was), figures.Best(now), figures.Last(was), figures.Last(now))
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d of %d runs have the same score at every evaluation; the greatest difference is %.2f points\n", equal, compared, worst)
	if worst > c.Tolerance {
		return fmt.Errorf("scores differ by up to %.2f points, more than the %.2f allowed", worst, c.Tolerance)
	}
	return nil
}

// records are those of the folder that have a result, by ID; ids are in the order of the files.
func (c *verifyCmd) records() (records map[string]*dptlib.Record, ids []string, err error) {
	names, err := filepath.Glob(filepath.Join(c.Runs, "*.json"))
	if err != nil {
		return nil, nil, err
	}
	records = map[string]*dptlib.Record{}
	for _, name := range names {
		r, err := dptlib.ReadRecord(name)
		if err != nil {
			return nil, nil, err
		}
		if r.Failure == "" {
			records[r.ID], ids = r, append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil, fmt.Errorf("%s must hold records of runs, found none", c.Runs)
	}
	return records, ids, nil
}

// batchOf are the records that were trained in one batch with a record, in its order.
func batchOf(records map[string]*dptlib.Record, r *dptlib.Record) []*dptlib.Record {
	var batch []*dptlib.Record
	for _, id := range r.Group {
		other := records[id]
		if other == nil {
			return []*dptlib.Record{r}
		}
		batch = append(batch, other)
	}
	if batch == nil {
		return []*dptlib.Record{r}
	}
	return batch
}

// again trains the runs of a batch in one batch.
func again(ctx context.Context, sweep *dptlib.Sweep, batch []*dptlib.Record) error {
	var experiments []dptlib.Experiment
	for _, r := range batch {
		experiments = append(experiments, r.Experiment())
	}
	sweep.Group = len(batch)
	plan, err := sweep.Plan(experiments)
	if err != nil {
		return err
	}
	if len(plan.Refused) > 0 {
		return errors.Join(plan.Refused...)
	}
	if len(plan.Groups) == 0 {
		return nil
	}
	return sweep.Run(ctx, plan)
}

// difference is the greatest between the scores of two runs, over their evaluations; infinite where these are not the same.
func difference(a, b *dptlib.Record) (greatest float64) {
	if len(a.Evaluations) != len(b.Evaluations) {
		return math.Inf(1)
	}
	for i, e := range a.Evaluations {
		for j, m := range e.Scores.Metrics {
			other := b.Evaluations[i].Scores.Metrics
			if j >= len(other) || !strings.EqualFold(m.Name, other[j].Name) {
				return math.Inf(1)
			}
			greatest = max(greatest, math.Abs(m.Value-other[j].Value))
		}
	}
	return greatest
}
