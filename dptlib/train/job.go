// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/t5"

	"github.com/gomlx/compute"
)

// Job is one run to make.
type Job struct {
	ID     string // names the run in checkpoints
	Model  *t5.Model
	Data   *Dataset // what to train on: drawn, held out and shuffled
	Method prompt.Method
	Recipe Recipe
	Start  *prompt.Trained // whose variables to start from instead of random ones; may be nil
}

// Check returns an error that names the setting with which the run cannot be made.
func (j *Job) Check(backend compute.Backend) error {
	if err := j.Recipe.Check(); err != nil {
		return err
	}
	if err := prompt.CheckRegistered(j.Method); err != nil {
		return err
	}
	if n := j.Data.Train.Len(); n == 0 || j.Data.Dev.Len() == 0 {
		return fmt.Errorf("training needs examples in both splits, found %d to train on and %d to evaluate", n,
			j.Data.Dev.Len())
	}
	if (j.Recipe.Holdout > 0 || j.Recipe.HalfSplit) && j.Data.Held.Len() == 0 {
		return fmt.Errorf("the recipe selects on rows set aside, but the data has none: use Dataset.HoldOut or " +
			"Dataset.HalfSplit")
	}
	if err := CheckVectors(j.Method); err != nil {
		return err
	}
	if n, most := j.Recipe.BatchSize, max(j.Data.Train.Len(), fullBatch); n > most {
		return fmt.Errorf("a batch must have at most %d rows, since there are %d to train on and empty rows fill it, "+
			"found %d: choose a smaller batch size", most, j.Data.Train.Len(), n)
	}
	if err := prompt.CheckSource(j.Method, j.Data.MaxSource); err != nil {
		return err
	}
	if err := j.backbone().CheckVocabulary(); err != nil {
		return err
	}
	if _, whole := prompt.As[prompt.WholeModel](j.Method); whole {
		return nil // it would only be a copy of the weights
	}
	building.Lock()
	defer building.Unlock()
	return prompt.Check(backend, j.backbone(), j.Method, stream(0, initStream, 0))
}

// fullBatch is the number of rows of a batch that may be more than there are rows to train on.
const fullBatch = 256

// CheckVectors ensures that the method's prompts have a length that can be computed with.
func CheckVectors(method prompt.Method) error {
	if c := method.Vectors(); c < 0 || c > MaxLength {
		return fmt.Errorf("a prompt must have from 0 to %d vectors, found %d", MaxLength, c)
	}
	return nil
}

func (j *Job) backbone() prompt.Backbone {
	return prompt.Backbone{Model: j.Model, Vocabulary: j.Data.Vocabulary}
}

// Calendar returns when the run's epochs begin and when it is evaluated.
func (j *Job) Calendar() Calendar { return j.Recipe.Calendar(j.Data.Train.Len()) }

func (j *Job) member() Member {
	return Member{Method: j.Method, Optimizer: j.Recipe.Optimizer, Seed: j.Recipe.Seed, Start: j.Start}
}

func ids(jobs []*Job) []string {
	list := make([]string, len(jobs))
	for i, job := range jobs {
		list[i] = job.ID
	}
	return list
}
