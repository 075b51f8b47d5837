// SPDX-License-Identifier: Apache-2.0

package train

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

// AdamW is Adam with decoupled weight decay as PyTorch defines it (Loshchilov and Hutter 2019, algorithm 2), after
// clipping of the gradients' global norm. GoMLX's own Adam has neither the clipping nor a bias correction in float64.
type AdamW struct {
	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	Epsilon     float64 `json:"epsilon"`      // outside the square root
	WeightDecay float64 `json:"weight_decay"` // each update first shrinks the parameter by the learning rate times this
	// gradients with a greater global L2 norm are scaled down to it; 0 never clips
	ClipNorm float64 `json:"clip_norm"`
}

// PaperAdamW is the released code's optimizer.
var PaperAdamW = AdamW{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 1e-5, ClipNorm: 1}

// Rates returns the numbers that change from one update to the next, as the graph's input [3]: the learning rate and
// the two bias corrections 1/(1-beta1^t) and 1/(1-beta2^t), t counted from 1, computed in float64.
func (o AdamW) Rates(learningRate float64, t int) *tensors.Tensor {
	return tensors.FromValue(o.rates(learningRate, t))
}

func (o AdamW) rates(learningRate float64, t int) []float32 {
	correction := func(beta float64) float32 { return float32(1 / (1 - math.Pow(beta, float64(t)))) }
	return []float32{float32(learningRate), correction(o.Beta1), correction(o.Beta2)}
}

// Trainable is a float32 variable to update, and the factor of the learning rate for it.
type Trainable struct {
	*model.Variable
	Rate float64
}

// Update sets the parameters to their values after one step along gradients, and returns the gradients' global norm
// before clipping, a scalar. The moments are variables of scope. If the norm or any new value is not finite, nothing
// changes, so that the last good state is kept, and the returned norm is NaN.
func (o AdamW) Update(scope *model.Scope, parameters []Trainable, gradients []*Node, rates *Node) *Node {
	var squares []*Node
	for _, g := range gradients {
		squares = append(squares, ReduceAllSum(Square(g)))
	}
	norm := Sqrt(ReduceAllSum(Stack(squares, 0)))
	clip := OnesLike(norm)
	if o.ClipNorm > 0 {
		// PyTorch's 1e-6
		clip = MinScalar(Div(Scalar(norm.Graph(), dtypes.Float32, o.ClipNorm), AddScalar(norm, 1e-6)), 1)
	}
	var changes []change
	finite := IsFinite(norm)
	for i, p := range parameters {
		of := o.step(MomentsScope(scope, p.Variable), p, Mul(gradients[i], clip), rates)
		finite = LogicalAnd(finite, LogicalAll(IsFinite(of[0].next)))
		changes = append(changes, of...)
	}
	for _, c := range changes {
		c.variable.SetNodeValue(Where(finite, c.next, c.variable.NodeValue(norm.Graph())))
	}
	return Where(finite, norm, Scalar(norm.Graph(), dtypes.Float32, math.NaN()))
}

// createMoments creates a parameter's moments, 0, below scope.
func createMoments(scope *model.Scope, p *model.Variable) error {
	for _, name := range []string{"first", "second"} {
		v, err := MomentsScope(scope, p).CreateVariable(name, tensors.FromShape(p.Shape()))
		if err != nil {
			return err
		}
		v.SetTrainable(false)
	}
	return nil
}

// momentsScope is the scope of an optimizer's state, below the parameters'.
const momentsScope = "adamw"

// change holds a variable's next value.
type change struct {
	variable *model.Variable
	next     *Node
}

// MomentsScope returns the scope, below its own, in which an optimizer such as [AdamW.Update] keeps a parameter's
// moments, "first" and "second".
func MomentsScope(scope *model.Scope, p *model.Variable) *model.Scope {
	return scope.At(momentsScope).At("%s", momentsName(p))
}

// momentsName names the scope of a parameter's moments: its path, with dots, since parameters of two layers share a
// name.
func momentsName(p *model.Variable) string {
	return strings.ReplaceAll(strings.Trim(p.Path(), "/"), "/", ".")
}

// step returns the next values of the parameter and of its two moments.
func (o AdamW) step(moments *model.Scope, p Trainable, gradient, rates *Node) []change {
	g := gradient.Graph()
	rate := func(i int) *Node { return Squeeze(Slice(rates, AxisElem(i)), 0) }
	average := func(name string, beta float64, value *Node) change {
		v := moments.WithInitializer(initializer.Zero).VariableWithShape(name,
			shapes.Make(dtypes.Float32, p.Shape().Dimensions...))
		v.SetTrainable(false)
		return change{v, Add(MulScalar(v.NodeValue(g), beta), MulScalar(value, 1-beta))}
	}
	first, second := average("first", o.Beta1, gradient), average("second", o.Beta2, Square(gradient))
	direction := Div(Mul(first.next, rate(1)), AddScalar(Sqrt(Mul(second.next, rate(2))), o.Epsilon))

	value, learning := p.NodeValue(g), rate(0)
	if p.Rate != 1 {
		learning = MulScalar(learning, p.Rate)
	}
	decayed := Sub(value, Mul(value, MulScalar(learning, o.WeightDecay)))
	return []change{{p.Variable, Sub(decayed, Mul(direction, learning))}, first, second}
}
