// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/t5"
)

// Runs that share a backbone, a task and shapes can be trained as a group: one batch holds the rows of all of them, run
// after run, and the frozen weights are read once for all. Runs of a group may differ in the method, with its prompt
// length and bottleneck, the optimizer, the learning rate, the seed, and the part of the training split that is used.

// GroupKey holds the properties that the runs of a group share.
type GroupKey struct {
	model        *t5.Model
	data         string // fingerprint
	batchSize    int
	dropout      float64
	lengthWindow int
	maxTokens    int
	calendar     Calendar
	alone        string // the run's ID, if it can't be in a group
}

// GroupKey returns the job's key.
func (j *Job) GroupKey() GroupKey {
	r := j.Recipe
	key := GroupKey{j.Model, j.Data.Fingerprint(), r.BatchSize, r.Dropout, r.LengthWindow, j.Data.maxTokens(),
		j.Calendar(), ""}
	if prompt.AloneInBatch(j.Method) {
		key.alone = j.ID
	}
	return key
}

// Fits returns an error if another run cannot be in a group with this one.
func (j *Job) Fits(other *Job) error {
	a, b := j.GroupKey(), other.GroupKey()
	for _, property := range []struct {
		name string
		a, b any
	}{
		{"the model", a.model, b.model},
		{"the data", a.data, b.data},
		{"the batch size", a.batchSize, b.batchSize},
		{"the dropout", a.dropout, b.dropout},
		{"the length window", a.lengthWindow, b.lengthWindow},
		{"the tokens of a prediction", a.maxTokens, b.maxTokens},
		{"the numbers of updates and evaluations", a.calendar, b.calendar},
		{"the backbone, which a method changes", a.alone, b.alone},
	} {
		if property.a != property.b {
			return fmt.Errorf("the runs of a group must share %s: those of %q and %q differ", property.name, j.ID,
				other.ID)
		}
	}
	return nil
}
