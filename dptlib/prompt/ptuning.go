// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"dpt/t5"
)

// PTuning is P-tuning (Liu et al. 2021) with a perceptron of three layers, as HuggingFace PEFT has it:
// P = W3·ReLU(W2·ReLU(W1·E + b1) + b2) + b3, one network for all vectors of E [c, e]. With n hidden units it trains
// c·e + (e·n + n) + (n² + n) + (n·e + e) parameters. Once it is trained, P is all that is left of it.
//
// P-tuning's own release has a bidirectional LSTM before the perceptron, and on SuperGLUE it tunes the language model
// too. PEFT's examples have learning rates from 1e-3 to 3e-3 with AdamW, and c = 20.
type PTuning struct {
	Length int `json:"length"`           // c
	Hidden int `json:"hidden,omitempty"` // n; 0 is the model's width, as in PEFT
}

var _ = Register(PTuning{Length: 20})

// Name implements [Method].
func (PTuning) Name() string { return "P-tuning" }

// Vectors implements [Method].
func (p PTuning) Vectors() int { return p.Length }

// WithLength implements [Resizable].
func (p PTuning) WithLength(c int) Method { p.Length = c; return p }

// LearningRate implements [RateChooser]: the prompts' 0.3 destroys the network.
func (PTuning) LearningRate() float64 { return 1e-3 }

// Parameters implements [Counter].
func (p PTuning) Parameters(c t5.Config) int {
	e, n := c.DModel, cmp.Or(p.Hidden, c.DModel)
	return p.Length*e + (e*n + n) + (n*n + n) + (n*e + e)
}

// Init implements [Method]; its variables are E, standard normal, W1 [n, e], b1 [n], W2 [n, n], b2 [n], W3 [e, n] and
// b3 [e].
func (p PTuning) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if p.Length < 1 || p.Hidden < 0 {
		return nil, fmt.Errorf("the network of P-tuning needs a length of at least 1 and no negative number of "+
			"hidden units, found %d and %d", p.Length, p.Hidden)
	}
	e, n := b.DModel, cmp.Or(p.Hidden, b.DModel)
	list := []Variable{normal("E", random, 1, p.Length, e)}
	for i, size := range [][2]int{{n, e}, {n, n}, {e, n}} {
		list = append(list, linear(fmt.Sprint("W", i+1), fmt.Sprint("b", i+1), random, size[0], size[1])...)
	}
	return list, nil
}

// Prompt implements [Method].
func (PTuning) Prompt(v Variables) *Node {
	x := activation.Relu(affine(v("E"), v("W1"), v("b1"))) // [c, n]
	x = activation.Relu(affine(x, v("W2"), v("b2")))       // [c, n]
	return affine(x, v("W3"), v("b3"))                     // [c, e]
}
