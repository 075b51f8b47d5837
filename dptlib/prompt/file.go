// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"dpt/t5/safetensors"
)

// productTensor is the name of P [c, e] in a prompt's file.
const productTensor = "prompt"

// Keys of a file's metadata that the file's content decides.
const (
	methodKey = "method" // a [Spec]
	needsKey  = "needs"  // "method" where P alone does not reproduce what was trained
	digestKey = "sha256" // [Digests]
)

// Digests are SHA-256s, in hex, of a prompt's parts. A part that was not kept has none.
type Digests struct {
	Prompt    string `json:"prompt,omitempty"`    // of P
	Variables string `json:"variables,omitempty"` // of the method's variables
}

// Digests returns the digests of the parts that exist.
func (p *Trained) Digests() (d Digests) {
	if p.Length > 0 {
		d.Prompt = safetensors.Digest([]safetensors.Tensor{p.product})
	}
	if len(p.variables) > 0 {
		d.Variables = safetensors.Digest(p.variables)
	}
	return d
}

// Check ensures that the parts that exist have the digests d; a part without a digest in d is not compared.
func (p *Trained) Check(d Digests) error {
	found := p.Digests()
	for _, part := range []struct{ name, want, found string }{
		{"prompt", d.Prompt, found.Prompt}, {"variables", d.Variables, found.Variables},
	} {
		if part.want != "" && part.found != "" && part.found != part.want {
			return fmt.Errorf("the SHA-256 of its %s must be %s, found %s: it was changed, or belongs to another run",
				part.name, part.want, part.found)
		}
	}
	return nil
}

// Load reads a file that [Trained.Write] wrote: a safetensors file of float32 tensors, including "prompt" [c, e] unless
// the method has none. All elements must be finite, and unchanged since they were written.
func Load(path string) (*Trained, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &Trained{Metadata: maps.Clone(file.Metadata), path: path}
	for _, name := range file.Names() {
		t, _ := file.Tensor(name)
		if t.DType != safetensors.Float32 {
			return nil, fmt.Errorf("%s: tensor %q must be F32, found %s", path, name, t.DType)
		}
		t.Data = bytes.Clone(t.Data) // the mapping ends with the file
		if err := t.CheckFinite(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p.add(t)
	}
	if p.Length == 0 && p.Metadata[needsKey] == "" {
		return nil, fmt.Errorf("%s: it must hold a tensor %q of two axes [prompt length, model width], found %v",
			path, productTensor, file.Names())
	}
	if err := p.readMetadata(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func (p *Trained) readMetadata() error {
	var spec Spec
	if json.Unmarshal([]byte(p.Metadata[methodKey]), &spec) == nil {
		p.Method = spec.Method
	}
	var digests Digests
	if text, ok := p.Metadata[digestKey]; ok {
		if err := json.Unmarshal([]byte(text), &digests); err != nil {
			return fmt.Errorf("metadata %q: %w", digestKey, err)
		}
	}
	return p.Check(digests)
}

// Write stores the prompt as a safetensors file, with metadata; the file is there whole or not at all.
func (p *Trained) Write(path string, metadata map[string]string) error {
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	if p.Method != nil {
		text, err := json.Marshal(Spec{p.Method})
		if err != nil {
			return err
		}
		all[methodKey] = string(text)
	}
	if delete(all, needsKey); p.hooked() || p.Length == 0 {
		all[needsKey] = "method"
	}
	digests, err := json.Marshal(p.Digests())
	if err != nil {
		return err
	}
	all[digestKey] = string(digests)
	return safetensors.Write(path, p.Tensors(), all)
}

// Slim returns the prompt without the variables that prediction does not need: for most methods only P stays.
func (p *Trained) Slim() *Trained {
	if p.hooked() || p.Length == 0 {
		return p
	}
	slim := *p
	slim.variables = nil
	return &slim
}

// Tensors returns the variables and, where there is one, P.
func (p *Trained) Tensors() []safetensors.Tensor {
	if p.Length == 0 {
		return slices.Clone(p.variables)
	}
	return append(slices.Clone(p.variables), p.product)
}

// FromTensors is the inverse of [Trained.Tensors].
func FromTensors(method Method, list []safetensors.Tensor) *Trained {
	p := &Trained{Method: method}
	for _, t := range list {
		p.add(t)
	}
	return p
}

// add adds a tensor of a prompt's file.
func (p *Trained) add(t safetensors.Tensor) {
	if t.Name != productTensor || len(t.Shape) != 2 {
		p.variables = append(p.variables, t)
		return
	}
	p.product, p.Length, p.Width = t, t.Shape[0], t.Shape[1]
}

// Elements returns P's elements, row after row.
func (p *Trained) Elements() []float32 { return float32s(p.product.Data) }

// Variable returns the elements of a method's variable, in row-major order, or nil if there is no such variable.
func (p *Trained) Variable(name string) []float32 {
	for _, t := range p.variables {
		if t.Name == name {
			return float32s(t.Data)
		}
	}
	return nil
}

func float32s(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}
