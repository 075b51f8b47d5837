// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"fmt"
	"slices"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/t5"
)

// groups partitions jobs so that no group is larger than size(job) for any of its members. Runs of similar methods come
// together and groups are of about equal size, so that the programs compiled for one serve others.
func groups(jobs []*Job, size func(*Job) int) (all [][]*Job) {
	var keys []groupKey
	together := map[groupKey][]*Job{}
	most := map[groupKey]int{}
	structure := map[*Job]string{}
	for _, job := range jobs {
		key, k := keyOf(job), size(job)
		if together[key] == nil {
			keys, most[key] = append(keys, key), k
		}
		together[key], most[key] = append(together[key], job), min(most[key], k)
		structure[job] = train.Structure([]*train.Job{job.Job})
	}
	for _, key := range keys {
		list := together[key]
		slices.SortStableFunc(list, func(a, b *Job) int { return cmp.Compare(structure[a], structure[b]) })
		n := (len(list) + most[key] - 1) / most[key]
		for i := range n {
			all = append(all, list[i*len(list)/n:(i+1)*len(list)/n])
		}
	}
	return all
}

// scoreGroups partitions jobs that score stored prompts so that each group has one model, the same rows and prompts of
// the same shape, and shares compiled programs.
func scoreGroups(jobs []*Job) (groups [][]*Job) {
	const mostPrompts = 8
	last := map[string]int{}
	for _, job := range jobs {
		e := job.Experiment
		key := fmt.Sprintf("%s %s %s %v %s %d %t", e.Model, e.Precision, e.Data, e.Text, e.Rescore.Split,
			e.Method.Vectors(), e.Recipe.HalfSplit)
		i, ok := last[key]
		if alone := prompt.AloneInBatch(job.Method); !ok || alone || len(groups[i]) == mostPrompts {
			i, last[key] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], job)
	}
	return groups
}

const (
	// most is the greatest number of runs in a group: each adds its own variables and optimizer to the program that XLA
	// compiles.
	most = 16
	// enoughCPU and enoughGPU are the FLOPs of an update from which more runs in a batch gain little. On a CPU memory
	// is then the bottleneck. The number for a GPU is a guess.
	enoughCPU, enoughGPU = 1.5e9, 4e12
	// longest is the longest time that a group takes, unless a single run takes longer: a machine trains a group as a
	// whole.
	longest = 2 * 60 * 60 // seconds
	// memoryShare is the share of a GPU's memory that activations may take.
	memoryShare = 0.5
	// leastMemory is the memory of the smallest GPU that people train on, in bytes.
	leastMemory = 16 << 30
)

// groupSize returns how many runs like a job go into a group.
func groupSize(job *Job, on Hardware) int {
	size := int(min(most, longest*speed(job.Model.Config, on)/job.FLOPs()))
	if !on.GPU { // activations are small if an update is
		return max(1, min(size, int(enoughCPU/job.UpdateFLOPs())))
	}
	s, t := job.MeanLengths()
	fit := memoryShare * cmp.Or(on.Memory, leastMemory) / activationBytes(job.Model.Config, job.Recipe.BatchSize, s, t)
	return max(1, min(size, int(enoughGPU/job.UpdateFLOPs()), int(fit)))
}

// activationBytes estimates what a training step keeps of b rows for the backward pass, in float32: per encoder layer
// and source position a dozen vectors of the model's width and two of the feed-forward network's, and the attention
// weights; and the logits, three times. XLA needs 0.55 of that, as counted in its own compilation for an H100.
func activationBytes(c t5.Config, b, s, t int) float64 {
	perLayer := float64(s)*float64(12*c.DModel+2*c.DFF) + 3*float64(c.Heads)*float64(s)*float64(s)
	return 0.55 * 4 * float64(b) * (float64(c.Layers+1)*perLayer + 3*float64(t)*float64(c.VocabSize))
}
