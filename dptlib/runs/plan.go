// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"fmt"
	"slices"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/t5"
)

// Plan is what a sweep has to do.
type Plan struct {
	Groups  []PlannedGroup
	Scores  []PlannedGroup // of prompts that are stored, once the groups are trained: see [Rescore]
	Runs    int            // of the sweep, each spec once
	Done    int            // have a record
	Failed  int            // of these, without a result
	Refused []error        // experiments that no run can be made of, or whose record is damaged, and why
}

// PlannedGroup is runs to be trained in one batch.
type PlannedGroup struct {
	Jobs  []*Job
	FLOPs float64 // see [train.Job.FLOPs]; of all runs

	done      int    // of the jobs that have a record
	structure string // what is compiled for it, but for lengths: see [train.Structure]
	small     bool   // an update of one of its runs does not keep all of a CPU busy
}

// Plan looks up what has a record, and groups what has none. Groups follow from the experiments and the device alone, so
// that a sweep which is started again goes on with those that it had.
func (s *Sweep) Plan(experiments []Experiment) (*Plan, error) {
	p := &Plan{}
	jobs, scores := s.jobs(experiments, p)
	p.Runs = len(jobs) + len(scores)
	gpu := !s.Library.Backend.HasSharedBuffers()
	memory := deviceMemory(s.Library.Backend)
	for _, group := range groups(jobs, func(job *Job) int {
		if s.Group > 0 {
			return s.Group
		}
		return groupSize(job, gpu, memory)
	}) {
		planned := PlannedGroup{structure: train.Structure(trainJobs(group)), small: !gpu && group[0].UpdateFLOPs() < enoughCPU}
		for _, job := range group {
			s.look(job, &planned, p)
		}
		if planned.done < len(planned.Jobs) {
			p.Groups = append(p.Groups, planned)
		}
	}
	for _, group := range scoreGroups(scores) {
		planned := PlannedGroup{structure: "scores", small: !gpu}
		for _, job := range group {
			s.look(job, &planned, p)
		}
		if planned.done < len(planned.Jobs) {
			p.Scores = append(p.Scores, planned)
		}
	}
	slices.SortStableFunc(p.Groups, func(a, b PlannedGroup) int { // models are in order already
		return slices.Compare([]string{a.Jobs[0].Experiment.Model, a.structure}, []string{b.Jobs[0].Experiment.Model, b.structure})
	})
	return p, nil
}

// jobs returns the runs of experiments, each once, model by model: those to train, among them those whose prompts are to be
// scored, and those that score. They have their model's sizes, and not its weights, for a sweep of all of T5's would not fit
// into memory. What no run can be made of goes to the plan.
func (s *Sweep) jobs(experiments []Experiment, p *Plan) (jobs, scores []*Job) {
	sizes := map[[2]string]*t5.Model{}
	byModel := slices.Clone(experiments)
	slices.SortStableFunc(byModel, func(a, b Experiment) int {
		return slices.Compare([]string{a.Model, a.Precision}, []string{b.Model, b.Precision})
	})
	seen := map[string]bool{}
	for _, e := range byModel {
		job, err := s.Library.Job(e)
		if err != nil {
			p.Refused = append(p.Refused, fmt.Errorf("%s on %s with %s: %w", e.Method.Name(), e.Task, e.Model, err))
			continue
		}
		name := [2]string{e.Model, e.Precision}
		if sizes[name] == nil {
			sizes[name] = &t5.Model{Config: job.Model.Config}
		}
		for _, job := range []*Job{job.Of, job} {
			if job == nil || seen[job.ID] {
				continue
			}
			seen[job.ID], job.Model = true, sizes[name]
			if job.Of != nil {
				scores = append(scores, job)
			} else {
				jobs = append(jobs, job)
			}
		}
	}
	return jobs, scores
}

// scoreGroups partitions jobs that score stored prompts so that each group has one model, the same rows and prompts of like
// shape, and shares what is compiled.
func scoreGroups(jobs []*Job) (groups [][]*Job) {
	const most = 8 // prompts
	last := map[string]int{}
	for _, job := range jobs {
		key := fmt.Sprintf("%s %s %s %d", job.Spec.Model, job.Spec.Rows, job.Spec.Data, job.Method.Vectors())
		i, ok := last[key]
		if alone := prompt.AloneInBatch(job.Method); !ok || alone || len(groups[i]) == most {
			i, last[key] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], job)
	}
	return groups
}

// look adds a job to the group, and counts it as done, failed or to be trained.
func (s *Sweep) look(job *Job, planned *PlannedGroup, p *Plan) {
	record, err := s.Folder.find(job)
	if err != nil { // it is left as it is: someone may want to repair it
		p.Refused = append(p.Refused, fmt.Errorf("%w; remove the file to train the run again", err))
		return
	}
	planned.Jobs = append(planned.Jobs, job)
	if record == nil || s.Retry && record.Failure != "" {
		planned.FLOPs += job.FLOPs()
		return
	}
	if planned.done++; record.Failure != "" {
		p.Failed++
	}
	p.Done++
}

// compiled identifies what is compiled for the group.
func (g PlannedGroup) compiled() string {
	e := g.Jobs[0].Experiment
	return e.Model + " " + e.Precision + " " + g.structure
}
