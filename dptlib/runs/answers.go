// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"fmt"

	"dpt/dptlib/train"
	"dpt/superglue"
)

// Answer holds the prediction of a run's best evaluation for a development row.
type Answer struct {
	Row    superglue.Example
	Source string
	Target string // the text that was asked for
	Text   string // the prediction
	Class  int    // that Text stands for, or -1 if Text is not a possible answer
}

// Right reports whether the answer is the row's class.
func (a Answer) Right() bool { return a.Class == a.Row.Class() }

// Answers sets the predictions that a record keeps beside the rows of the data that it was made on.
func (r *Record) Answers(data *train.Dataset) ([]Answer, error) {
	if data.Fingerprint() != r.Spec.Data {
		return nil, fmt.Errorf("run %s was made on data %.12s, not on %.12s", r.ID, r.Spec.Data, data.Fingerprint())
	}
	if r.Spec.Recipe.HalfSplit {
		data = data.HalfSplit()
	}
	rows := data.Dev.Rows
	if len(r.Predictions) != len(rows) {
		return nil, fmt.Errorf("run %s must have a prediction for each of %d rows, found %d: it was made before "+
			"records kept them, or failed",
			r.ID, len(rows), len(r.Predictions))
	}
	answers := make([]Answer, len(rows))
	for i, row := range rows {
		source, target := data.Task.Text(row, data.Format)
		answers[i] = Answer{row, source, target, r.Predictions[i], data.Task.Answer(row, data.Format, r.Predictions[i])}
	}
	return answers, nil
}

// Confusion counts the answers by class and prediction: Confusion[i][j] rows of class i were answered with class j; the
// last column counts predictions that are not possible answers. It is nil for ReCoRD, which has no classes.
func Confusion(task superglue.Task, answers []Answer) [][]int {
	n := len(task.Classes)
	if n == 0 {
		return nil
	}
	counts := make([][]int, n)
	for i := range counts {
		counts[i] = make([]int, n+1)
	}
	for _, a := range answers {
		if gold := a.Row.Class(); gold >= 0 && gold < n {
			column := a.Class
			if column < 0 || column >= n {
				column = n
			}
			counts[gold][column]++
		}
	}
	return counts
}
