// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"

	"dpt/t5"
)

// machine is a trainer and an evaluator for a group of runs. It serves the next group too, without compiling anything anew,
// where that differs in data, seeds and learning rates only: compiling takes seconds, a run of the toy models not many more.
type machine struct {
	key       string // what was compiled
	trainer   *Trainer
	evaluator *Evaluator
}

// prepare makes the machine ready for a group.
func (c *machine) prepare(backend compute.Backend, m *t5.Model, jobs []*Job) error {
	recipe := jobs[0].Spec.Recipe
	var members []Member
	var methods []Method
	var seeds []uint64
	maxTokens := 0
	for _, job := range jobs {
		method, r := job.method(), job.Spec.Recipe
		members, methods, seeds = append(members, Member{method, r.Optimizer, r.Seed}), append(methods, method), append(seeds, r.Seed)
		maxTokens = max(maxTokens, padded(job.Data.maxTokens()))
	}
	key := fmt.Sprintf("%p %d %g %d %s", m, recipe.BatchSize, recipe.Dropout, maxTokens, structure(jobs))
	if key == c.key {
		return c.trainer.Reset(seeds...)
	}
	c.close()
	var err error
	if c.trainer, err = NewTrainer(backend, m, recipe.Dropout, members...); err != nil {
		return err
	}
	if c.evaluator, err = NewEvaluator(backend, m, 2*recipe.BatchSize, maxTokens, methods...); err != nil {
		return err
	}
	c.key = key
	return nil
}

// structure is what of a group's methods and optimizers is compiled.
func structure(jobs []*Job) string {
	var parts []any
	for _, job := range jobs {
		parts = append(parts, job.Spec.Method, job.Spec.Recipe.Optimizer)
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // plain numbers and strings
	}
	return string(text)
}

// close frees the compiled graphs.
func (c *machine) close() {
	if c.trainer != nil {
		c.trainer.Close()
	}
	if c.evaluator != nil {
		c.evaluator.Close()
	}
	*c = machine{}
}
