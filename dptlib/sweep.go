// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"github.com/shirou/gopsutil/v4/mem"

	"dpt/t5"
)

// Sweep makes the runs of a list of experiments: those which have no record yet, in groups. It can be stopped at any
// moment and started again, and several processes can work on the same store.
type Sweep struct {
	Library    *Library
	Runs       Runs
	Checkpoint time.Duration // of a group in training, at least so long between two; 0 is a minute
	Group      int           // most runs in a batch; 0: as many as pay and fit
	Retry      bool          // make runs anew that failed before
	Report     func(SweepProgress)
}

// SweepProgress is where a sweep stands.
type SweepProgress struct {
	Runs, Done, Failed int           // all of the sweep's runs; those with a record; those of them that failed
	Share              float64       // of the work that this process found to do
	Remaining          time.Duration // at the speed so far
	Current            string        // what is being trained
	Training           Progress
}

// Plan is what a sweep has to do.
type Plan struct {
	Groups  []PlannedGroup
	Runs    int     // of the sweep, each spec once
	Done    int     // have a record
	Failed  int     // of these, without a result
	Refused []error // experiments that no run can be made of, and why
}

// PlannedGroup is runs to be trained in one batch.
type PlannedGroup struct {
	Jobs  []*Job
	FLOPs float64 // see [Job.FLOPs]; of all runs
	done  int     // of the jobs that have a record
}

// Plan looks up what has a record, and groups what has none.
func (s *Sweep) Plan(experiments []Experiment) (*Plan, error) {
	p := &Plan{}
	byModel := slices.Clone(experiments)
	slices.SortStableFunc(byModel, func(a, b Experiment) int {
		return slices.Compare([]string{a.Model, a.Precision}, []string{b.Model, b.Precision})
	})
	seen, configs := map[string]bool{}, map[*Job]t5.Config{}
	var jobs []*Job
	for _, e := range byModel {
		job, m, err := s.Library.Job(e)
		if err != nil {
			p.Refused = append(p.Refused, fmt.Errorf("%s on %s with %s: %w", e.Method.Name(), e.Task, e.Model, err))
			continue
		}
		if id := job.Spec.ID(); !seen[id] {
			seen[id], configs[job] = true, m.Config
			jobs = append(jobs, job)
		}
	}
	p.Runs = len(jobs)
	free := freeMemory(!s.Library.Backend.HasSharedBuffers())
	for _, group := range groups(jobs, func(first *Job) int {
		if s.Group > 0 {
			return s.Group
		}
		return groupSize(configs[first], first, !s.Library.Backend.HasSharedBuffers(), free)
	}) {
		planned := PlannedGroup{Jobs: group}
		for _, job := range group {
			record, err := s.Runs.record(job, s.Retry)
			switch {
			case err != nil:
				return nil, err
			case record == nil:
				planned.FLOPs += job.FLOPs(configs[job])
				continue
			case record.Failure != "":
				p.Failed++
			}
			planned.done++
		}
		p.Done += planned.done
		if planned.done < len(group) {
			p.Groups = append(p.Groups, planned)
		}
	}
	return p, nil
}

// record is a run's, or nil where it has none, or one of a failure that is to be retried.
func (r Runs) record(job *Job, retry bool) (*Record, error) {
	record, err := ReadRecord(r.RecordPath(job.Spec.ID()))
	if errors.Is(err, fs.ErrNotExist) || err == nil && retry && record.Failure != "" {
		return nil, nil
	}
	return record, err
}

// Run makes what the plan lists. A run that fails has the reason in its record, and the sweep goes on; Run's error is for
// what keeps the sweep from going on, such as ctx's end or a full disk.
func (s *Sweep) Run(ctx context.Context, p *Plan) error {
	w := &worker{Sweep: s, progress: SweepProgress{Runs: p.Runs, Done: p.Done, Failed: p.Failed}, start: time.Now()}
	defer w.machine.close()
	for _, group := range p.Groups {
		w.todo += group.FLOPs
	}
	var busy []PlannedGroup // another process trains some of it
	for _, group := range p.Groups {
		locked, err := w.group(ctx, group, false)
		if err != nil {
			return err
		}
		if !locked {
			busy = append(busy, group)
		}
	}
	for _, group := range busy {
		if _, err := w.group(ctx, group, true); err != nil {
			return err
		}
	}
	return nil
}

// worker is a sweep at work.
type worker struct {
	*Sweep
	machine    machine
	progress   SweepProgress
	start      time.Time
	todo, done float64 // FLOPs
}

// group makes the runs of a group that have no record, if no other process is making one of them; wait for it otherwise,
// or say that it is locked.
func (w *worker) group(ctx context.Context, group PlannedGroup, wait bool) (locked bool, err error) {
	unlock, err := w.Runs.lock(ctx, group.Jobs, wait)
	if unlock == nil || err != nil {
		return false, err
	}
	defer unlock()
	var missing []*Job
	for _, job := range group.Jobs {
		record, err := w.Runs.record(job, w.Retry)
		if err != nil {
			return false, err
		}
		if record == nil {
			missing = append(missing, job)
		}
	}
	w.progress.Done += len(group.Jobs) - group.done - len(missing) // others made them meanwhile
	jobs := missing
	if w.Runs.checkpoints(group.Jobs, 0).exist() {
		jobs = group.Jobs // was interrupted while it stored its records: the rest must come from the same batch
	}
	if len(missing) > 0 {
		err = w.train(ctx, jobs)
	}
	w.done += group.FLOPs
	return true, err
}

// train trains jobs in one batch. Where that fails it tries halves: a smaller batch needs less memory.
func (w *worker) train(ctx context.Context, jobs []*Job) error {
	e := jobs[0].Experiment
	m, _, err := w.Library.Model(e.Model, e.Precision)
	if err != nil {
		return err
	}
	w.progress.Current = fmt.Sprintf("%s, %s", e.Model, e.Task)
	every := w.Checkpoint
	if every == 0 {
		every = checkpointEvery
	}
	share := 0.0
	for _, job := range jobs {
		share += job.FLOPs(m.Config)
	}
	records, err := w.Runs.train(ctx, w.Library.Backend, m, jobs, &w.machine, every, func(p Progress) {
		w.progress.Training = p
		w.report(share * float64(p.Update) / float64(p.Updates))
	})
	failed := new(failedError)
	if errors.As(err, &failed) {
		w.machine.close() // its variables are lost
		if half := len(jobs) / 2; half > 0 {
			return errors.Join(w.train(ctx, jobs[:half]), w.train(ctx, jobs[half:]))
		}
		record := newRecord(w.Library.Backend, m, jobs[0], jobs, 0)
		record.Failure = err.Error()
		records, err = []*Record{record}, w.Runs.storeRecord(record)
	}
	for _, record := range records {
		w.progress.Done++
		if record.Failure != "" {
			w.progress.Failed++
		}
	}
	w.report(share)
	return err
}

func (w *worker) report(flops float64) {
	if w.Report == nil {
		return
	}
	w.progress.Share = min(1, (w.done+flops)/w.todo)
	w.progress.Remaining = time.Duration(float64(time.Since(w.start)) * (1/max(w.progress.Share, 1e-9) - 1))
	w.Report(w.progress)
}

// lock keeps other processes from making the same runs. Without wait, unlock is nil where another has one of them.
func (r Runs) lock(ctx context.Context, jobs []*Job, wait bool) (unlock func(), err error) {
	dir := filepath.Join(string(r), ".locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var held []*flock.Flock
	release := func() {
		for _, l := range held {
			l.Unlock()
		}
	}
	for _, id := range slices.Sorted(slices.Values(ids(jobs))) { // in one order, so that no two wait for each other
		l := flock.New(filepath.Join(dir, id))
		locked, err := l.TryLock()
		if !locked && err == nil && wait {
			locked, err = l.TryLockContext(ctx, time.Second)
		}
		if !locked || err != nil {
			release()
			return nil, err
		}
		held = append(held, l)
	}
	return release, nil
}

// freeMemory is what a group's activations can have on a device, in bytes. go-xla can't ask a GPU; the smallest that
// people train on have 16 GiB.
func freeMemory(gpu bool) float64 {
	if gpu {
		return 16 << 30
	}
	if m, err := mem.VirtualMemory(); err == nil {
		return float64(m.Available)
	}
	return 2 << 30
}
