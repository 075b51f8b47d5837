// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// Choices is not in the paper: where the paper's text is silent, or differs from the released code, one of several
// alternatives had to be chosen. The table has DPT's score with each of the other alternatives, and beside it the
// difference that it makes, seed by seed. 8 H100-hours at the paper's scale (estimated).
//
//	go tool dpt sweep toy --only choices
var Choices = Artefact{
	Name: "choices", Title: "What was left open",
	About: `# What the paper leaves open

Where the paper's text is silent, or says other than the code that was released, one of several ways had to be taken.
Here is DPT with each of the other ways: its scores, and below the difference that it makes, seed by seed, with its
95 % interval. An interval that holds 0 is no finding, and of this many differences one in twenty would exclude 0 by
chance: bold are those that a test corrected for their number finds.`,
	Make: choices,
}

// alternatives are those that were not chosen.
var alternatives = []struct {
	name   string
	change func(*runs.Experiment)
}{
	{"as in Table 1", nil},
	{"A, B start Gaussian, sd 0.29 (paper: no sd)", func(e *runs.Experiment) {
		d := e.Method.Method.(prompt.DPT)
		d.Start = prompt.Gaussian
		e.Method.Method = d
	}},
	{"constant rate (paper's text)", func(e *runs.Experiment) { e.Recipe.Decay, e.Recipe.Warmup = train.NoDecay, 0 }},
	{"dropout changed: 0 to 0.1 or 0.1 to 0", func(e *runs.Experiment) { e.Recipe.Dropout = 0.1 - e.Recipe.Dropout }},
	{"batches of 32 (code's default)", func(e *runs.Experiment) { e.Recipe.BatchSize = 32 }},
	{"batches in random order (code)", func(e *runs.Experiment) { e.Recipe.LengthWindow = 1 }},
	{"task's name in front (code of Oct. 2023)", func(e *runs.Experiment) { e.Format = superglue.Format{Style: superglue.DPTOct} }},
	{"labels are words", func(e *runs.Experiment) { e.Format = superglue.Format{Labels: superglue.Words} }},
	{"T5's own format and words", func(e *runs.Experiment) {
		e.Format = superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	}},
	{"best chosen on 64 training examples set aside", func(e *runs.Experiment) { e.Recipe.Holdout = 64 }},
}

func choices(q *Query) []Result {
	tasks := q.Chosen("CB", "COPA", "RTE")
	scores := Table{Title: q.Title, Heads: []string{"DPT"}, Columns: tasks, Metrics: metricsOf(tasks)}
	differences := Table{
		Title: q.Title + ": difference", Heads: []string{"DPT"}, Columns: tasks, Show: Intervals,
		Bold: differsInTable,
	}
	usual := map[string]Measured{}
	var changes []Measured // row by row
	for i, other := range alternatives {
		row := Row{Heads: []string{other.name}}
		for _, task := range tasks {
			m := q.Score(Condition{Size: large, Task: task, Method: dpt(q.Length, q.Bottleneck), Change: other.change})
			if i == 0 {
				usual[task] = m
			}
			row.Cells = append(row.Cells, m.Cell())
			if i > 0 {
				changes = append(changes, m.Less(usual[task]))
			}
		}
		scores.Rows = append(scores.Rows, row)
	}
	cells := familyOf(changes)
	for i, other := range alternatives[1:] {
		row := Row{Heads: []string{other.name}, Cells: cells[i*len(tasks) : (i+1)*len(tasks)]}
		differences.Rows = append(differences.Rows, row)
	}
	scores.Caption = fmt.Sprintf("DPT on %s, c = %d, b = %d.", q.title(large), q.Length, q.Bottleneck)
	differences.Caption = scores.Caption + " Points above the first row of the table of scores, seed by seed."
	return []Result{
		{Name: "choices", Table: q.Table(scores)}, {Name: "choices-difference", Table: q.Table(differences)},
	}
}
