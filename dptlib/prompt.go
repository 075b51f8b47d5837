// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
	"dpt/t5/safetensors"
)

// productTensor is the name of P [c, e] in a prompt's file.
const productTensor = "prompt"

// Prompt is a trained prompt: P, and what it was made of. It is a [Method], to evaluate. Of fine-tuning there is
// no P, and the factors are the model's weights.
type Prompt struct {
	Length   int               // c
	Width    int               // e
	Metadata map[string]string // of the file

	product safetensors.Tensor   // [c, e] float32
	factors []safetensors.Tensor // the method's trained variables: DPT's A [e, r] and B [r, c]
}

// LoadPrompt reads a file that [Prompt.Write] wrote: a safetensors file with a float32 tensor "prompt" [c, e].
func LoadPrompt(path string) (*Prompt, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &Prompt{Metadata: file.Metadata}
	for _, name := range file.Names() {
		t, _ := file.Tensor(name)
		t.Data = bytes.Clone(t.Data) // the mapping ends with the file
		p.add(t)
	}
	if p.product.DType != safetensors.Float32 || len(p.product.Shape) != 2 {
		return nil, fmt.Errorf("%s: it must hold a tensor %q of two axes [prompt length, model width] in F32, found %v", path, productTensor, file.Names())
	}
	return p, nil
}

// WithoutFactors is the prompt with P alone, which is all that predicting needs.
func (p *Prompt) WithoutFactors() *Prompt {
	return &Prompt{Length: p.Length, Width: p.Width, Metadata: p.Metadata, product: p.product}
}

// add takes a tensor of a prompt's file.
func (p *Prompt) add(t safetensors.Tensor) {
	if t.Name != productTensor || len(t.Shape) != 2 {
		p.factors = append(p.factors, t)
		return
	}
	p.product, p.Length, p.Width = t, t.Shape[0], t.Shape[1]
}

// Write stores the prompt as a safetensors file, with metadata; the file is there whole or not at all.
func (p *Prompt) Write(path string, metadata map[string]string) error {
	return safetensors.Write(path, p.tensors(), metadata)
}

// tensors are the factors and, where there is one, the product.
func (p *Prompt) tensors() []safetensors.Tensor {
	if p.Length == 0 {
		return p.factors
	}
	return append(slices.Clone(p.factors), p.product)
}

// Name implements [Method].
func (*Prompt) Name() string { return "trained prompt" }

// Vectors implements [Method].
func (p *Prompt) Vectors() int { return p.Length }

// Init implements [Method]; the prompt's width must be the model's.
func (p *Prompt) Init(m *t5.Model, _ *rand.Rand) ([]Initial, error) {
	if p.Width != m.DModel {
		return nil, fmt.Errorf("the prompt is for models of width %d, this one has %d", p.Width, m.DModel)
	}
	value, err := tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, p.product.Shape...), p.product.Data)
	return []Initial{{productTensor, value}}, err
}

// Prompt implements [Method].
func (*Prompt) Prompt(scope *model.Scope, g *Graph) *Node {
	return scope.GetVariable(productTensor).NodeValue(g)
}

// Prompts copies each member's prompt, and the variables that make it, from the device.
func (t *Trainer) Prompts() ([]*Prompt, error) {
	products, err := t.products()
	if err != nil {
		return nil, err
	}
	prompts := make([]*Prompt, len(t.members))
	for i, m := range t.members {
		p := &Prompt{}
		if products != nil {
			p.Length, p.Width = products[i].Shape().Dim(0), products[i].Shape().Dim(1)
			if p.product, err = onHost(productTensor, products[i]); err != nil {
				return nil, err
			}
		}
		for _, v := range m.variables {
			value, err := v.Value()
			if err != nil {
				return nil, err
			}
			factor, err := onHost(strings.ReplaceAll(strings.TrimPrefix(v.Path(), m.scope.Scope()+"/"), "/", "."), value)
			if err != nil {
				return nil, err
			}
			p.factors = append(p.factors, factor)
		}
		prompts[i] = p
	}
	return prompts, nil
}

// products are the members' P; nil where the backbone is trained and there is none.
func (t *Trainer) products() ([]*tensors.Tensor, error) {
	if !sharesBackbone(t.members[0].Method) {
		return nil, nil
	}
	return t.promptsOf.Call()
}

func onHost(name string, value *tensors.Tensor) (safetensors.Tensor, error) {
	t := safetensors.Tensor{Name: name, DType: safetensors.Float32, Shape: value.Shape().Dimensions}
	err := value.ConstBytes(func(data []byte) { t.Data = bytes.Clone(data) })
	return t, err
}
