// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"slices"

	"github.com/gomlx/compute"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/train"
	"dpt/t5"
)

// groups partitions jobs so that no group is larger than size(job) for any of its members. Runs of like methods come
// together and groups are of about equal size, so that what is compiled for one serves others.
func groups(jobs []*Job, size func(*Job) int) (all [][]*Job) {
	var keys []train.GroupKey
	together := map[train.GroupKey][]*Job{}
	for _, job := range jobs {
		key := job.GroupKey()
		if together[key] == nil {
			keys = append(keys, key)
		}
		together[key] = append(together[key], job)
	}
	for _, key := range keys {
		list := together[key]
		slices.SortStableFunc(list, func(a, b *Job) int {
			return cmp.Compare(train.Structure([]*train.Job{a.Job}), train.Structure([]*train.Job{b.Job}))
		})
		most := size(slices.MinFunc(list, func(a, b *Job) int { return size(a) - size(b) }))
		n := (len(list) + most - 1) / most
		for i := range n {
			all = append(all, list[i*len(list)/n:(i+1)*len(list)/n])
		}
	}
	return all
}

const (
	// most is how many runs a group has at most: each adds its own variables and optimizer to what XLA compiles.
	most = 16
	// enough is the FLOPs of an update from which more runs in a batch gain little. On a CPU memory is then what takes the
	// time. The GPU's is a guess.
	enoughCPU, enoughGPU = 1.5e9, 4e12
	// memoryShare of a device's memory may go to activations.
	memoryShare = 0.5
)

// groupSize returns how many runs like a job go into a group on a device with that much memory, in bytes.
func groupSize(job *Job, gpu bool, memory float64) int {
	enough := float64(enoughCPU)
	if gpu {
		enough = enoughGPU
	}
	s, t := job.MeanLengths()
	busy := int(enough / job.UpdateFLOPs())
	fit := int(memoryShare * memory / activationBytes(job.Model.Config, job.Recipe.BatchSize, s, t))
	return max(1, min(most, busy, fit))
}

// activationBytes is about what a training step keeps of b rows for the backward pass, in float32: per encoder layer and
// source position a dozen vectors of the model's width and two of the feed-forward network's, and the attention weights;
// and the logits, three times. XLA needs 0.55 of that: counted in its own compilation for an H100.
func activationBytes(c t5.Config, b, s, t int) float64 {
	perLayer := float64(s)*float64(12*c.DModel+2*c.DFF) + 3*float64(c.Heads)*float64(s)*float64(s)
	return 0.55 * 4 * float64(b) * (float64(c.Layers+1)*perLayer + 3*float64(t)*float64(c.VocabSize))
}

// deviceMemory returns a device's memory in bytes; where it is not known, that of the smallest GPU that people train on.
func deviceMemory(backend compute.Backend) float64 {
	return float64(cmp.Or(pjrt.DeviceOf(backend).Memory, 16<<30))
}
