// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Dropout zeroes activations at random, where T5 does: on the embedded input and each stack's output, on attention
// weights, inside the feed-forward network and on every sub-layer's output. A nil Dropout leaves all as it is.
type Dropout struct {
	rate  float64
	state *Node
}

// NewDropout draws from the random state (shape [RNGStateShape]); it returns nil, which drops nothing, at rate 0.
func NewDropout(rate float64, state *Node) *Dropout {
	if rate == 0 {
		return nil
	}
	return &Dropout{rate, state}
}

// apply keeps each element of x with probability 1-rate and divides it by that.
func (d *Dropout) apply(x *Node) *Node {
	if d == nil {
		return x
	}
	var uniform *Node
	d.state, uniform = RandomUniform(d.state, shapes.Make(dtypes.Float32, x.Shape().Dimensions...))
	keep := GreaterOrEqual(uniform, Scalar(x.Graph(), dtypes.Float32, d.rate))
	return Where(keep, DivScalar(x, 1-d.rate), ZerosLike(x))
}
