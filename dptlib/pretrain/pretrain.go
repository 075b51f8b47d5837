// SPDX-License-Identifier: Apache-2.0

// Package pretrain makes the toy models of package t5/toy: it trains a small T5 on the mixture of superglue/lookalike,
// from a seed alone.
package pretrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/train"
	"dpt/t5"
	"dpt/t5/toy"
)

// Recipe says how a toy model is pre-trained.
type Recipe struct {
	Steps        int     `json:"steps"`
	BatchSize    int     `json:"batch_size"`
	LearningRate float64 `json:"learning_rate"` // after the warm-up
	// share of the steps after which the rate starts over; 1 for one cycle
	Restart float64 `json:"restart"`
	Warmup  int     `json:"warmup"` // steps of linear growth at a cycle's start
	// share of a cycle's steps, the last, in which the rate falls linearly to Floor
	Decay     float64     `json:"decay"`
	Floor     float64     `json:"floor"`     // share of the learning rate that is left at a cycle's end
	Optimizer train.AdamW `json:"optimizer"` // of embeddings, attention biases and norms
	// Muon's learning rate for the other weights, as a multiple of AdamW's
	MatrixRate float64 `json:"matrix_rate"`
	Seed       uint64  `json:"seed"`

	// EmbeddingDeviation is the standard deviation of the embedding table that the trained model is rescaled to. This
	// does not change what the model computes ([t5.Rescale]), but how large a prompt must be to have an effect next to
	// words.
	EmbeddingDeviation float64 `json:"embedding_deviation"`
}

// Standard returns the recipe of an embedded model; for another name it has no steps. Only the number of steps is each
// one's own: a smaller model takes less time for a step, and needs more of them. The learning rate has two cycles. The
// embeddings get the scale of T5 v1.1 small, so that the paper's learning rate and starts have the same effect on these
// models as on T5.
func Standard(name string) Recipe {
	return Recipe{
		Steps: steps[name], BatchSize: 32, LearningRate: 2e-2, Restart: .75, Warmup: 200, Decay: .5, Floor: .02, Seed: 1,
		EmbeddingDeviation: 11.6, MatrixRate: .15,
		Optimizer: train.AdamW{Beta1: .9, Beta2: .98, Epsilon: 1e-8, WeightDecay: .01, ClipNorm: 1},
	}
}

var steps = map[string]int{"toy-s": 160000, "toy-b": 100000, "toy-l": 80000}

// firstCycle counts the steps before the restart. The mixture's stages are over by then.
func (r Recipe) firstCycle() int { return int(math.Round(r.Restart * float64(r.Steps))) }

// rate returns the learning rate of a step, counted from 0.
func (r Recipe) rate(step int) float64 {
	steps := r.firstCycle()
	if step >= steps {
		step, steps = step-steps, r.Steps-steps
	}
	if step < r.Warmup {
		return r.LearningRate * float64(step+1) / float64(r.Warmup)
	}
	left := float64(steps-step) / (r.Decay * float64(steps))
	return r.LearningRate * (r.Floor + (1-r.Floor)*min(1, left))
}

func (r Recipe) check() error {
	switch {
	case r.Steps < 1 || r.BatchSize < 1 || r.Warmup < 0:
		return fmt.Errorf("pre-training needs at least one step and one text a batch, and no negative warm-up; found "+
			"%d, %d and %d", r.Steps, r.BatchSize, r.Warmup)
	case !(r.EmbeddingDeviation > 0):
		return fmt.Errorf("pre-training needs a positive standard deviation of the embeddings, found %g",
			r.EmbeddingDeviation)
	case !(r.LearningRate > 0) || !(r.Restart > 0 && r.Restart <= 1) || !(r.Decay > 0 && r.Decay <= 1) ||
		!(r.Floor >= 0 && r.Floor <= 1):
		return fmt.Errorf("pre-training needs a positive learning rate, a restart and a decay in (0, 1] and a floor "+
			"in [0, 1]; found %g, %g, %g and %g", r.LearningRate, r.Restart, r.Decay, r.Floor)
	}
	return nil
}

// Progress says how far pre-training is.
type Progress struct {
	Step, Steps int
	Loss        float64 // mean of the last steps, in nats per target token
	StepsPerSec float64 // over the same steps
	Remaining   time.Duration
}

// Run pre-trains a model of the architecture from random weights and writes it to dir as HuggingFace does: config.json,
// model.safetensors and spiece.model. Beside them are recipe.json, with the model's fingerprint and the factor that it
// was rescaled by at the end, loss.jsonl, the loss of every hundred steps, and checkpoint.safetensors, from which an
// interrupted run goes on to the same result. Equal arguments give equal models on the same machine.
func Run(ctx context.Context, backend compute.Backend, config t5.Config, recipe Recipe, dir string,
	report func(Progress)) (*t5.Model, error) {
	return run(ctx, backend, config, recipe, standardLayout, dir, report)
}

// layout says how batches are padded, and how often progress is written down.
type layout struct {
	sources, targets     []int // lengths: few, because XLA compiles each pair; a longer text is cut
	logEvery, checkpoint int   // steps
}

var standardLayout = layout{
	sources: []int{16, 24, 32, 40, 48, longestSource}, targets: []int{4, 8, longestTarget}, logEvery: 100,
	checkpoint: 2000,
}

func run(ctx context.Context, backend compute.Backend, config t5.Config, recipe Recipe, layout layout, dir string,
	report func(Progress)) (*t5.Model, error) {
	if err := recipe.check(); err != nil {
		return nil, err
	}
	tok, err := toy.Tokenizer()
	if err != nil {
		return nil, err
	}
	t := &trainer{backend: backend, config: config, vocabulary: newVocabulary(tok, recipe.Seed), recipe: recipe,
		layout: layout, dir: dir}
	narrow := config
	narrow.VocabSize = len(t.vocabulary.pieces)
	m, err := t5.Random(backend, narrow, dtypes.Float32, recipe.Seed)
	if err != nil {
		return nil, err
	}
	t.model = m
	if err := t.resume(); err != nil {
		return nil, err
	}
	exec, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
		return t.buildStep(in[0], in[1], in[2])
	})
	if err != nil {
		return nil, err
	}
	t.exec = exec.SetMaxCache(-1)
	defer t.exec.Finalize()
	if err := t.run(ctx, report); err != nil {
		return nil, err
	}
	whole, err := t.whole()
	if err != nil {
		return nil, err
	}
	scaled, factor, err := rescale(backend, whole, recipe.EmbeddingDeviation)
	if err != nil {
		return nil, err
	}
	if err := scaled.Save(dir); err != nil {
		return nil, err
	}
	return scaled, t.describe(scaled, factor)
}

// rescale returns the model with embeddings of the given standard deviation, and the factor that it scaled them by.
// layer_norm_epsilon stays T5's: it is negligible next to the mean squares of a trained model's stream, before and
// after.
func rescale(backend compute.Backend, m *t5.Model, deviation float64) (*t5.Model, float64, error) {
	found, err := m.EmbeddingDeviation()
	if err != nil {
		return nil, 0, err
	}
	scaled, err := t5.Rescale(backend, m, deviation/found)
	if err != nil {
		return nil, 0, err
	}
	scaled.Epsilon = m.Epsilon
	return scaled, deviation / found, nil
}

// whole returns the model with its whole vocabulary.
func (t *trainer) whole() (*t5.Model, error) {
	return t.vocabulary.widen(t.backend, t.model, t.config, t.recipe.Seed)
}

// trainer is a run in progress.
type trainer struct {
	backend    compute.Backend
	config     t5.Config
	vocabulary vocabulary
	model      *t5.Model // of the config, except for the vocabulary
	recipe     Recipe
	layout     layout
	dir        string
	variables  []*model.Variable
	exec       *model.Exec
	step       int
	log        []entry
	sum        float64 // of the losses since the last entry
	summed     int     // how many
}

// scopePath is the path of the optimizers' moments.
const scopePath = "/pretrain"

// buildStep builds one update of all weights, and returns the loss before it.
func (t *trainer) buildStep(sources, labels, rates *Node) *Node {
	g, weights := sources.Graph(), t.model.Scope()
	mask := NotEqual(sources, Scalar(g, dtypes.Int32, t.model.PadID))
	encoded := t.model.Encode(weights, sources, mask, nil, nil)
	loss := t5.Loss(t.model.Decode(weights, encoded, labels, nil), labels)
	values := make([]*Node, len(t.variables))
	for i, v := range t.variables {
		values[i] = v.NodeValue(g)
	}
	var matrices []*model.Variable
	var others []train.Trainable
	var matrixGradients, otherGradients []*Node
	for i, gradient := range Gradient(loss, values...) {
		if v := t.variables[i]; isMatrix(v) {
			matrices, matrixGradients = append(matrices, v), append(matrixGradients, gradient)
		} else {
			others = append(others, train.Trainable{Variable: v, Rate: 1})
			otherGradients = append(otherGradients, gradient)
		}
	}
	scope := t.model.Store.Scope(scopePath)
	t.recipe.Optimizer.Update(scope, others, otherGradients, rates)
	muon(scope, matrices, matrixGradients, MulScalar(Squeeze(Slice(rates, AxisElem(0)), 0), t.recipe.MatrixRate))
	return loss
}

// isMatrix tells the linear layers from embeddings, attention biases and norms.
func isMatrix(v *model.Variable) bool {
	return v.Shape().Rank() == 2 && !strings.Contains(v.Path(), "/shared/") && !strings.Contains(v.Path(), "bias")
}

func (t *trainer) run(ctx context.Context, report func(Progress)) error {
	last, lastStep := time.Now(), t.step
	for t.step < t.recipe.Steps {
		for _, b := range t.batches() {
			if ctx.Err() != nil {
				return errors.Join(ctx.Err(), t.save())
			}
			loss, err := t.update(b)
			if err != nil {
				return err
			}
			t.sum, t.summed = t.sum+loss, t.summed+1
			if t.step%t.layout.logEvery == 0 || t.step == t.recipe.Steps {
				e := entry{t.step, t.sum / float64(t.summed)}
				t.log, t.sum, t.summed = append(t.log, e), 0, 0
				speed := float64(t.step-lastStep) / time.Since(last).Seconds()
				if report != nil {
					left := float64(t.recipe.Steps-t.step) / speed * float64(time.Second)
					report(Progress{t.step, t.recipe.Steps, e.Loss, speed, time.Duration(left)})
				}
				last, lastStep = time.Now(), t.step
			}
			if t.step == t.recipe.Steps {
				return t.save()
			}
			if t.step%t.layout.checkpoint == 0 {
				if err := t.save(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// batches returns the rest of the group that the next step is in.
func (t *trainer) batches() []batch {
	number := t.step / group
	progress := min(1, float64(number*group)/float64(t.recipe.firstCycle()))
	batches := t.layout.draw(t.recipe.Seed, number, t.recipe.BatchSize, progress, t.vocabulary)
	random := rand.New(rand.NewPCG(t.recipe.Seed, uint64(number)))
	random.Shuffle(group, func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches[t.step%group:]
}

// update makes one step and returns the batch's loss before it.
func (t *trainer) update(b batch) (float64, error) {
	out, err := t.exec.Call(b.sources, b.labels, t.recipe.Optimizer.Rates(t.recipe.rate(t.step), t.step+1))
	if err != nil {
		return 0, fmt.Errorf("step %d: %w", t.step, err)
	}
	loss := float64(tensors.ToScalar[float32](out[0]))
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, fmt.Errorf("step %d: the loss must be finite, found %v: lower the learning rate", t.step, loss)
	}
	t.step++
	return loss, nil
}
