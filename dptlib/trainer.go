// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// Member is one of the runs that a [Trainer] trains in one batch.
type Member struct {
	Method    Method
	Optimizer AdamW
	Seed      uint64 // of the initial values, and of dropout
}

// Trainer updates the variables of one or more runs, batch by batch, under one frozen T5. A batch holds as many rows for
// each run, run after run; the loss is the sum of the runs' mean losses, so that each run's gradient is what it is alone.
type Trainer struct {
	model     *t5.Model
	backend   compute.Backend
	dropout   float64
	members   []*member
	updates   int // made so far
	step      *model.Exec
	promptsOf *model.Exec // the members' P, [c, e] each
}

// member is a run's part of a trainer.
type member struct {
	Member
	scope     *model.Scope      // of its variables and their moments
	variables []*model.Variable // the trained ones, by path
}

// Streams of random numbers that a seed feeds, kept apart so that none shifts another.
const (
	initStream = iota
	orderStream
	dropoutStream
	labelStream
	holdoutStream
)

// stream is the seed's random numbers for one purpose and one step of it.
func stream(seed uint64, purpose, step int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(purpose)<<48|uint64(step)))
}

// NewTrainer initialises the members' variables in the model's store, in place of those of a trainer before it. Close
// it before the next. A member that trains the backbone, as [FineTuning] does, must be the only one.
func NewTrainer(backend compute.Backend, m *t5.Model, dropout float64, members ...Member) (*Trainer, error) {
	t := &Trainer{model: m, backend: backend, dropout: dropout}
	if err := m.Store.DeleteVariablesInScope(promptScope); err != nil {
		return nil, err
	}
	for i, of := range members {
		if len(members) > 1 && !sharesBackbone(of.Method) {
			return nil, fmt.Errorf("%s trains weights of its own: it must be a trainer's only member, found %d", of.Method.Name(), len(members))
		}
		added := &member{Member: of, scope: memberScope(m, i)}
		if err := of.Method.Init(added.scope, m, stream(of.Seed, initStream, 0)); err != nil {
			return nil, err
		}
		for v := range added.scope.IterVariables() {
			if v.Trainable {
				added.variables = append(added.variables, v)
			}
		}
		if len(added.variables) == 0 {
			return nil, fmt.Errorf("%s has nothing to train", of.Method.Name())
		}
		slices.SortFunc(added.variables, func(a, b *model.Variable) int { return cmp.Compare(a.Path(), b.Path()) })
		t.members = append(t.members, added)
	}
	step, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) []*Node {
		return t.buildStep(in[0], in[1], in[2], in[3], in[4])
	})
	if err != nil {
		return nil, err
	}
	t.step = step.SetMaxCache(-1)
	t.promptsOf, err = model.NewExec(backend, m.Store, func(_ *model.Scope, g *Graph) []*Node { return t.prompts(g) })
	return t, err
}

// prompts are the members' P, nil for one that has none.
func (t *Trainer) prompts(g *Graph) []*Node {
	prompts := make([]*Node, len(t.members))
	for i, m := range t.members {
		prompts[i] = m.Method.Prompt(m.scope, g)
	}
	return prompts
}

// buildStep is one update: each member's loss on its rows, its gradient in the member's variables, AdamW. rates is [k, 3].
func (t *Trainer) buildStep(sources, mask, labels, rates, dropoutKeys *Node) []*Node {
	g := sources.Graph()
	weights := weightsFor(t.members[0].Method, t.model, t.members[0].scope)
	dropout := t5.NewDropout(t.dropout, dropoutKeys)
	encoded := t.model.EncodeGroups(weights, sources, mask, t.prompts(g), dropout)
	losses := t5.GroupLosses(t.model.Decode(weights, encoded, labels, dropout), labels, len(t.members)) // [k]

	var values []*Node
	for _, m := range t.members {
		for _, v := range m.variables {
			values = append(values, v.NodeValue(g))
		}
	}
	gradients := Gradient(ReduceAllSum(losses), values...)
	var norms []*Node
	for i, m := range t.members {
		own := gradients[:len(m.variables)]
		gradients = gradients[len(m.variables):]
		rate := Squeeze(Slice(rates, AxisElem(i)), 0) // [3]
		norms = append(norms, m.Optimizer.Update(m.scope, m.variables, own, rate))
	}
	return []*Node{losses, Stack(norms, 0)}
}

// Step makes one update of every member at its learning rate. It returns each member's loss on its rows before the
// update, in nats per target token, and its gradient's global norm before clipping. A member whose norm is not finite
// keeps its variables as they were. After an error the variables are lost (the device was given their memory): start again.
func (t *Trainer) Step(batch *Batch, learningRates ...float64) (losses, norms []float32, err error) {
	var keys []uint32
	var rates []float32
	for i, m := range t.members {
		random := stream(m.Seed, dropoutStream, t.updates)
		keys = append(keys, random.Uint32(), random.Uint32())
		rates = append(rates, m.Optimizer.rates(learningRates[i], t.updates+1)...)
	}
	k := len(t.members)
	out, err := t.step.Call(append(batch.inputs(), tensors.FromFlatDataAndDimensions(rates, k, 3), tensors.FromFlatDataAndDimensions(keys, k, 2))...)
	if err != nil {
		return nil, nil, fmt.Errorf("update %d: %w", t.updates, err)
	}
	t.updates++
	if losses, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return nil, nil, err
	}
	norms, err = tensors.CopyFlatData[float32](out[1])
	return losses, norms, err
}

// Trainable counts the parameters that a member trains; DPT's are r·(e+c).
func (t *Trainer) Trainable(member int) int {
	total := 0
	for _, v := range t.members[member].variables {
		total += v.Shape().Size()
	}
	return total
}

// Close frees the compiled graphs.
func (t *Trainer) Close() {
	t.step.Finalize()
	t.promptsOf.Finalize()
}
