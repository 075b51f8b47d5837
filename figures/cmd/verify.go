// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"text/tabwriter"

	"dpt/dptlib/runs"
)

type verifyCmd struct {
	Runs      string  `type:"path" placeholder:"DIR" default:"figures/runs/toy" help:"Folder of records."`
	Sample    int     `default:"3" help:"How many records to draw. Those that were trained in one batch with them are trained again with them, so that all sums are the same."`
	Seed      uint64  `default:"1" help:"Of the draw."`
	Tolerance float64 `default:"0" help:"Points by which a score may differ. On the machine that trained the records none should; another processor adds in another order, and training can carry that far."`
}

// Run trains a sample of stored runs again, in a temporary folder. Of runs that scored a stored prompt once more, the
// stored prompt is scored again.
func (c *verifyCmd) Run(ctx context.Context, s streams) error {
	if c.Sample < 1 {
		return fmt.Errorf("--sample must be at least 1, found %d", c.Sample)
	}
	records, ids, err := c.records()
	if err != nil {
		return err
	}
	l, err := openLibrary(ctx, s)
	if err != nil {
		return err
	}
	fresh, err := os.MkdirTemp("", "dpt-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	bar := newBar(s.progress)
	sweep := &runs.Sweep{Library: l, Folder: runs.Folder(fresh),
		Report: func(p runs.SweepProgress) { bar.set(p.Share, p.String()) }}
	table := comparison{out: tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0), done: map[string]bool{}}
	fmt.Fprintln(table.out, "run\tmethod\ttask\tmodel\tseed\tbest\tnow\tlast\tnow\t")
	random := rand.New(rand.NewPCG(c.Seed, 0))
	for _, i := range random.Perm(len(ids))[:min(c.Sample, len(ids))] {
		if table.done[ids[i]] {
			continue
		}
		batch := batchOf(records, records[ids[i]])
		if of := batch[0].Of(); of != "" {
			if err := copyRun(runs.Folder(c.Runs), sweep.Folder, of); err != nil {
				return err
			}
		}
		if err := again(ctx, sweep, batch); err != nil {
			return err
		}
		for _, was := range batch {
			if was.Failure != "" {
				continue // it was part of the batch, but has no score
			}
			if err := table.add(was, sweep.Folder); err != nil {
				return err
			}
		}
	}
	if err := table.out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d of %d runs have the same score at every evaluation; the greatest difference is %.2f "+
		"points\n",
		table.equal, table.compared, table.worst)
	if !(table.worst <= c.Tolerance) {
		return fmt.Errorf("scores differ by up to %.2f points, more than the %.2f allowed", table.worst, c.Tolerance)
	}
	return nil
}

// comparison is a table of stored runs beside the same runs as they come out now.
type comparison struct {
	out             *tabwriter.Writer
	done            map[string]bool // IDs
	compared, equal int
	worst           float64 // points
}

// add compares a stored run with the one in the folder.
func (t *comparison) add(was *runs.Record, fresh runs.Folder) error {
	t.done[was.ID] = true
	now, err := fresh.Find(was.ID)
	switch {
	case err != nil:
		return err
	case now == nil:
		return fmt.Errorf("%s on %s with %s: the stored run is %s, and what it was asked for as now makes another: "+
			"the model, the data or the code have changed since",
			was.Spec.Method.Name(), was.Spec.Task, was.ModelName, was.ID)
	case now.Failure != "":
		return fmt.Errorf("run %s failed: %s", now.ID, now.Failure)
	}
	off := difference(was, now)
	t.compared, t.worst = t.compared+1, max(t.worst, off)
	if off == 0 {
		t.equal++
	}
	fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", was.ID, was.Spec.Method.Name(), was.Spec.Task,
		was.ModelName,
		was.Spec.Recipe.Seed, was.BestScore(), now.BestScore(), was.LastScore(), now.LastScore())
	return nil
}

// records returns those of the folder by ID; ids are of those that have a result, in the order of the files.
func (c *verifyCmd) records() (records map[string]*runs.Record, ids []string, err error) {
	list, bad := runs.Folder(c.Runs).Records()
	if len(bad) > 0 {
		return nil, nil, errors.Join(bad...)
	}
	records = map[string]*runs.Record{}
	for _, r := range list {
		if records[r.ID] = r; r.Failure == "" {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil, fmt.Errorf("%s must hold records of runs, found none", c.Runs)
	}
	return records, ids, nil
}

// batchOf returns the records that were trained in one batch with a record, in its order.
func batchOf(records map[string]*runs.Record, r *runs.Record) []*runs.Record {
	var batch []*runs.Record
	for _, id := range r.Group {
		other := records[id]
		if other == nil {
			return []*runs.Record{r}
		}
		batch = append(batch, other)
	}
	if batch == nil {
		return []*runs.Record{r}
	}
	return batch
}

// copyRun copies a run's record and its prompt or weights, which are to be scored.
func copyRun(from, to runs.Folder, id string) error {
	path := runs.Folder.PromptPath
	if _, err := os.Stat(path(from, id)); errors.Is(err, fs.ErrNotExist) {
		path = runs.Folder.WeightsPath
	}
	for _, path := range []func(runs.Folder, string) string{runs.Folder.RecordPath, path} {
		data, err := os.ReadFile(path(from, id))
		if err == nil {
			err = os.WriteFile(path(to, id), data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// again trains the runs of a batch in one batch.
func again(ctx context.Context, sweep *runs.Sweep, batch []*runs.Record) error {
	var experiments []runs.Experiment
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
	return sweep.Run(ctx, plan)
}

// difference returns the greatest between the scores of two runs, over their evaluations; infinite where these are not
// the same.
func difference(a, b *runs.Record) (greatest float64) {
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
