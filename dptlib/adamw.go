// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"math"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// AdamW is Adam with decoupled weight decay as PyTorch defines it (Loshchilov and Hutter 2019, algorithm 2), behind
// clipping of the gradients' global norm. GoMLX's own Adam has neither the clipping nor a bias correction in float64.
type AdamW struct {
	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	Epsilon     float64 `json:"epsilon"`      // outside the square root
	WeightDecay float64 `json:"weight_decay"` // each update first shrinks the parameter by the learning rate times this
	ClipNorm    float64 `json:"clip_norm"`    // gradients with a greater global L2 norm are scaled down to it; 0 never clips
}

// PaperAdamW is the released code's optimizer.
var PaperAdamW = AdamW{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 1e-5, ClipNorm: 1}

// Rates are what changes from one update to the next, as the graph's input: the learning rate and the two bias
// corrections 1/(1-beta1^t) and 1/(1-beta2^t), t counted from 1, computed in float64.
func (o AdamW) Rates(learningRate float64, t int) *tensors.Tensor {
	correction := func(beta float64) float32 { return float32(1 / (1 - math.Pow(beta, float64(t)))) }
	return tensors.FromValue([]float32{float32(learningRate), correction(o.Beta1), correction(o.Beta2)})
}

// Update sets the parameters, all float32, to their values after one step along gradients, and returns the gradients'
// global norm before clipping, a scalar. The moments are variables of scope.
func (o AdamW) Update(scope *model.Scope, parameters []*model.Variable, gradients []*Node, rates *Node) *Node {
	var sum *Node
	for _, g := range gradients {
		square := ReduceAllSum(Square(g))
		if sum == nil {
			sum = square
		} else {
			sum = Add(sum, square)
		}
	}
	norm := Sqrt(sum)
	clip := OnesLike(norm)
	if o.ClipNorm > 0 {
		clip = MinScalar(Div(Scalar(norm.Graph(), dtypes.Float32, o.ClipNorm), AddScalar(norm, 1e-6)), 1) // PyTorch's 1e-6
	}
	for i, p := range parameters {
		o.updateOne(scope.At("adamw").At("%s", momentsName(p)), p, Mul(gradients[i], clip), rates)
	}
	return norm
}

// momentsName is where a parameter's moments are: its path, with dots, since parameters of two layers share a name.
func momentsName(p *model.Variable) string {
	return strings.ReplaceAll(strings.Trim(p.Path(), "/"), "/", ".")
}

func (o AdamW) updateOne(scope *model.Scope, p *model.Variable, gradient, rates *Node) {
	g := gradient.Graph()
	rate := func(i int) *Node { return Squeeze(Slice(rates, AxisElem(i)), 0) }
	moment := func(name string) *model.Variable {
		v := scope.WithInitializer(initializer.Zero).VariableWithShape(name, shapes.Make(dtypes.Float32, p.Shape().Dimensions...))
		v.SetTrainable(false)
		return v
	}
	average := func(v *model.Variable, beta float64, value *Node) *Node {
		next := Add(MulScalar(v.NodeValue(g), beta), MulScalar(value, 1-beta))
		v.SetNodeValue(next)
		return next
	}
	first := Mul(average(moment("first"), o.Beta1, gradient), rate(1))
	second := Mul(average(moment("second"), o.Beta2, Square(gradient)), rate(2))
	step := Div(first, AddScalar(Sqrt(second), o.Epsilon))

	value := p.NodeValue(g)
	decayed := Sub(value, Mul(value, MulScalar(rate(0), o.WeightDecay)))
	p.SetNodeValue(Sub(decayed, Mul(step, rate(0))))
}
