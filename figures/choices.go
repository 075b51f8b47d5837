// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib"
	"dpt/superglue"
)

// Choices is not the paper's: where its text is silent, or says other than the code that was released, one of several ways
// had to be taken. The table has DPT's score with each of the other ways, and beside it the difference that it makes, seed by
// seed. 8 H100-hours at the paper's scale (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only choices
var Choices = Artefact{Name: "choices", Title: "What was left open", make: choices}

// alternatives are the ways not taken.
var alternatives = []struct {
	name   string
	change func(*dptlib.Experiment)
}{
	{"as in Table 1", nil},
	{"A, B start Gaussian, sd 0.29 (paper: no sd)", func(e *dptlib.Experiment) {
		d := e.Method.Method.(dptlib.DPT)
		d.Start = dptlib.Gaussian
		e.Method.Method = d
	}},
	{"constant rate (paper's text)", func(e *dptlib.Experiment) { e.Recipe.Decay, e.Recipe.Warmup = dptlib.NoDecay, 0 }},
	{"dropout changed: 0 to 0.1 or 0.1 to 0", func(e *dptlib.Experiment) { e.Recipe.Dropout = 0.1 - e.Recipe.Dropout }},
	{"batches of 32 (code's default)", func(e *dptlib.Experiment) { e.Recipe.BatchSize = 32 }},
	{"batches in random order (code)", func(e *dptlib.Experiment) { e.Recipe.LengthWindow = 1 }},
	{"task's name in front (code of Oct. 2023)", func(e *dptlib.Experiment) { e.Format = superglue.Format{Style: superglue.DPTOct} }},
	{"labels are words", func(e *dptlib.Experiment) { e.Format = superglue.Format{Labels: superglue.Words} }},
	{"T5's own format and words", func(e *dptlib.Experiment) {
		e.Format = superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	}},
	{"best chosen on 64 training examples set aside", func(e *dptlib.Experiment) { e.Recipe.Holdout = 64 }},
}

func choices(l *lookup) []Result {
	tasks := l.tasks("CB", "COPA", "RTE")
	scores := Table{Title: l.artefact.Title, Heads: []string{"DPT"}, Columns: tasks}
	differences := Table{Title: l.artefact.Title + ": difference", Heads: []string{"DPT"}, Columns: tasks}
	usual := map[string]measured{}
	for i, other := range alternatives {
		row := Row{Reference: true, Heads: []string{other.name}}
		change := row
		for _, task := range tasks {
			m := l.score(cell{size: large, task: task, method: dpt(l.Length, l.Bottleneck), change: other.change})
			if i == 0 {
				usual[task] = m
			}
			row.Cells, change.Cells = append(row.Cells, m.cell()), append(change.Cells, m.less(usual[task]).cell())
		}
		if scores.Rows = append(scores.Rows, row); i > 0 {
			differences.Rows = append(differences.Rows, change)
		}
	}
	scores.Caption = fmt.Sprintf("DPT on %s, c = %d, b = %d.", l.title(large), l.Length, l.Bottleneck)
	differences.Caption = scores.Caption + " Points above the first row of the table of scores, seed by seed."
	return []Result{{Name: "choices", Table: l.table(scores)}, {Name: "choices-difference", Table: l.table(differences)}}
}

// less is the difference of two cells, seed by seed.
func (m measured) less(other measured) (d measured) {
	d.hours = m.hours
	for i, seed := range m.seeds {
		for j, same := range other.seeds {
			if same == seed {
				d.seeds, d.values = append(d.seeds, seed), append(d.values, m.values[i]-other.values[j])
				d.runs = append(d.runs, m.runs[i]+"-"+other.runs[j])
			}
		}
	}
	return d
}
