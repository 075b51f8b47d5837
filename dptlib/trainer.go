// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// Trainer updates a method's variables, batch by batch, under a frozen T5.
type Trainer struct {
	Method Method

	model     *t5.Model
	backend   compute.Backend
	optimizer AdamW
	dropout   float64
	seed      uint64
	updates   int
	variables []*model.Variable
	step      *model.Exec
	product   *model.Exec // P
}

// Streams of random numbers that a seed feeds, kept apart so that none shifts another.
const (
	initStream = iota
	orderStream
	dropoutStream
)

// stream is the seed's random numbers for one purpose and one step of it.
func stream(seed uint64, purpose, step int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(purpose)<<48|uint64(step)))
}

// NewTrainer initialises the method's variables in the model's store, in place of those of a trainer before it. Close
// it before the next.
func NewTrainer(backend compute.Backend, m *t5.Model, method Method, optimizer AdamW, dropout float64, seed uint64) (*Trainer, error) {
	t := &Trainer{Method: method, model: m, backend: backend, optimizer: optimizer, dropout: dropout, seed: seed}
	if err := install(m, method, stream(seed, initStream, 0)); err != nil {
		return nil, err
	}
	for v := range t.scope().IterVariables() {
		if v.Trainable {
			t.variables = append(t.variables, v)
		}
	}
	if len(t.variables) == 0 {
		return nil, fmt.Errorf("%s has nothing to train", method.Name())
	}
	slices.SortFunc(t.variables, func(a, b *model.Variable) int { return cmp.Compare(a.Path(), b.Path()) })
	step, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) []*Node {
		return t.buildStep(in[0], in[1], in[2], in[3], in[4])
	})
	if err != nil {
		return nil, err
	}
	t.step = step.SetMaxCache(-1)
	t.product, err = model.NewExec(backend, m.Store, func(_ *model.Scope, g *Graph) *Node { return method.Prompt(t.scope(), g) })
	return t, err
}

func (t *Trainer) scope() *model.Scope { return t.model.Store.Scope(promptScope) }

// buildStep is one update: loss of a batch, its gradient in the method's variables, AdamW.
func (t *Trainer) buildStep(sources, mask, labels, rates, dropoutKeys *Node) []*Node {
	g, weights := sources.Graph(), t.model.Scope()
	dropout := t5.NewDropout(t.dropout, dropoutKeys)
	encoded := t.model.Encode(weights, sources, mask, t.Method.Prompt(t.scope(), g), dropout)
	loss := t5.Loss(t.model.Decode(weights, encoded, labels, dropout), labels)

	values := make([]*Node, len(t.variables))
	for i, v := range t.variables {
		values[i] = v.NodeValue(g)
	}
	norm := t.optimizer.Update(t.scope(), t.variables, Gradient(loss, values...), rates)
	return []*Node{loss, norm}
}

// Step makes one update and returns the batch's loss before it, in nats per target token, and the gradient's global
// norm before clipping. After an error the variables are lost (the device was given their memory): start again.
func (t *Trainer) Step(batch *Batch, learningRate float64) (loss, gradientNorm float64, err error) {
	random := stream(t.seed, dropoutStream, t.updates)
	keys := tensors.FromFlatDataAndDimensions([]uint32{random.Uint32(), random.Uint32()}, 1, 2)
	out, err := t.step.Call(append(batch.inputs(), t.optimizer.Rates(learningRate, t.updates+1), keys)...)
	if err != nil {
		return 0, 0, fmt.Errorf("update %d: %w", t.updates, err)
	}
	loss, gradientNorm = float64(tensors.ToScalar[float32](out[0])), float64(tensors.ToScalar[float32](out[1]))
	if math.IsNaN(loss+gradientNorm) || math.IsInf(loss+gradientNorm, 0) {
		return loss, gradientNorm, fmt.Errorf("update %d: loss %v and gradient norm %v must be finite: lower the learning rate", t.updates, loss, gradientNorm)
	}
	t.updates++
	return loss, gradientNorm, nil
}

// Trainable counts the trained parameters; DPT's are r·(e+c).
func (t *Trainer) Trainable() int {
	total := 0
	for _, v := range t.variables {
		total += v.Shape().Size()
	}
	return total
}

// Close frees the compiled graphs.
func (t *Trainer) Close() {
	t.step.Finalize()
	t.product.Finalize()
}
