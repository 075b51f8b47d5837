// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib"
)

// LearningCurveOf is the learning curve of a recorded run; model names the T5 that it ran on, and note is for the reader.
func LearningCurveOf(r *dptlib.Record, model, note string) *LearningCurve {
	c := &LearningCurve{
		Title:   fmt.Sprintf("%s on %s, %s", r.Spec.Method.Name(), r.Spec.Task, model),
		Caption: fmt.Sprintf("%s trainable parameters, seed %d", thousands(r.Trainable), r.Spec.Recipe.Seed),
		Note:    note,
		Metric:  r.Evaluations[0].Scores.Metrics[0].Name,
	}
	for _, loss := range r.Losses {
		c.Losses = append(c.Losses, float64(loss))
	}
	for _, e := range r.Evaluations {
		m := e.Scores.Metrics[0]
		c.Epochs = append(c.Epochs, Epoch{Updates: e.Updates, Score: m.Value, Low: m.Low, High: m.High})
	}
	return c
}

// thousands writes 51200 as 51,200.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
