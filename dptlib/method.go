// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// Method is a way to make the soft prompt P that stands in front of the encoder's input. Methods differ in nothing else
// (but for [FineTuning], which trains the backbone and has no prompt): data order, schedule, optimizer and selection are the trainer's. A method's exported fields are its sizes and choices;
// they are stored in records as JSON.
type Method interface {
	// Name is the method's name in the paper.
	Name() string

	// Vectors is c, the length of the prompt; 0 for none.
	Vectors() int

	// Init creates the method's variables for a model, float32, in scope, drawn from random.
	Init(scope *model.Scope, m *t5.Model, random *rand.Rand) error

	// Prompt builds P [c, e] from the variables in scope; nil stands for no prompt. It panics as graph-building code does.
	Prompt(scope *model.Scope, g *Graph) *Node
}

// methods are those that a record can name, with their zero values.
var methods = []func() Method{
	func() Method { return new(DPT) },
	func() Method { return new(PT) },
	func() Method { return new(ResidualPT) },
	func() Method { return new(RankProbe) },
	func() Method { return new(FineTuning) },
}

// promptScope is where methods' variables live in the model's store.
const promptScope = "/prompt"

// memberScope is where the i-th of the methods in use has its own.
func memberScope(m *t5.Model, i int) *model.Scope {
	return m.Store.Scope(fmt.Sprintf("%s/%d", promptScope, i))
}

// NoPrompt is T5 as it is.
type NoPrompt struct{}

// Name implements [Method].
func (NoPrompt) Name() string { return "no prompt" }

// Vectors implements [Method].
func (NoPrompt) Vectors() int { return 0 }

// Init implements [Method]; there are no variables.
func (NoPrompt) Init(*model.Scope, *t5.Model, *rand.Rand) error { return nil }

// Prompt implements [Method].
func (NoPrompt) Prompt(*model.Scope, *Graph) *Node { return nil }

// Choice is a method as JSON stores it: its fields, and its name as "name".
type Choice struct{ Method }

// MarshalJSON implements [json.Marshaler].
func (c Choice) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(c.Method)
	if err != nil {
		return nil, err
	}
	name, err := json.Marshal(c.Name())
	if err != nil {
		return nil, err
	}
	separator := ","
	if string(fields) == "{}" {
		separator = ""
	}
	return append([]byte(`{"name":`+string(name)+separator), fields[1:]...), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. The name must be a trained method's, and each field one of its own.
func (c *Choice) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	var name string
	if err := json.Unmarshal(fields["name"], &name); err != nil {
		return fmt.Errorf("a method must have a name: %w", err)
	}
	delete(fields, "name")
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	var names []string
	for _, make := range methods {
		method := make()
		if names = append(names, method.Name()); method.Name() == name {
			decoder := json.NewDecoder(bytes.NewReader(rest))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(method); err != nil {
				return fmt.Errorf("method %s: %w", name, err)
			}
			c.Method = reflect.ValueOf(method).Elem().Interface().(Method) // as a caller writes it: not a pointer
			return nil
		}
	}
	return fmt.Errorf("a method is one of %s, found %q", strings.Join(names, ", "), name)
}
