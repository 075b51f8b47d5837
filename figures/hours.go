// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"slices"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// GPUHours estimates the time that a run on one of T5's published sizes would take on one H100, evaluations included:
// the FLOPs of its matrix products ([train.TrainingFLOPs]) at an assumed speed ([runs.AssumedSpeed]). It is 0 for other
// models. ReCoRD trains on 138,854 examples, one for each answer.
func GPUHours(e runs.Experiment) float64 {
	model := strings.TrimPrefix(e.Model, "google-t5/")
	task, err := superglue.Lookup(e.Task)
	if !slices.Contains([]string{"t5-small", "t5-base", "t5-large"}, model) || err != nil || task.Table2.Train == 0 {
		return 0
	}
	examples := cmp.Or(task.Table2.Examples, task.Table2.Train)
	if e.FewShot > 0 {
		examples = e.FewShot
	}
	calendar := e.Recipe.Calendar(examples)
	source, target := runs.AssumedLengths(task)
	c, positions := configOf(model), e.Method.Vectors()+source
	update := train.TrainingFLOPs(c, e.Recipe.BatchSize, positions, target)
	if prompt.AloneInBatch(e.Method) {
		update *= 1.5 // gradients of weights, too
	}
	evaluation := train.ForwardFLOPs(c, task.Table2.Dev, positions, target)
	if e.Rescore != (runs.Rescore{}) {
		return evaluation / runs.AssumedSpeed(c) / 3600
	}
	return (float64(calendar.Total)*update + float64(calendar.Evaluations())*evaluation) / runs.AssumedSpeed(c) / 3600
}
