// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
)

// Evaluator decodes greedily with one or more methods, each on sources of its own.
type Evaluator struct {
	generator *t5.Generator
	chooser   *model.Exec // which prompts the rows get, [b]; nil if no method is a [prompt.Router]
	runs      int
	batchSize int
	lengths   map[int]bool // of sources, that programs were compiled for
}

// NewEvaluator evaluates with the values that the methods' variables have at the time of each call, which a [Trainer]
// may change between calls. It decodes batchSize rows for each method at a time, and stops after maxTokens; a label's
// longest text and its </s> must fit.
func NewEvaluator(backend compute.Backend, m *t5.Model, batchSize, maxTokens int,
	methods ...*prompt.Installed) (*Evaluator, error) {
	if batchSize < 1 || batchSize > 2*maxBatchSize || maxTokens < 1 || maxTokens > MaxLength {
		return nil, fmt.Errorf("an evaluation's batches must have 1 to %d rows and its predictions 1 to %d tokens, "+
			"found %d and %d",
			2*maxBatchSize, MaxLength, batchSize, maxTokens)
	}
	encode := func(in []*Node) t5.Encoded {
		building.Lock()
		defer building.Unlock()
		return prompt.Encode(methods, in[0], in[1], nil, nil)
	}
	weights := func(g *Graph) t5.Scope {
		building.Lock()
		defer building.Unlock()
		return methods[0].Weights(g)
	}
	generator, err := m.NewGenerator(backend, weights, maxTokens, encode)
	if err != nil {
		return nil, err
	}
	e := &Evaluator{generator, nil, len(methods), batchSize, map[int]bool{}}
	if slices.ContainsFunc(methods, isRouter) {
		e.chooser, err = model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
			building.Lock()
			defer building.Unlock()
			return choices(m, methods, in[0], in[1])
		})
		if err != nil {
			generator.Finalize()
			return nil, err
		}
		e.chooser.SetMaxCache(-1)
	}
	return e, nil
}

func isRouter(in *prompt.Installed) bool {
	_, router := prompt.As[prompt.Router](in.Method)
	return router
}

// choices builds the number of the prompt that each of the methods' rows gets, [b] int32; -1 for a method that is not a
// router.
func choices(m *t5.Model, methods []*prompt.Installed, tokens, mask *Node) *Node {
	x, each := m.Embed(m.Scope(), tokens), tokens.Shape().Dim(0)/len(methods)
	var list []*Node
	for i, in := range methods {
		rows := AxisRange(i*each, (i+1)*each)
		chosen := in.Choose(Slice(x, rows), Slice(mask, rows))
		if chosen == nil {
			chosen = BroadcastToDims(Scalar(tokens.Graph(), dtypes.Int32, -1), each)
		}
		list = append(list, chosen)
	}
	return Concatenate(list, 0)
}

// Predict returns, for each method, the decoded tokens of its examples, in the examples' order, without </s>. report,
// which may be nil, is called after each of a number of batches.
func (e *Evaluator) Predict(ctx context.Context, report func(done, batches int), pairs ...[]Pair) ([][][]int32, error) {
	predictions := make([][][]int32, e.runs)
	for run := range predictions {
		predictions[run] = make([][]int32, len(pairs[run]))
	}
	batches := e.batches(pairs)
	for j, batch := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		decoded, err := e.generator.Generate(e.inputs(pairs, batch)...)
		if err != nil {
			return nil, deviceError(err)
		}
		for run, examples := range batch {
			for k, example := range examples {
				predictions[run][example] = decoded[run*e.batchSize+k]
			}
		}
		if report != nil {
			report(j+1, len(batches))
		}
	}
	return predictions, nil
}

// Choose returns, for each method that is a [prompt.Router], the numbers of the prompts that its examples get, in the
// examples' order; nil for others.
func (e *Evaluator) Choose(ctx context.Context, pairs ...[]Pair) ([][]int32, error) {
	chosen := make([][]int32, e.runs)
	if e.chooser == nil {
		return chosen, nil
	}
	for _, batch := range e.batches(pairs) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := e.chooser.Call1(e.inputs(pairs, batch)...)
		if err != nil {
			return nil, deviceError(err)
		}
		numbers, err := tensors.CopyFlatData[int32](out)
		if err != nil {
			return nil, err
		}
		for run, examples := range batch {
			if len(examples) == 0 || numbers[run*e.batchSize] < 0 {
				continue
			}
			if chosen[run] == nil {
				chosen[run] = make([]int32, len(pairs[run]))
			}
			for k, example := range examples {
				chosen[run][example] = numbers[run*e.batchSize+k]
			}
		}
	}
	return chosen, nil
}

// batches deals each run's examples into batches by length: a list of batches, each with the places of every run's
// examples.
func (e *Evaluator) batches(pairs [][]Pair) (list [][][]int) {
	for run := range e.runs {
		for j, examples := range evaluationOrder(pairs[run], e.batchSize) {
			if j == len(list) {
				list = append(list, make([][]int, e.runs))
			}
			list[j][run] = examples
		}
	}
	return list
}

// inputs returns a batch's sources and mask.
func (e *Evaluator) inputs(pairs [][]Pair, batch [][]int) []any {
	return e.batch(pairs, batch).Inputs()[:2]
}

func (e *Evaluator) batch(pairs [][]Pair, batch [][]int) *Batch {
	rows := make([][]Pair, e.runs)
	for run, examples := range batch {
		rows[run] = pick(pairs[run], examples)
	}
	return NewBatch(e.batchSize, rows...)
}

// programs returns functions that compile what predicting the splits will run and was not compiled before. They may be
// called from several goroutines; the lengths count as compiled at once.
func (e *Evaluator) programs(splits ...[][]Pair) (list []func() error) {
	for _, pairs := range splits {
		for _, places := range e.batches(pairs) {
			batch := e.batch(pairs, places)
			length := batch.lengths()[0]
			if e.lengths[length] {
				continue
			}
			e.lengths[length] = true
			inputs := batch.inputShapes()[:2]
			list = append(list, func() error { return e.generator.Compile(inputs...) })
			if e.chooser != nil {
				list = append(list, func() error {
					_, err := e.chooser.Compile(inputs...)
					return err
				})
			}
		}
	}
	return list
}

// Close frees the compiled graphs.
func (e *Evaluator) Close() {
	e.generator.Finalize()
	if e.chooser != nil {
		e.chooser.Finalize()
	}
}

// Evaluate scores a method without randomness, a prompt from [prompt.Load] or [prompt.None], on the dataset's
// development split, decoding batchSize examples at a time. report, which may be nil, is called after each batch.
func Evaluate(ctx context.Context, backend compute.Backend, m *t5.Model, method prompt.Method, data *Dataset,
	batchSize int, report func(done, batches int)) (superglue.Scores, error) {
	scores, err := EvaluateAll(ctx, backend, m, []prompt.Method{method}, data, batchSize, report)
	if err != nil {
		return superglue.Scores{}, err
	}
	return scores[0], nil
}

// EvaluateAll is like [Evaluate] for several methods at once, which share the compiled programs, with batchSize
// examples for each.
func EvaluateAll(ctx context.Context, backend compute.Backend, m *t5.Model, methods []prompt.Method, data *Dataset,
	batchSize int, report func(done, batches int)) ([]superglue.Scores, error) {
	for _, method := range methods {
		if err := prompt.CheckSource(method, data.MaxSource); err != nil {
			return nil, err
		}
	}
	installed, err := prompt.Install(prompt.Backbone{Model: m, Vocabulary: data.Vocabulary}, methods, nil)
	if err != nil {
		return nil, err
	}
	batchSize = min(batchSize, max(data.Dev.Len(), fullBatch)) // the rest would be padding
	evaluator, err := NewEvaluator(backend, m, batchSize, data.maxTokens(), installed...)
	if err != nil {
		return nil, err
	}
	defer evaluator.Close()
	predictions, err := evaluator.Predict(ctx, report, slices.Repeat([][]Pair{data.Dev.Pairs}, len(methods))...)
	if err != nil {
		return nil, err
	}
	scores := make([]superglue.Scores, len(methods))
	for i := range methods {
		if scores[i], err = data.Score(data.Dev, predictions[i]); err != nil {
			return nil, err
		}
	}
	return scores, nil
}
