// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// scopePath is the path of the methods' variables in the backbone's store.
const scopePath = "/prompt"

// Installed is a method whose variables are in its backbone's store, where graphs find them.
type Installed struct {
	Method
	Variables []InstalledVariable // by name

	backbone Backbone
	scope    *model.Scope
}

// InstalledVariable is a method's variable in the store.
type InstalledVariable struct {
	*model.Variable
	Rate   float64 // factor of the learning rate
	Frozen bool    // not trained
}

// Install puts methods into the backbone's store, in place of those that were there, and draws each method's variables
// from a stream of random numbers of its own; methods without randomness need none. Two or more methods share a batch.
func Install(b Backbone, methods []Method, random []*rand.Rand) ([]*Installed, error) {
	if err := b.CheckVocabulary(); err != nil {
		return nil, err
	}
	if err := b.Store.DeleteVariablesInScope(scopePath); err != nil {
		return nil, err
	}
	list := make([]*Installed, len(methods))
	for i, method := range methods {
		if len(methods) > 1 && AloneInBatch(method) {
			return nil, fmt.Errorf("%s changes the backbone's weights: it must be alone in its batch, found %d runs",
				method.Name(), len(methods))
		}
		in := &Installed{Method: method, backbone: b, scope: b.Store.Scope(fmt.Sprintf("%s/%d", scopePath, i))}
		var own *rand.Rand
		if random != nil {
			own = random[i]
		}
		variables, err := in.Reset(own)
		if err != nil {
			return nil, err
		}
		for _, v := range variables {
			in.Variables = append(in.Variables, InstalledVariable{in.scope.GetVariable(v.Name), cmp.Or(v.Rate, 1),
				v.Frozen})
		}
		slices.SortFunc(in.Variables, func(a, b InstalledVariable) int { return cmp.Compare(a.Name(), b.Name()) })
		list[i] = in
	}
	return list, nil
}

// Reset sets the method's variables to what it draws from random, and returns them.
func (in *Installed) Reset(random *rand.Rand) ([]Variable, error) {
	list, err := draw(in.Method, in.backbone, random)
	if err != nil {
		return nil, err
	}
	for _, initial := range list {
		v := in.scope.GetVariable(initial.Name)
		if v == nil {
			if v, err = in.scope.CreateVariable(initial.Name, initial.Value); err == nil {
				v.SetTrainable(!initial.Frozen)
			}
		} else {
			err = v.SetValue(initial.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("variable %s of %s: %w", initial.Name, in.Name(), err)
		}
	}
	return list, nil
}

// Scope returns the scope of the method's variables, below which a trainer keeps its own.
func (in *Installed) Scope() *model.Scope { return in.scope }

// Current reports whether the method's variables are still in the backbone's store, and no others have taken their
// place.
func (in *Installed) Current() bool {
	return !slices.ContainsFunc(in.Variables, func(v InstalledVariable) bool {
		return in.scope.GetVariable(v.Name()) != v.Variable
	})
}

// Has reports whether v is one of the method's variables.
func (in *Installed) Has(v *model.Variable) bool {
	return slices.ContainsFunc(in.Variables, func(own InstalledVariable) bool { return own.Variable == v })
}

// Weights returns the scope of the backbone's weights as the method changes them.
func (in *Installed) Weights(g *Graph) t5.Scope {
	hook, ok := As[WeightHook](in.Method)
	if !ok {
		return in.backbone.Scope()
	}
	v := in.variables(g)
	return in.backbone.Scope().Change(func(name string, w *Node) *Node {
		defer named(in.Method)
		return hook.Weight(v, name, w)
	})
}

// Prompt builds P [c, e], or nil.
func (in *Installed) Prompt(g *Graph) *Node {
	defer named(in.Method)
	return buildPrompt(in.Method, in.backbone, in.variables(g))
}

func (in *Installed) variables(g *Graph) Variables {
	return func(name string) *Node {
		v := in.scope.GetVariable(name)
		if v == nil {
			panic(noVariable(name))
		}
		return v.NodeValue(g)
	}
}

// Read returns the encoder's input for n rows of the run: their embedded text x [n, s, e] as the method changes it, and
// the prompt, [c, e] or [n, c, e] or nil. mask [n, s] is true on the tokens of the text. keys [2] are the update's
// random numbers, or nil if the method is not being trained.
func (in *Installed) Read(x, mask, keys *Node) (text, prompt *Node) {
	defer named(in.Method)
	v := in.variables(x.Graph())
	return buildInput(in.Method, in.backbone, v, Input{Embeddings: x, Mask: mask, Keys: keys})
}

// Choose returns the number of the prompt that each of n rows gets, [n] int32, or nil if the method is not a [Router].
func (in *Installed) Choose(x, mask *Node) *Node {
	router, ok := As[Router](in.Method)
	if !ok {
		return nil
	}
	defer named(in.Method)
	return router.Choose(in.variables(x.Graph()), Input{Embeddings: x, Mask: mask})
}

// Encode runs the encoder on tokens [b, n], mask [b, n] with k methods, each on b/k consecutive rows of its own. keys
// [k, 2] are the update's random numbers, or nil if the methods are not being trained.
func Encode(methods []*Installed, tokens, mask, keys *Node, dropout *t5.Dropout) t5.Encoded {
	k := len(methods)
	m, weights := methods[0].backbone.Model, methods[0].Weights(tokens.Graph())
	x := m.Embed(weights, tokens) // [b, n, e]
	each := tokens.Shape().Dim(0) / k
	texts, prompts := make([]*Node, k), make([]*Node, k)
	for i, in := range methods {
		own, rows := (*Node)(nil), AxisRange(i*each, (i+1)*each)
		if keys != nil {
			own = Squeeze(Slice(keys, AxisElem(i)), 0) // [2]
		}
		texts[i], prompts[i] = in.Read(Slice(x, rows), Slice(mask, rows), own)
	}
	if slices.ContainsFunc(methods, func(in *Installed) bool { _, hook := As[InputHook](in.Method); return hook }) {
		x = Concatenate(texts, 0)
	}
	return m.EncodeEmbedded(weights, x, mask, prompts, dropout)
}

// buildPrompt builds P [c, e], or nil, and checks its shape: what is stored must be what Vectors promises.
func buildPrompt(method Method, b Backbone, v Variables) *Node {
	p, c := method.Prompt(v), method.Vectors()
	if _, hook := As[InputHook](method); p == nil && (hook || c == 0) {
		return nil
	}
	checkPrompt(p, c, b.DModel)
	return p
}

// buildInput builds the encoder's input for rows of a run: see [Installed.Read]. in has no prompt yet.
func buildInput(method Method, b Backbone, v Variables, in Input) (text, prompt *Node) {
	in.Prompt = buildPrompt(method, b, v)
	hook, ok := As[InputHook](method)
	if !ok {
		return in.Embeddings, in.Prompt
	}
	text, prompt = hook.Input(v, in)
	if text == nil || !text.Shape().Equal(in.Embeddings.Shape()) {
		panic(fmt.Errorf("Input must return embeddings as %s, found %v", in.Embeddings.Shape(), text))
	}
	if c := method.Vectors(); prompt == nil && c > 0 || prompt != nil && prompt.Rank() != 3 {
		checkPrompt(prompt, c, b.DModel)
	} else if prompt != nil {
		checkPrompt(prompt, text.Shape().Dim(0), c, b.DModel)
	}
	return text, prompt
}

// checkPrompt panics if a prompt has not the wanted shape.
func checkPrompt(p *Node, want ...int) {
	if p == nil || p.DType() != dtypes.Float32 || !slices.Equal(p.Shape().Dimensions, want) {
		found := "none"
		if p != nil {
			found = p.Shape().String()
		}
		panic(fmt.Errorf("the prompt must be of float32 and of the shape %v, as Vectors says, found %s", want, found))
	}
}
