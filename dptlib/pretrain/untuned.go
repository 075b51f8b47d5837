// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"context"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/superglue/lookalike"
	"dpt/t5"
)

// Untuned scores a model without a prompt.
type Untuned struct {
	backbone    prompt.Backbone
	evaluator   *train.Evaluator
	likelihoods *model.Exec
}

// longestAnswer is the number of tokens that are generated for an answer: more than any right one has.
const longestAnswer = 8

// NewUntuned returns an Untuned, which compiles its programs at first use. Close it after use.
func NewUntuned(backend compute.Backend, b prompt.Backbone) (*Untuned, error) {
	m := b.Model
	installed, err := prompt.Install(b, []prompt.Method{prompt.None{}}, nil)
	if err != nil {
		return nil, err
	}
	evaluator, err := train.NewEvaluator(backend, m, 64, longestAnswer, installed...)
	if err != nil {
		return nil, err
	}
	exec, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
		return logLikelihood(m, in[0], in[1])
	})
	if err != nil {
		evaluator.Close()
		return nil, err
	}
	return &Untuned{b, evaluator, exec}, nil
}

// Close frees the compiled graphs.
func (u *Untuned) Close() {
	u.evaluator.Close()
	u.likelihoods.Finalize()
}

// Exact returns the score of the answers that the model generates.
func (u *Untuned) Exact(ctx context.Context, task superglue.Task, format superglue.Format,
	rows []superglue.Example) (superglue.Scores, error) {
	data, err := train.NewDataset(task, format, nil, rows, u.backbone.Vocabulary, longestSource)
	if err != nil {
		return superglue.Scores{}, err
	}
	predictions, err := u.evaluator.Predict(ctx, nil, data.Dev.Pairs)
	if err != nil {
		return superglue.Scores{}, err
	}
	return data.Score(data.Dev, predictions[0])
}

// Restricted returns the score if the answer must be one of the possible ones: the likeliest of the label texts, of
// ReCoRD's entities, or of the two people in a toy text of WSC. If Exact is low and Restricted is not, the model knew
// the answer but not how to write it.
func (u *Untuned) Restricted(ctx context.Context, task superglue.Task, format superglue.Format,
	rows []superglue.Example) (superglue.Scores, error) {
	examples := task.Evaluation(rows)
	var pairs []pair
	var answers [][]string
	for _, x := range examples {
		source, _ := task.Text(x, format)
		texts := lookalike.Candidates(task, format, x)
		answers = append(answers, texts)
		for _, text := range texts {
			pairs = append(pairs, pair{u.backbone.Vocabulary.EncodeMax(source, longestSource),
				u.backbone.Vocabulary.Encode(text)})
		}
	}
	var likelihoods []float32
	for rows := range slices.Chunk(pairs, 64) {
		if err := ctx.Err(); err != nil {
			return superglue.Scores{}, err
		}
		b := newBatch(rows, 64, longestSource, longestAnswer)
		out, err := u.likelihoods.Call(b.sources, b.labels)
		if err != nil {
			return superglue.Scores{}, err
		}
		values, err := tensors.CopyFlatData[float32](out[0])
		if err != nil {
			return superglue.Scores{}, err
		}
		likelihoods = append(likelihoods, values[:len(rows)]...)
	}
	predictions := make([]string, len(examples))
	for i, texts := range answers {
		likeliest := 0
		for j := range texts {
			if likelihoods[j] > likelihoods[likeliest] {
				likeliest = j
			}
		}
		predictions[i], likelihoods = texts[likeliest], likelihoods[len(texts):]
	}
	return task.Score(format, examples, predictions)
}

// logLikelihood [b] of labels [b, t] given sources [b, n], in nats.
func logLikelihood(m *t5.Model, sources, labels *Node) *Node {
	g := sources.Graph()
	mask := NotEqual(sources, Scalar(g, dtypes.Int32, m.PadID))
	logits := m.Decode(m.Scope(), m.Encode(m.Scope(), sources, mask, nil, nil), labels, nil) // [b, t, v]
	index := Iota(g, shapes.Make(dtypes.Int32, logits.Shape().Dimensions...), -1)
	isLabel := Equal(index, InsertAxes(labels, -1)) // false everywhere where a label is ignored
	return ReduceSum(Where(isLabel, LogSoftmax(logits), ZerosLike(logits)), 1, 2)
}
