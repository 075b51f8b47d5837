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
	"github.com/gomlx/gomlx/core/tensors"
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

	// Init draws the method's variables for a model from random.
	Init(m *t5.Model, random *rand.Rand) ([]Initial, error)

	// Prompt builds P [c, e] from the variables in scope; nil stands for no prompt. It panics as graph-building code does.
	Prompt(scope *model.Scope, g *Graph) *Node
}

// Initial is a variable as it is before training.
type Initial struct {
	Path  string          // below the method's scope
	Value *tensors.Tensor // float32
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

// install puts a method's variables into a scope: new ones, or new values of those that a method of the same kind has there.
func install(scope *model.Scope, list []Initial) error {
	for _, initial := range list {
		path := scope.Scope() + "/" + initial.Path
		v := scope.Store().GetVariable(path)
		if v == nil {
			if _, err := scope.Store().CreateVariable(path, initial.Value); err != nil {
				return err
			}
		} else if err := v.SetValue(initial.Value); err != nil {
			return err
		}
	}
	return nil
}

// use puts the variables of a method without randomness, to evaluate, into the model's store, in place of all others.
func use(m *t5.Model, method Method) error {
	if err := m.Store.DeleteVariablesInScope(promptScope); err != nil {
		return err
	}
	variables, err := method.Init(m, nil)
	if err != nil {
		return err
	}
	return install(memberScope(m, 0), variables)
}

// NoPrompt is T5 as it is.
type NoPrompt struct{}

// Name implements [Method].
func (NoPrompt) Name() string { return "no prompt" }

// Vectors implements [Method].
func (NoPrompt) Vectors() int { return 0 }

// Init implements [Method]; there are no variables.
func (NoPrompt) Init(*t5.Model, *rand.Rand) ([]Initial, error) { return nil, nil }

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
