// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// SMoP is a sparse mixture of prompts (Choi et al. 2023): of k short prompts P_i [c, e] each row gets the one that a
// router finds most probable by the mean u of its text's embeddings, times its probability: P = q_i·P_i, i = argmax q,
// q = softmax(u·Wᵀ), with W [k, e]. It trains k·c·e + k·e parameters. In training each logit is multiplied by 1+ε, ε
// normal; W learns through q_i alone, and nothing makes the router use all prompts.
//
// The paper's best is k = 4 and c = 5. Its release trains with Adafactor at 0.5 for T5-base, 6 % of warm-up, linear
// decay, batches of 32, 50 epochs and a patience of 10, and selects on a tenth of the training split. The release has
// two bugs: it confuses a batch that has as many rows as the prompt has vectors with the prompt's transpose, and it
// fails on a batch of one row.
type SMoP struct {
	Length  int     `json:"length"`  // c
	Prompts int     `json:"prompts"` // k
	Noise   float64 `json:"noise"`   // standard deviation of ε; the release's is 1
}

var _ = Register(SMoP{Length: 5, Prompts: 4, Noise: 1})

// Name implements [Method].
func (SMoP) Name() string { return "SMoP" }

// Vectors implements [Method].
func (s SMoP) Vectors() int { return s.Length }

// WithLength implements [Resizable].
func (s SMoP) WithLength(c int) Method { s.Length = c; return s }

// Parameters implements [Counter].
func (s SMoP) Parameters(c t5.Config) int { return s.Prompts * (s.Length + 1) * c.DModel }

// Init implements [Method]; its variables are P [k, c, e], standard normal, and W, rows of length 1 at right angles.
func (s SMoP) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if s.Length < 1 || s.Prompts < 1 || s.Prompts > b.DModel || s.Noise < 0 {
		return nil, fmt.Errorf("SMoP needs a length of at least 1, 1 to %d prompts, and no negative noise, found %d, "+
			"%d and %g",
			b.DModel, s.Length, s.Prompts, s.Noise)
	}
	return []Variable{normal("P", random, 1, s.Prompts, s.Length, b.DModel),
		orthogonal("W", random, s.Prompts, b.DModel)}, nil
}

// Prompt implements [Method]: there is none for all rows.
func (SMoP) Prompt(Variables) *Node { return nil }

// Input implements [InputHook].
func (s SMoP) Input(v Variables, in Input) (embeddings, prompt *Node) {
	return in.Embeddings, mixed(s.route(v, in).gates(false), v("P")) // [n, c, e]
}

func (s SMoP) route(v Variables, in Input) routing { return route(in, v("W"), nil, s.Noise) }

// Choices implements [Router].
func (s SMoP) Choices() int { return s.Prompts }

// Choose implements [Router].
func (s SMoP) Choose(v Variables, in Input) *Node { return s.route(v, in).chosen }
