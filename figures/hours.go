// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"slices"
	"strings"

	"dpt/dptlib"
)

// What GPUHours assumes, none of it measured: the speed that one H100 reaches with float32 weights in TF32, in TFLOP/s
// (half of what is assumed for bfloat16), and the tokens that a task's texts are padded to.
var (
	assumedSpeed  = map[string]float64{"t5-small": 20, "t5-base": 60, "t5-large": 100}
	assumedTokens = map[string]int{"COPA": 64, "WiC": 64, "WSC": 64, "CB": 128, "RTE": 128, "BoolQ": 256, "MultiRC": 256, "ReCoRD": 256}
)

const assumedTarget = 8 // tokens of a padded target

// GPUHours estimates what a run on one of T5's published sizes would take on one H100, evaluations included: the FLOPs of
// its matrix products ([dptlib.TrainingFLOPs]) at an assumed speed. It is 0 for other models. ReCoRD trains on 138,854
// examples, one for each answer.
func GPUHours(e dptlib.Experiment) float64 {
	speed, ok := assumedSpeed[strings.TrimPrefix(e.Model, "google-t5/")]
	row := slices.IndexFunc(PaperTable2, func(d PaperDataset) bool { return d.Task == e.Task })
	if !ok || row < 0 {
		return 0
	}
	train, dev := PaperTable2[row].Train, PaperTable2[row].Dev
	if e.Task == "ReCoRD" {
		train = 138_854
	}
	if e.FewShot > 0 {
		train = e.FewShot
	}
	perEpoch := (train + e.Recipe.BatchSize - 1) / e.Recipe.BatchSize
	updates, every := e.Recipe.Updates, e.Recipe.EvaluateEvery
	if updates == 0 {
		updates = e.Recipe.Epochs * perEpoch
	}
	if every == 0 {
		every = perEpoch
	}
	c, positions := configOf(e.Model), e.Method.Vectors()+assumedTokens[e.Task]
	update := dptlib.TrainingFLOPs(c, e.Recipe.BatchSize, positions, assumedTarget)
	if _, all := e.Method.Method.(dptlib.FineTuning); all {
		update *= 1.5 // gradients of the weights, too
	}
	evaluation := dptlib.ForwardFLOPs(c, dev, positions, assumedTarget)
	return (float64(updates)*update + float64((updates+every-1)/every)*evaluation) / (speed * 1e12) / 3600
}
