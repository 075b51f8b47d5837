// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
)

// Evaluator decodes greedily with one or more methods, each on sources of its own.
type Evaluator struct {
	generator *t5.Generator
	runs      int
	batchSize int
}

// NewEvaluator evaluates with the values that the methods' variables have at the time of each call, which a [Trainer] may
// change between calls. It decodes batchSize rows for each method at a time, and stops after maxTokens; a label's longest
// text and its </s> must fit.
func NewEvaluator(backend compute.Backend, m *t5.Model, batchSize, maxTokens int, methods ...*prompt.Installed) (*Evaluator, error) {
	if batchSize < 1 || batchSize > 2*maxBatchSize || maxTokens < 1 || maxTokens > MaxLength {
		return nil, fmt.Errorf("an evaluation's batches must have 1 to %d rows and its predictions 1 to %d tokens, found %d and %d",
			2*maxBatchSize, MaxLength, batchSize, maxTokens)
	}
	encode := func(in []*Node) t5.Encoded { return prompt.Encode(methods, in[0], in[1], nil, nil) }
	generator, err := m.NewGenerator(backend, methods[0].Weights, maxTokens, encode)
	if err != nil {
		return nil, err
	}
	return &Evaluator{generator, len(methods), batchSize}, nil
}

// Predict returns, for each method, the decoded tokens of its examples, in the examples' order, without </s>. report, which
// may be nil, is called after each of a number of batches.
func (e *Evaluator) Predict(ctx context.Context, report func(done, batches int), pairs ...[]Pair) ([][][]int32, error) {
	predictions, order, batches := make([][][]int32, e.runs), make([][][]int, e.runs), 0
	for i := range e.runs {
		predictions[i] = make([][]int32, len(pairs[i]))
		order[i] = evaluationOrder(pairs[i], e.batchSize)
		batches = max(batches, len(order[i]))
	}
	for j := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := make([][]int, e.runs)
		inputs := make([][]Pair, e.runs)
		for i := range e.runs {
			if j < len(order[i]) {
				rows[i] = order[i][j]
				inputs[i] = pick(pairs[i], rows[i])
			}
		}
		decoded, err := e.generator.Generate(NewBatch(e.batchSize, inputs...).Inputs()[:2]...)
		if err != nil {
			return nil, err
		}
		for i := range e.runs {
			for k, row := range rows[i] {
				predictions[i][row] = decoded[i*e.batchSize+k]
			}
		}
		if report != nil {
			report(j+1, batches)
		}
	}
	return predictions, nil
}

// Close frees the compiled graphs.
func (e *Evaluator) Close() { e.generator.Finalize() }

// Evaluate scores a method without randomness, a prompt from [prompt.Load] or [prompt.None], on the dataset's development
// split, decoding batchSize examples at a time. report, which may be nil, is called after each batch.
func Evaluate(ctx context.Context, backend compute.Backend, m *t5.Model, method prompt.Method, data *Dataset, batchSize int, report func(done, batches int)) (superglue.Scores, error) {
	scores, err := EvaluateAll(ctx, backend, m, []prompt.Method{method}, data, batchSize, report)
	if err != nil {
		return superglue.Scores{}, err
	}
	return scores[0], nil
}

// EvaluateAll does as [Evaluate] for several methods at once, which share what is compiled: batchSize examples for each.
func EvaluateAll(ctx context.Context, backend compute.Backend, m *t5.Model, methods []prompt.Method, data *Dataset, batchSize int, report func(done, batches int)) ([]superglue.Scores, error) {
	installed, err := prompt.Install(prompt.Backbone{Model: m, Vocabulary: data.Vocabulary}, methods, nil)
	if err != nil {
		return nil, err
	}
	evaluator, err := NewEvaluator(backend, m, batchSize, data.maxTokens(), installed...)
	if err != nil {
		return nil, err
	}
	defer evaluator.Close()
	predictions, err := evaluator.Predict(ctx, report, slices.Repeat([][]Pair{data.Dev.Pairs}, len(methods))...)
	if err != nil {
		return nil, memoryError(err)
	}
	scores := make([]superglue.Scores, len(methods))
	for i := range methods {
		if scores[i], err = data.Score(data.Dev, predictions[i]); err != nil {
			return nil, err
		}
	}
	return scores, nil
}
