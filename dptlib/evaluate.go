// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/superglue"
	"dpt/t5"
)

// Evaluator decodes greedily with the prompts of one or more methods, each in front of sources of its own.
type Evaluator struct {
	generator *t5.Generator
	runs      int
	batchSize int
}

// NewEvaluator evaluates with the variables that the methods have in the model's store at the time of each call, which a
// [Trainer] of the same methods may change between calls. It decodes batchSize rows for each method at a time, and stops
// after maxTokens; a label's longest text and its </s> must fit.
func NewEvaluator(backend compute.Backend, m *t5.Model, batchSize, maxTokens int, methods ...Method) (*Evaluator, error) {
	weights := weightsFor(methods[0], m, memberScope(m, 0))
	generator, err := m.NewGenerator(backend, weights, maxTokens, func(in []*Node) t5.Encoded {
		var prompts []*Node
		for i, method := range methods {
			prompts = append(prompts, method.Prompt(memberScope(m, i), in[0].Graph()))
		}
		return m.EncodeGroups(weights, in[0], in[1], prompts, nil)
	})
	if err != nil {
		return nil, err
	}
	return &Evaluator{generator, len(methods), batchSize}, nil
}

// Predict returns, for each method, the decoded tokens of its examples, in the examples' order, without </s>.
func (e *Evaluator) Predict(ctx context.Context, examples ...[]Example) ([][][]int32, error) {
	predictions, order, batches := make([][][]int32, e.runs), make([][][]int, e.runs), 0
	for i := range e.runs {
		predictions[i] = make([][]int32, len(examples[i]))
		order[i] = evaluationOrder(examples[i], e.batchSize)
		batches = max(batches, len(order[i]))
	}
	for j := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := make([][]int, e.runs)
		inputs := make([][]Example, e.runs)
		for i := range e.runs {
			if j < len(order[i]) {
				rows[i] = order[i][j]
				inputs[i] = pick(examples[i], rows[i])
			}
		}
		decoded, err := e.generator.Generate(newBatch(e.batchSize, inputs...).inputs()[:2]...)
		if err != nil {
			return nil, err
		}
		for i := range e.runs {
			for k, row := range rows[i] {
				predictions[i][row] = decoded[i*e.batchSize+k]
			}
		}
	}
	return predictions, nil
}

// Close frees the compiled graphs.
func (e *Evaluator) Close() { e.generator.Finalize() }

// Evaluate scores a method without randomness, a prompt from [LoadPrompt] or [NoPrompt], on the dataset's development
// split, decoding batchSize examples at a time.
func Evaluate(ctx context.Context, backend compute.Backend, m *t5.Model, method Method, data *Dataset, batchSize int) (superglue.Scores, error) {
	if err := use(m, method); err != nil {
		return superglue.Scores{}, err
	}
	evaluator, err := NewEvaluator(backend, m, batchSize, data.maxTokens(), method)
	if err != nil {
		return superglue.Scores{}, err
	}
	defer evaluator.Close()
	predictions, err := evaluator.Predict(ctx, data.Dev)
	if err != nil {
		return superglue.Scores{}, err
	}
	return data.Score(predictions[0])
}
