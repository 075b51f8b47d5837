// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"math"
	"strings"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// The answers of a record give its accuracy, and so does the diagonal of their confusion matrix.
func TestAnswers(t *testing.T) {
	job := toyJob(t, small)
	record := cases.Must(trained(t, Folder(t.TempDir()), Options{}, job))[0]
	answers := cases.Must(record.Answers(job.Data))
	right := 0.0
	for _, a := range answers {
		if a.Right() {
			right++
		}
	}
	if got := 100 * right / float64(len(answers)); !(math.Abs(got-record.BestScore()) <= 1e-9) {
		t.Errorf("the answers have an accuracy of %v, the record of %v", got, record.BestScore())
	}
	diagonal, all := 0, 0
	for i, row := range Confusion(job.Data.Task, answers) {
		diagonal += row[i]
		for _, n := range row {
			all += n
		}
	}
	if diagonal != int(right) || all != len(answers) {
		t.Errorf("%d of %d are on the diagonal, want %v of %d", diagonal, all, right, len(answers))
	}
	b := sharedBackbone()
	other := cases.Must(train.NewDataset(cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 21), cases.Rows(t, 9),
		b.Vocabulary, 32))
	if _, err := record.Answers(other); err == nil || !strings.Contains(err.Error(), record.ID) {
		t.Errorf("other data was taken for the record's: %v", err)
	}
}
