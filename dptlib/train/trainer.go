// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/t5"
)

// Member is one of the runs that a [Trainer] trains in one batch.
type Member struct {
	Method    prompt.Method
	Optimizer AdamW
	Seed      uint64          // of the initial values, and of dropout
	Start     *prompt.Trained // whose variables to start from instead; may be nil
}

// Trainer updates the variables of one or more runs, batch by batch, under one frozen T5. A batch holds the same number
// of rows for each run, run after run; the loss is the sum of the runs' mean losses, so that each run has the gradient
// that it would have alone.
type Trainer struct {
	model    *t5.Model
	dropout  float64
	members  []Member
	methods  []*prompt.Installed
	updates  int  // made so far
	used     bool // the step was run before
	step     *model.Exec
	products *model.Exec     // 0, then the methods' P, [c, e] each, of those that have one
	produces []bool          // which those are, once products was built
	shapes   map[[2]int]bool // source and target lengths that the step was compiled for
}

// Streams of random numbers that a seed feeds, kept apart so that none shifts another.
const (
	initStream = iota
	orderStream
	dropoutStream
	labelStream
	holdoutStream
)

// stream returns the seed's random numbers for one purpose and one step of it.
func stream(seed uint64, purpose, step int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(purpose)<<48|uint64(step)))
}

// NewTrainer puts the members' variables into the backbone's store, in place of those of an earlier trainer. Close a
// trainer before making the next. A member that changes the weights, as fine-tuning does, must be the only one.
func NewTrainer(backend compute.Backend, b prompt.Backbone, dropout float64, members ...Member) (*Trainer, error) {
	t := &Trainer{model: b.Model, dropout: dropout, members: members, shapes: map[[2]int]bool{}}
	var methods []prompt.Method
	var random []*rand.Rand
	for _, m := range members {
		methods, random = append(methods, m.Method), append(random, stream(m.Seed, initStream, 0))
	}
	var err error
	if t.methods, err = prompt.Install(b, methods, random); err != nil {
		return nil, err
	}
	for _, in := range t.methods {
		if !slices.ContainsFunc(in.Variables, func(v prompt.InstalledVariable) bool { return !v.Frozen }) {
			return nil, fmt.Errorf("%s has nothing to train", in.Name())
		}
		for _, p := range trained(in) {
			if err := createMoments(in.Scope(), p.Variable); err != nil {
				return nil, err
			}
		}
	}
	if err := t.start(); err != nil {
		return nil, err
	}
	step, err := model.NewExec(backend, b.Store, func(_ *model.Scope, in []*Node) []*Node {
		building.Lock()
		defer building.Unlock()
		return t.buildStep(in[0], in[1], in[2], in[3], in[4])
	})
	if err != nil {
		return nil, err
	}
	t.step = step.SetMaxCache(-1)
	t.products, err = model.NewExec(backend, b.Store, func(_ *model.Scope, g *Graph) []*Node {
		return t.buildProducts(g)
	})
	if err != nil {
		t.step.Finalize()
		return nil, err
	}
	return t, nil
}

// Reset begins again with other seeds and starts, and keeps the compiled programs. The members must otherwise be the
// same as before.
func (t *Trainer) Reset(members ...Member) error {
	t.members, t.updates = members, 0
	for i, in := range t.methods {
		if _, err := in.Reset(stream(members[i].Seed, initStream, 0)); err != nil {
			return err
		}
		for v := range in.Scope().IterVariables() {
			if !in.Has(v) { // a moment
				if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
					return err
				}
			}
		}
	}
	return t.start()
}

// start sets the variables of members that start from a stored prompt.
func (t *Trainer) start() error {
	for i, m := range t.members {
		if m.Start != nil {
			if err := t.methods[i].StartFrom(m.Start); err != nil {
				return err
			}
		}
	}
	return nil
}

// trained returns the variables that a member's optimizer updates.
func trained(in *prompt.Installed) (list []Trainable) {
	for _, v := range in.Variables {
		if !v.Frozen {
			list = append(list, Trainable{v.Variable, v.Rate})
		}
	}
	return list
}

// buildProducts builds 0, since a graph must have an output, and the P of each member that has one.
func (t *Trainer) buildProducts(g *Graph) []*Node {
	products := []*Node{ScalarZero(g, dtypes.Float32)}
	t.produces = make([]bool, len(t.methods))
	for i, in := range t.methods {
		if p := in.Prompt(g); p != nil {
			products, t.produces[i] = append(products, p), true
		}
	}
	return products
}

// losses builds the forward pass: each member's loss on its rows, [k].
func (t *Trainer) losses(sources, mask, labels, keys *Node) *Node {
	dropout := t5.NewDropout(t.dropout, keys)
	encoded := prompt.Encode(t.methods, sources, mask, keys, dropout)
	logits := t.model.Decode(t.methods[0].Weights(sources.Graph()), encoded, labels, dropout)
	return t5.GroupLosses(logits, labels, len(t.methods))
}

// buildStep builds one update: each member's loss on its rows, its gradient in the member's variables, and AdamW. rates
// is [k, 3], keys [k, 2].
func (t *Trainer) buildStep(sources, mask, labels, rates, keys *Node) []*Node {
	g := sources.Graph()
	losses := t.losses(sources, mask, labels, keys)
	var values []*Node
	for _, in := range t.methods {
		for _, p := range trained(in) {
			values = append(values, p.NodeValue(g))
		}
	}
	gradients := Gradient(ReduceAllSum(losses), values...)
	var norms []*Node
	for i, in := range t.methods {
		parameters := trained(in)
		own := gradients[:len(parameters)]
		gradients = gradients[len(parameters):]
		rate := Squeeze(Slice(rates, AxisElem(i)), 0) // [3]
		norms = append(norms, t.members[i].Optimizer.Update(in.Scope(), parameters, own, rate))
	}
	return []*Node{losses, Stack(norms, 0)}
}

// Step makes one update of every member at its learning rate. It returns each member's loss on its rows before the
// update, in nats per target token, and its gradient's global norm before clipping. A member whose norm is not finite
// keeps its variables as they were. After an error the variables are lost, since the device was given their memory:
// start again.
func (t *Trainer) Step(batch *Batch, learningRates ...float64) (losses, norms []float32, err error) {
	var keys []uint32
	var rates []float32
	for i, m := range t.members {
		random := stream(m.Seed, dropoutStream, t.updates)
		keys = append(keys, random.Uint32(), random.Uint32())
		rates = append(rates, m.Optimizer.rates(learningRates[i], t.updates+1)...)
	}
	k := len(t.members)
	inputs := append(batch.Inputs(), tensors.FromFlatDataAndDimensions(rates, k, 3),
		tensors.FromFlatDataAndDimensions(keys, k, 2))
	call := func() (err error) {
		losses, norms, err = t.call(inputs)
		return err
	}
	if t.used {
		err = call()
	} else {
		err = pjrt.FirstUse(call)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("update %d: %w", t.updates, err)
	}
	t.used = true
	t.updates++
	t.shapes[batch.lengths()] = true
	return losses, norms, nil
}

// call runs the step, and waits for its end.
func (t *Trainer) call(inputs []any) (losses, norms []float32, err error) {
	out, err := t.step.Call(inputs...)
	if err != nil {
		return nil, nil, err
	}
	if losses, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return nil, nil, err
	}
	norms, err = tensors.CopyFlatData[float32](out[1])
	return losses, norms, err
}

// compiled reports whether the step was compiled for batches of such lengths.
func (t *Trainer) compiled(batch *Batch) bool { return t.shapes[batch.lengths()] }

// program returns a function that compiles the step for batches of such lengths, and counts it as compiled. Programs
// may be compiled in several goroutines.
func (t *Trainer) program(batch *Batch) func() error {
	t.shapes[batch.lengths()] = true
	k := len(t.members)
	inputs := append(batch.inputShapes(), shapes.Make(dtypes.Float32, k, 3), shapes.Make(dtypes.Uint32, k, 2))
	return func() error {
		if _, err := t.step.Compile(inputs...); err != nil {
			return fmt.Errorf("update %d: %w", t.updates, err)
		}
		return nil
	}
}

// Prompts copies each member's prompt, and the variables that make it, from the device.
func (t *Trainer) Prompts() ([]*prompt.Trained, error) {
	products, err := t.products.Call()
	if err != nil {
		return nil, err
	}
	products = products[1:]
	each := make([]*tensors.Tensor, len(t.methods))
	for i, has := range t.produces {
		if has {
			each[i], products = products[0], products[1:]
		}
	}
	return prompt.Capture(t.methods, each)
}

// Trainable counts the parameters that a member trains; DPT's are r·(e+c).
func (t *Trainer) Trainable(member int) int {
	total := 0
	for _, p := range trained(t.methods[member]) {
		total += p.Shape().Size()
	}
	return total
}

// Close frees the compiled graphs.
func (t *Trainer) Close() {
	t.step.Finalize()
	t.products.Finalize()
}
