// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"

	"dpt/dptlib/runs"
)

// SummaryOf summarizes a number of several records, those of one spec's seeds, and keeps their ids with it.
func SummaryOf(records []*runs.Record, number func(*runs.Record) float64) Summary {
	var values []float64
	var runs []string
	for _, r := range records {
		values, runs = append(values, number(r)), append(runs, r.ID)
	}
	s := Summarize(values...)
	s.Runs = runs
	return s
}

// ProvenanceOf is the provenance of what is made from records: their ids, commits and devices, each once and sorted,
// and the date of the last. It doesn't depend on the records' order.
func ProvenanceOf(scale string, records []*runs.Record) Provenance {
	p := Provenance{Scale: scale}
	var commits, devices []string
	for _, r := range records {
		p.Specs, commits, devices = append(p.Specs, r.ID), append(commits, r.Versions["dpt"]), append(devices, r.Device)
		if r.Started.After(p.Date) {
			p.Date = r.Started
		}
	}
	once := func(names []string) []string {
		slices.Sort(names)
		return slices.Compact(names)
	}
	p.Specs, p.Commit, p.Device = once(p.Specs), strings.Join(once(commits), " "), strings.Join(once(devices), ", ")
	return p
}

// LearningCurveOf is the learning curve of a recorded run; model names the T5 that it ran on, and note is for the
// reader.
func LearningCurveOf(r *runs.Record, model, note string) *LearningCurve {
	c := &LearningCurve{
		Title:   fmt.Sprintf("%s on %s, %s", r.Spec.Method.Name(), r.Spec.Task, model),
		Caption: fmt.Sprintf("%s trainable parameters, seed %d", thousands(r.Trainable), r.Spec.Recipe.Seed),
		Note:    note,
		Metric:  r.Evaluations[0].Scores.Metrics[0].Name,

		Provenance: ProvenanceOf("", []*runs.Record{r}),
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
