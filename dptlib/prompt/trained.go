// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
	"dpt/t5/safetensors"
)

// Trained is a trained prompt: P, and the variables that made it. It is a [Method] without randomness, for evaluation.
// A method without a prompt, such as fine-tuning, has no P.
type Trained struct {
	Length   int               // c
	Width    int               // e
	Method   Method            // that made it; nil if its file does not say
	Metadata map[string]string // of its file

	product   safetensors.Tensor   // [c, e] float32
	variables []safetensors.Tensor // float32; for DPT A [e, r] and B [r, c]
	path      string               // of the file that it was loaded from
}

// hooked reports whether P alone does not reproduce what was trained.
func (p *Trained) hooked() bool {
	_, input := p.Method.(InputHook)
	_, weight := p.Method.(WeightHook)
	return input || weight || p.Metadata[needsKey] != ""
}

// Name implements [Method].
func (*Trained) Name() string { return "trained prompt" }

// Vectors implements [Method].
func (p *Trained) Vectors() int {
	if p.hooked() && p.Method != nil {
		return p.Method.Vectors()
	}
	return p.Length
}

// Init implements [Method]; its variable is P, or what the method's hooks need. The prompt's width must be the
// backbone's.
func (p *Trained) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	list, err := p.needed(b, random)
	return list, p.inFile(err)
}

// inFile names the prompt's file, if it has one, in an error.
func (p *Trained) inFile(err error) error {
	if err != nil && p.path != "" {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	return err
}

// needed returns P, or what the method's hooks need.
func (p *Trained) needed(b Backbone, random *rand.Rand) ([]Variable, error) {
	if p.Length > 0 && p.Width != b.DModel {
		return nil, fmt.Errorf("the prompt is for models of width %d, this one has %d", p.Width, b.DModel)
	}
	if !p.hooked() {
		return variablesOf([]safetensors.Tensor{p.product})
	}
	switch p.Method.(type) {
	case nil:
		return nil, fmt.Errorf("the prompt's file must name the method whose variables it holds")
	case Unknown:
		return p.Method.Init(b, random)
	}
	if err := p.fits(b); err != nil {
		return nil, err
	}
	return variablesOf(p.variables)
}

// fits ensures that the stored variables have the names and shapes that the method needs for the backbone.
func (p *Trained) fits(b Backbone) error {
	need := map[string][]int{}
	if _, whole := p.Method.(WholeModel); whole {
		for _, w := range b.Weights() {
			need[w.Name] = w.Shape
		}
	} else {
		list, err := draw(p.Method, b, rand.New(rand.NewPCG(0, 0)))
		if err != nil {
			return err
		}
		for _, v := range list {
			need[v.Name] = v.Value.Shape().Dimensions
		}
	}
	for _, t := range p.variables {
		want, ok := need[t.Name]
		switch delete(need, t.Name); {
		case !ok:
			return fmt.Errorf("tensor %q: %s needs none of that name on this model: use the model that it was "+
				"trained for", t.Name, p.Method.Name())
		case !slices.Equal(want, t.Shape):
			return fmt.Errorf("tensor %q: %s needs the shape %v on this model, found %v: use the model that it was "+
				"trained for", t.Name, p.Method.Name(), want, t.Shape)
		}
	}
	if len(need) > 0 {
		return fmt.Errorf("it must hold the tensors %q, which %s needs on this model, found none: use the model that "+
			"it was trained for", slices.Sorted(maps.Keys(need)), p.Method.Name())
	}
	return nil
}

func variablesOf(list []safetensors.Tensor) ([]Variable, error) {
	variables := make([]Variable, len(list))
	for i, t := range list {
		value, err := tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, t.Shape...), t.Data)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		variables[i] = Variable{Name: t.Name, Value: value}
	}
	return variables, nil
}

// Prompt implements [Method].
func (p *Trained) Prompt(v Variables) *Node {
	if p.hooked() {
		return p.Method.Prompt(v)
	}
	return v(productTensor)
}

// StartFrom sets the method's variables to those of a stored prompt, of the same names and shapes. P counts as a
// variable of that name.
func (in *Installed) StartFrom(p *Trained) error { return p.inFile(in.startFrom(p)) }

func (in *Installed) startFrom(p *Trained) error {
	stored := slices.Clone(p.variables)
	if p.Length > 0 {
		product := p.product
		product.Name = "P"
		stored = append(stored, product)
	}
	for _, v := range in.Variables {
		i := slices.IndexFunc(stored, func(t safetensors.Tensor) bool { return t.Name == v.Name() })
		if i < 0 {
			return fmt.Errorf("a prompt that %s starts from must hold its variable %s, found none: "+
				"it was made by another method, or only its product was kept", in.Name(), v.Name())
		}
		if found := stored[i].Shape; !slices.Equal(found, v.Shape().Dimensions) {
			return fmt.Errorf("a prompt that %s starts from must have %s of shape %v, found %v",
				in.Name(), v.Name(), v.Shape().Dimensions, found)
		}
		value, err := variablesOf(stored[i : i+1])
		if err != nil {
			return err
		}
		if err := v.SetValue(value[0].Value); err != nil {
			return err
		}
	}
	return nil
}

// Initial returns the prompt that a method starts from, with variables drawn from random: the one that training has to
// beat.
func Initial(backend compute.Backend, b Backbone, method Method, random *rand.Rand) (*Trained, error) {
	installed, err := Install(b, []Method{method}, []*rand.Rand{random})
	if err != nil {
		return nil, err
	}
	var products []*tensors.Tensor
	has := false
	exec, err := model.NewExec(backend, b.Store, func(_ *model.Scope, g *Graph) []*Node {
		p := installed[0].Prompt(g)
		if has = p != nil; !has {
			p = ScalarZero(g, dtypes.Float32) // a graph must have an output
		}
		return []*Node{p}
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	if products, err = exec.Call(); err != nil {
		return nil, err
	}
	if !has {
		products = []*tensors.Tensor{nil}
	}
	prompts, err := Capture(installed, products)
	if err != nil {
		return nil, err
	}
	return prompts[0], nil
}

// Capture copies each method's prompt, and the variables that make it, from the device. products are the methods' P,
// nil for a method that has none.
func Capture(methods []*Installed, products []*tensors.Tensor) ([]*Trained, error) {
	prompts := make([]*Trained, len(methods))
	for i, in := range methods {
		p := &Trained{Method: in.Method}
		if products[i] != nil {
			product, err := t5.HostTensor(productTensor, products[i])
			if err != nil {
				return nil, err
			}
			p.add(product)
		}
		for _, v := range in.Variables {
			value, err := v.Value()
			if err != nil {
				return nil, err
			}
			variable, err := t5.HostTensor(v.Name(), value)
			if err != nil {
				return nil, err
			}
			p.variables = append(p.variables, variable)
		}
		prompts[i] = p
	}
	return prompts, nil
}
