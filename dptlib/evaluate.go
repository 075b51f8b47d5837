// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/superglue"
	"dpt/t5"
)

// Evaluator decodes with a method's prompt in front of the source, greedily.
type Evaluator struct {
	generator *t5.Generator
	batchSize int
}

// NewEvaluator evaluates with the variables that the method has in the model's store at the time of each call, which a
// Trainer may change between calls. Decoding stops after maxTokens; a label's longest text and its </s> must fit.
func NewEvaluator(backend compute.Backend, m *t5.Model, method Method, batchSize, maxTokens int) (*Evaluator, error) {
	generator, err := m.NewGenerator(backend, maxTokens, func(in []*Node) t5.Encoded {
		prompt := method.Prompt(m.Store.Scope(promptScope), in[0].Graph())
		return m.Encode(m.Scope(), in[0], in[1], prompt, nil)
	})
	if err != nil {
		return nil, err
	}
	return &Evaluator{generator, batchSize}, nil
}

// Predict returns the decoded tokens of each example, in the examples' order, without </s>.
func (e *Evaluator) Predict(ctx context.Context, examples []Example) ([][]int32, error) {
	predictions := make([][]int32, len(examples))
	for _, rows := range evaluationOrder(examples, e.batchSize) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch := newBatch(examples, rows, e.batchSize)
		decoded, err := e.generator.Generate(batch.inputs()[:2]...)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			predictions[row] = decoded[i]
		}
	}
	return predictions, nil
}

// score is how well the predictions for the dataset's development split do.
func (e *Evaluator) score(ctx context.Context, data *Dataset) (superglue.Scores, error) {
	predictions, err := e.Predict(ctx, data.Dev)
	if err != nil {
		return superglue.Scores{}, err
	}
	return data.Score(predictions)
}

// Close frees the compiled graphs.
func (e *Evaluator) Close() { e.generator.Finalize() }

// Evaluate scores an untrained method, such as a prompt from [LoadPrompt] or [NoPrompt], on the dataset's development
// split, decoding batchSize examples at a time.
func Evaluate(ctx context.Context, backend compute.Backend, m *t5.Model, method Method, data *Dataset, batchSize int) (superglue.Scores, error) {
	if err := install(m, method, stream(0, initStream, 0)); err != nil {
		return superglue.Scores{}, err
	}
	evaluator, err := NewEvaluator(backend, m, method, batchSize, data.maxTokens())
	if err != nil {
		return superglue.Scores{}, err
	}
	defer evaluator.Close()
	return evaluator.score(ctx, data)
}
