// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"fmt"
	"slices"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/train"
)

// Plan lists the work that a sweep has to do.
type Plan struct {
	Groups   []PlannedGroup
	Scores   []PlannedGroup // of prompts that are stored, once the groups are trained: see [Rescore]
	Runs     int            // of the sweep, each spec once
	Done     int            // have a record
	Failures []Failure      // of these, without a result
	Refused  []error        // experiments that no run can be made of or whose record is damaged, and why
}

// Failure is a run without a result.
type Failure struct {
	ID         string
	Experiment Experiment
	Reason     string
}

// String names the run as a user asked for it.
func (f Failure) String() string {
	e := f.Experiment
	return fmt.Sprintf("run %s (%s on %s with %s, seed %d) failed: %s", f.ID, e.Method.Name(), e.Task, e.Model,
		e.Recipe.Seed, f.Reason)
}

// PlannedGroup holds runs to be trained in one batch.
type PlannedGroup struct {
	Jobs  []*Job
	FLOPs float64 // see [train.Job.FLOPs]; of all runs

	done      int    // of the jobs that have a record
	structure string // identifies the programs compiled for it, apart from lengths: see [train.Structure]
	small     bool   // an update of one of its runs does not keep all of a CPU busy
}

// Plan looks up the runs that have a record, and groups those that have none. Groups follow from the experiments and
// the device alone, so that a sweep that is started again goes on with the same groups.
func (s *Sweep) Plan(experiments []Experiment) (*Plan, error) {
	outline := s.Library.Outline(experiments, s.hardware(), s.Group)
	p := s.plan(outline.Groups)
	p.Refused = append(outline.Refused, p.Refused...)
	return p, nil
}

// hardware returns the hardware that the sweep's backend computes on.
func (s *Sweep) hardware() Hardware {
	if s.Library.Backend.HasSharedBuffers() {
		return Hardware{}
	}
	return Hardware{GPU: true, Memory: float64(pjrt.DeviceOf(s.Library.Backend).Memory)}
}

// plan looks up the runs of groups, model by model.
func (s *Sweep) plan(outlined []OutlinedGroup) *Plan {
	p := &Plan{}
	model := func(g OutlinedGroup) []string { return []string{g.Experiments[0].Model, g.Experiments[0].Precision} }
	byModel := slices.Clone(outlined)
	slices.SortStableFunc(byModel, func(a, b OutlinedGroup) int { return slices.Compare(model(a), model(b)) })
	var planned []*PlannedGroup
	var all []*Job
	var in []*PlannedGroup // the group that each of all is in
	seen := map[string]bool{}
	for _, group := range byModel {
		together := map[train.GroupKey]*PlannedGroup{} // one, unless models or data changed since it was outlined
		for _, e := range group.Experiments {
			job, err := s.Library.resolve(e)
			if err != nil {
				p.Refused = append(p.Refused, refused(e, err))
				continue
			}
			if seen[job.ID] {
				continue
			}
			seen[job.ID] = true
			key := job.GroupKey()
			if job.Of != nil {
				key = train.GroupKey{}
			}
			if together[key] == nil {
				together[key] = &PlannedGroup{}
				planned = append(planned, together[key])
			}
			all, in = append(all, job), append(in, together[key])
		}
	}
	p.Runs = len(all)
	s.lookUp(all, in, p)
	gpu := s.hardware().GPU
	for _, group := range planned {
		if group.done < len(group.Jobs) {
			group.structure = train.Structure(trainJobs(group.Jobs))
			group.small = !gpu && group.Jobs[0].UpdateFLOPs() < enoughCPU
			if group.Jobs[0].Of == nil {
				p.Groups = append(p.Groups, *group)
				continue
			}
			group.structure, group.small = "scores", !gpu
			p.Scores = append(p.Scores, *group)
		}
	}
	slices.SortStableFunc(p.Groups, func(a, b PlannedGroup) int { // models are in order already
		return slices.Compare([]string{a.Jobs[0].Experiment.Model, a.structure},
			[]string{b.Jobs[0].Experiment.Model, b.structure})
	})
	return p
}

// lookUp adds jobs to their groups, and counts them as done, failed or to be trained.
func (s *Sweep) lookUp(jobs []*Job, in []*PlannedGroup, p *Plan) {
	heads, errs := make([]*head, len(jobs)), make([]error, len(jobs))
	inParallel(len(jobs), func(i int) { heads[i], errs[i] = s.Folder.look(jobs[i]) })
	damaged := map[string]error{} // the records of jobs before, by ID
	for i, job := range jobs {
		group, h := in[i], heads[i]
		if job.Of != nil && errs[i] == nil {
			errs[i] = damaged[job.Of.ID]
		}
		if damaged[job.ID] = errs[i]; errs[i] != nil { // the record is left as it is: someone may want to repair it
			p.Refused = append(p.Refused, errs[i])
			continue
		}
		group.Jobs = append(group.Jobs, job)
		if h == nil || h.Failure != "" && h.written.Before(s.Retry) {
			group.FLOPs += job.FLOPs()
			continue
		}
		if group.done++; h.Failure != "" {
			p.Failures = append(p.Failures, Failure{job.ID, job.Experiment, h.Failure})
		}
		p.Done++
	}
}

// compiled identifies the programs that are compiled for the group.
func (g PlannedGroup) compiled() string {
	e := g.Jobs[0].Experiment
	return e.Model + " " + e.Precision + " " + g.structure
}
