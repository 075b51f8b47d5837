// SPDX-License-Identifier: Apache-2.0

package train

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"

	"dpt/dptlib/prompt"
)

// compiled is a trainer and an evaluator for a group of runs. They serve the next group too, without compiling anything
// again, if it differs in data, seeds and learning rates only: compiling takes seconds, and a run of the toy models not
// much longer.
type compiled struct {
	key       string
	trainer   *Trainer
	evaluator *Evaluator
}

// mostShapes is the number of lengths of batches that a trainer is compiled for before its programs are freed, at the
// next group's start; each takes some MiB.
const mostShapes = 64

// prepare makes trainer and evaluator ready for a group.
func (c *compiled) prepare(backend compute.Backend, group []*Job) error {
	recipe := group[0].Recipe
	var members []Member
	for _, job := range group {
		members = append(members, job.member())
	}
	maxTokens := group[0].Data.maxTokens()
	key := fmt.Sprintf("%p %d %g %d %s", group[0].Model, recipe.BatchSize, recipe.Dropout, maxTokens, Structure(group))
	if key == c.key && c.trainer.methods[0].Current() && len(c.trainer.shapes) < mostShapes {
		return c.trainer.Reset(members...)
	}
	c.close()
	trainer, err := NewTrainer(backend, group[0].backbone(), recipe.Dropout, members...)
	if err != nil {
		return err
	}
	evaluator, err := NewEvaluator(backend, group[0].Model, 2*recipe.BatchSize, maxTokens, trainer.methods...)
	if err != nil {
		trainer.Close()
		return err
	}
	*c = compiled{key, trainer, evaluator}
	return nil
}

// Structure identifies the compiled programs of a group apart from lengths: by its methods and optimizers.
func Structure(group []*Job) string {
	var parts []any
	for _, job := range group {
		parts = append(parts, prompt.Spec{Method: job.Method}, job.Recipe.Optimizer)
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // methods were read from JSON or registered, and so can be written
	}
	return string(text)
}

// close frees the compiled programs.
func (c *compiled) close() {
	if c.trainer != nil {
		c.trainer.Close()
		c.evaluator.Close()
	}
	*c = compiled{}
}
