// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// What GPUHours assumes, none of it Measured: the speed that one H100 reaches with float32 weights in TF32, in TFLOP/s
// (half of what is assumed for bfloat16), and the tokens that a task's texts are padded to.
var (
	assumedSpeed  = map[string]float64{"t5-small": 20, "t5-base": 60, "t5-large": 100}
	assumedTokens = map[string]int{"COPA": 64, "WiC": 64, "WSC": 64, "CB": 128, "RTE": 128} // 256 for others
)

const assumedTarget = 8 // tokens of a padded target

// GPUHours estimates what a run on one of T5's published sizes would take on one H100, evaluations included: the FLOPs of
// its matrix products ([train.TrainingFLOPs]) at an assumed speed. It is 0 for other models. ReCoRD trains on 138,854
// examples, one for each answer.
func GPUHours(e runs.Experiment) float64 {
	model := strings.TrimPrefix(e.Model, "google-t5/")
	speed, ok := assumedSpeed[model]
	task, err := superglue.Lookup(e.Task)
	if !ok || err != nil || task.Table2.Train == 0 {
		return 0
	}
	examples := cmp.Or(task.Table2.Examples, task.Table2.Train)
	if e.FewShot > 0 {
		examples = e.FewShot
	}
	calendar := e.Recipe.Calendar(examples)
	c, positions := configOf(model), e.Method.Vectors()+cmp.Or(assumedTokens[e.Task], 256)
	update := train.TrainingFLOPs(c, e.Recipe.BatchSize, positions, assumedTarget)
	if prompt.AloneInBatch(e.Method) {
		update *= 1.5 // gradients of weights, too
	}
	evaluation := train.ForwardFLOPs(c, task.Table2.Dev, positions, assumedTarget)
	if e.Rescore != (runs.Rescore{}) {
		return evaluation / (speed * 1e12) / 3600
	}
	return (float64(calendar.Total)*update + float64(calendar.Evaluations())*evaluation) / (speed * 1e12) / 3600
}
