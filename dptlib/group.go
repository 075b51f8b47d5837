// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"cmp"
	"fmt"
	"slices"

	"dpt/t5"
)

// Runs that share a backbone, a task and shapes can be trained as a group: one batch holds the rows of all of them, run
// after run, and the frozen weights are read once for all. What may differ from run to run is the method, with its prompt
// length and bottleneck, the optimizer, the learning rate, the seed, and what of the training split is used.

// groupKey is what the runs of a group have in common.
type groupKey struct {
	model, task, format  string
	maxSource, batchSize int
	dropout              float64
	lengthWindow         int
	calendar             calendar
	alone                string // the run's ID, where it can't be in a group
}

func (j *Job) groupKey() groupKey {
	s := j.Spec
	key := groupKey{
		s.Model, s.Task, s.Format.String(), s.MaxSource, s.Recipe.BatchSize, s.Recipe.Dropout, s.Recipe.LengthWindow,
		s.Recipe.calendar(len(j.Data.Train)), "",
	}
	if !sharesBackbone(s.Method.Method) {
		key.alone = s.ID()
	}
	return key
}

// fits says whether another run can be in a group with this one.
func (j *Job) fits(other *Job) error {
	if a, b := j.groupKey(), other.groupKey(); a != b {
		return fmt.Errorf("the runs of a group must share model, task, format, batch size, dropout, number of updates and evaluations, and none may train the backbone; found %+v and %+v", a, b)
	}
	return nil
}

// groups divides jobs into groups, each of at most as many runs as size allows for each of its jobs. Runs of like methods
// come together and groups are of about equal size, so that what is compiled for one serves others.
func groups(jobs []*Job, size func(*Job) int) (all [][]*Job) {
	var keys []groupKey
	together := map[groupKey][]*Job{}
	for _, job := range jobs {
		key := job.groupKey()
		if together[key] == nil {
			keys = append(keys, key)
		}
		together[key] = append(together[key], job)
	}
	for _, key := range keys {
		list := together[key]
		slices.SortStableFunc(list, func(a, b *Job) int { return cmp.Compare(structure([]*Job{a}), structure([]*Job{b})) })
		most := size(slices.MinFunc(list, func(a, b *Job) int { return size(a) - size(b) }))
		n := (len(list) + most - 1) / most
		for i := range n {
			all = append(all, list[i*len(list)/n:(i+1)*len(list)/n])
		}
	}
	return all
}

func ids(jobs []*Job) []string {
	list := make([]string, len(jobs))
	for i, job := range jobs {
		list[i] = job.Spec.ID()
	}
	return list
}

const (
	// most is how many runs a group has at most: each adds its own variables and optimizer to what XLA compiles.
	most = 16
	// enough is the FLOP of an update from which more runs in a batch gain little. On a CPU memory is then what takes the
	// time: toy-l with 20 vectors on CB, 0.4 GFLOP, took 15 ms of processor time per run and update alone, 11 in a group of
	// 3 and 17 in one of 9, 5 of these the kernel's (26 November 2026, two busy cores of an EPYC, once each). The GPU's is a guess.
	enoughCPU, enoughGPU = 1.5e9, 4e12
	// memoryShare of a device's memory may go to activations.
	memoryShare = 0.25
)

// groupSize is how many runs like a job go into a group on a device of so much memory.
func groupSize(c t5.Config, job *Job, gpu bool, memory float64) int {
	enough := float64(enoughCPU)
	if gpu {
		enough = enoughGPU
	}
	s, t := job.meanLengths()
	busy := int(enough / job.updateFLOPs(c))
	fit := int(memoryShare * memory / activationBytes(c, job.Spec.Recipe.BatchSize, s, t))
	return max(1, min(most, busy, fit))
}

// activationBytes is about what a training step keeps of b rows for the backward pass, in float32: per encoder layer and
// source position a dozen vectors of the model's width and two of the feed-forward network's, and the attention weights;
// and the logits, three times.
func activationBytes(c t5.Config, b, s, t int) float64 {
	perLayer := float64(s)*float64(12*c.DModel+2*c.DFF) + 3*float64(c.Heads)*float64(s)*float64(s)
	return 4 * float64(b) * (float64(c.Layers+1)*perLayer + 3*float64(t)*float64(c.VocabSize))
}

// meanSource is how many tokens a training source has on average.
func (d *Dataset) meanSource() int {
	total := 0
	for _, e := range d.Train {
		total += len(e.Source)
	}
	return (total + len(d.Train) - 1) / len(d.Train)
}
