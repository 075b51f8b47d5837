// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"

	"dpt/dptlib/runs"
	"dpt/superglue"
)

// A floor holds scores on a task's development split that need no model.
type floor struct {
	majority superglue.Metric  // of the most frequent label, or of ReCoRD's first entity
	overlap  *superglue.Metric // of a heuristic on words, if the task has one
}

// floors are by task; the floor of a task without data is nil.
type floors map[string]*floor

// floors measures the development splits of tasks, each once.
func (q *Query) floors(tasks []string) floors {
	if q.measured == nil {
		q.measured = floors{}
	}
	for _, name := range tasks {
		if _, done := q.measured[name]; !done && q.store != nil { // without a store only the experiments are asked for
			q.measured[name] = q.floor(name)
		}
	}
	return q.measured
}

// floor measures a task's development split; it is nil where there are no data.
func (q *Query) floor(name string) *floor {
	task, err := superglue.Lookup(name)
	if err != nil {
		return nil
	}
	dev, err := runs.OpenSplit(q.Data, task, "val")
	if err != nil {
		return nil
	}
	best := task.Statistics("val", dev, superglue.Format{}, func(string) int { return 0 })
	if best.Majority == nil {
		return nil
	}
	return &floor{best.Majority.Score, overlapOf(task, dev)}
}

// overlapOf is the score of [superglue.ReCoRD.Overlap]; other tasks have no such heuristic.
func overlapOf(task superglue.Task, dev []superglue.Example) *superglue.Metric {
	examples := task.Evaluation(dev)
	var answers []string
	for _, x := range examples {
		if query, ok := x.(superglue.ReCoRD); ok {
			answers = append(answers, query.Overlap())
		}
	}
	scores, err := task.Score(superglue.Format{}, examples, answers)
	if err != nil { // as many answers as examples are missing
		return nil
	}
	return &scores.Metrics[0]
}

// found counts the scores above the majority's by more than its sampling error, the upper end of its 95 % interval.
func (f *floor) found(m Measured) *int {
	if f == nil || len(m.Values) == 0 {
		return nil
	}
	n := 0
	for _, score := range m.Values {
		if score > f.majority.High {
			n++
		}
	}
	return &n
}

// note marks a mean that is no better than the majority's score, by its sampling error, or within one example of 100.
func (f *floor) note(m Measured) string {
	switch mean := m.Summary().Mean; {
	case f == nil || len(m.Values) == 0:
		return ""
	case mean <= f.majority.High:
		return "no better than the most frequent label, by its sampling error"
	case mean > 100-100/float64(f.majority.N):
		return "at 100, but for one example at most"
	}
	return ""
}

// cells returns the cells of a method's scores on tasks, with their notes, and where there are several that of their
// average.
func (all floors) cells(tasks []string, scores []Measured) (cells []Cell) {
	for i, m := range withAverage(scores) {
		cell := m.Cell()
		if i < len(tasks) {
			cell.Note = all[tasks[i]].note(m)
		}
		cells = append(cells, cell)
	}
	return cells
}

// rest returns the places of the tasks in which the methods can be told apart: not all of them are at the floor or at
// 100.
func (all floors) rest(tasks []string, methods [][]Measured) (rest []int) {
	for i, task := range tasks {
		if slices.ContainsFunc(methods, func(scores []Measured) bool { return all[task].note(scores[i]) == "" }) {
			rest = append(rest, i)
		}
	}
	return rest
}

// baselines are the rows of Table 1 that need no model, of columns the tasks and their averages.
func baselines(tasks []string, all floors, columns int) []Row {
	majority := Row{Heads: []string{"none", "majority", "", "", ""}}
	overlap := Row{Heads: []string{"none", "shared words", "", "", ""}}
	for j := range columns {
		m, o := Cell{Text: nothing}, Cell{Text: nothing}
		if j < len(tasks) && all[tasks[j]] != nil {
			f := all[tasks[j]]
			if m.Text = fmt.Sprintf("%.2f", f.majority.Value); tasks[j] == "ReCoRD" {
				m.Note = "always the entity that comes first in the alphabet"
			}
			if f.overlap != nil {
				o.Text = fmt.Sprintf("%.2f", f.overlap.Value)
			}
		}
		majority.Cells, overlap.Cells = append(majority.Cells, m), append(overlap.Cells, o)
	}
	return []Row{majority, overlap}
}
