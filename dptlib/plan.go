// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/shirou/gopsutil/v4/mem"

	"dpt/t5"
)

// Plan is what a sweep has to do.
type Plan struct {
	Groups  []PlannedGroup
	Runs    int     // of the sweep, each spec once
	Done    int     // have a record
	Failed  int     // of these, without a result
	Refused []error // experiments that no run can be made of, or whose record is damaged, and why
}

// PlannedGroup is runs to be trained in one batch.
type PlannedGroup struct {
	Jobs  []*Job
	FLOPs float64 // see [Job.FLOPs]; of all runs

	done      int    // of the jobs that have a record, if only a damaged one
	structure string // what is compiled for it, but for lengths: see [structure]
	small     bool   // an update of one of its runs does not keep all of a CPU busy
}

// Plan looks up what has a record, and groups what has none. Groups follow from the experiments and the device alone, so
// that a sweep which is started again goes on with those that it had.
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
	gpu := !s.Library.Backend.HasSharedBuffers()
	memory := deviceMemory(gpu)
	for _, group := range groups(jobs, func(job *Job) int {
		if s.Group > 0 {
			return s.Group
		}
		return groupSize(configs[job], job, gpu, memory)
	}) {
		planned := PlannedGroup{Jobs: group, structure: structure(group), small: !gpu && group[0].updateFLOPs(configs[group[0]]) < enoughCPU}
		for _, job := range group {
			record, err := s.Runs.record(job, s.Retry)
			switch {
			case err != nil: // it is left as it is: someone may want to mend it
				p.Refused = append(p.Refused, fmt.Errorf("%w; remove the file to make the run again", err))
				planned.done++
				continue
			case record == nil:
				planned.FLOPs += job.FLOPs(configs[job])
				continue
			case record.Failure != "":
				p.Failed++
			}
			planned.done++
			p.Done++
		}
		if planned.done < len(group) {
			p.Groups = append(p.Groups, planned)
		}
	}
	slices.SortStableFunc(p.Groups, func(a, b PlannedGroup) int { // models are in order already
		return slices.Compare([]string{a.Jobs[0].Experiment.Model, a.structure}, []string{b.Jobs[0].Experiment.Model, b.structure})
	})
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

// deviceMemory is what there is on a device, in bytes. go-xla can't ask a GPU; the smallest that people train on have 16 GiB.
func deviceMemory(gpu bool) float64 {
	if gpu {
		return 16 << 30
	}
	if m, err := mem.VirtualMemory(); err == nil {
		return float64(m.Total)
	}
	return 4 << 30
}

// compiled is what a machine compiles for the group.
func (g PlannedGroup) compiled() string {
	e := g.Jobs[0].Experiment
	return e.Model + " " + e.Precision + " " + g.structure
}
