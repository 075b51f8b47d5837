// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"

	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
)

// seconds estimates how long a group of runs takes, compiling included. The shares of a sweep are balanced by it before
// anything has been measured.
func seconds(group []*Job, on Hardware) float64 {
	flops := 0.0
	for _, job := range group {
		own := job.FLOPs()
		if prompt.AloneInBatch(job.Method) {
			own *= 1.5 // gradients of weights, too
		}
		flops += own
	}
	return starting(on) + flops/speed(group[0].Model.Config, on)
}

// starting returns roughly how long compiling takes, in seconds.
func starting(on Hardware) float64 {
	if on.GPU {
		return 60
	}
	return 5
}

// AssumedSpeed returns the speed that one H100 is assumed to reach on a T5 with float32 weights in TF32, in FLOP/s of
// matrix products; it was not measured. The wider the model, the fewer of its operations wait for memory.
func AssumedSpeed(c t5.Config) float64 {
	switch {
	case c.DModel <= t5.Small.DModel:
		return 20e12
	case c.DModel <= t5.Base.DModel:
		return 60e12
	}
	return 100e12
}

// AssumedLengths returns the numbers of tokens of T5's vocabulary that a task's sources and targets are assumed to be
// padded to, before any have been read.
func AssumedLengths(task superglue.Task) (source, target int) {
	return cmp.Or(assumedTokens[task.Name], 256), 8
}

var assumedTokens = map[string]int{"COPA": 64, "WiC": 64, "WSC": 64, "CB": 128, "RTE": 128}

// speed returns the assumed speed of the hardware. For a CPU it is that of two cores.
func speed(c t5.Config, on Hardware) float64 {
	switch {
	case on.GPU:
		return AssumedSpeed(c)
	case c.DModel < t5.Small.DModel:
		return 5e9
	}
	return 100e9
}
