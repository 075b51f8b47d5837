// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Scope is the place where graph functions find T5's weights: those of a model, possibly changed by a method.
type Scope struct {
	variables *model.Scope
	change    func(name string, w *Node) *Node // nil leaves every weight as it is
}

// Scope returns the scope of the model's own weights.
func (m *Model) Scope() Scope { return Scope{variables: m.Store.Scope(scopePath)} }

// Variable returns the variable of the store that holds one of the model's weights.
func (m *Model) Variable(w Weight) *model.Variable { return m.Store.GetVariable(w.path()) }

// Change returns a scope in which change replaces every weight. change gets the weight's HuggingFace name, such as
// "encoder.block.0.layer.0.SelfAttention.q.weight", and its value, and returns a node of the same shape; linear layers
// are [out, in]. It is called each time that a weight is used.
func (s Scope) Change(change func(name string, w *Node) *Node) Scope {
	return Scope{s.variables, change}
}

// at returns the scope of a part.
func (s Scope) at(format string, args ...any) Scope {
	return Scope{s.variables.At(format, args...), s.change}
}

// sublayer returns the scope of a stack's layer i, part j: attention before the feed-forward network.
func (s Scope) sublayer(i, j int) Scope { return s.at("block").at("%d", i).at("layer").at("%d", j) }

// has reports whether the scope has a weight of its own.
func (s Scope) has() bool { return s.variables.GetVariable("weight") != nil }

// weight returns the parameter "weight" of a layer; every parameter of T5 has that name.
func (s Scope) weight(g *Graph) *Node {
	v := s.variables.GetVariable("weight")
	if v == nil {
		exceptions.Panicf("t5: the store must hold %s/weight: load or initialise the model before building its graph",
			s.variables.Scope())
	}
	if s.change == nil {
		return v.NodeValue(g)
	}
	name := strings.ReplaceAll(strings.TrimPrefix(v.Path(), scopePath+"/"), "/", ".")
	w := s.change(name, v.NodeValue(g))
	if !w.Shape().EqualDimensions(v.Shape()) {
		exceptions.Panicf("t5: a changed weight must keep its shape: %s is %s, found %s", name, v.Shape(), w.Shape())
	}
	return w
}

// dtype returns the type in which the model holds the weight.
func (s Scope) dtype(g *Graph) dtypes.DType { return Scope{variables: s.variables}.weight(g).DType() }

// float32Weight returns the weight in float32, as norms and biases need it.
func (s Scope) float32Weight(g *Graph) *Node { return ConvertDType(s.weight(g), dtypes.Float32) }
