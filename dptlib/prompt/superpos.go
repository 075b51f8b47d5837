// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// SuperPos makes each vector of the prompt a superposition of the same m tokens' embeddings (Ali Sadraei Javaheri et
// al. 2024, arXiv 2406.05279): P = W·(E + D), with trained W [c, m], frozen embeddings E [m, e] and, if there is one, a
// trained offset D [m, e] that starts at 0: c·m + m·e parameters, or c·m without it.
//
// The paper tunes T5 v1.1 small and base, LM-adapted, and gives weight decay to D. Its second finding is that dropout
// in the frozen model does harm. The unknown parts of its recipe are chosen here: m = 128, tokens drawn as [Frequent]
// does, and a W that is normal with variance 1/m, so that P's vectors start about as long as embeddings are.
type SuperPos struct {
	Length int  `json:"length"` // c
	Tokens int  `json:"tokens"` // m
	Offset bool `json:"offset"` // whether there is a D
}

var _ = Register(SuperPos{Length: 100, Tokens: 128, Offset: true})

// Name implements [Method].
func (SuperPos) Name() string { return "SuperPos" }

// Vectors implements [Method].
func (s SuperPos) Vectors() int { return s.Length }

// WithLength implements [Resizable].
func (s SuperPos) WithLength(c int) Method { s.Length = c; return s }

// Parameters implements [Counter].
func (s SuperPos) Parameters(c t5.Config) int {
	if s.Offset {
		return s.Tokens * (s.Length + c.DModel)
	}
	return s.Tokens * s.Length
}

// Init implements [Method]; its variables are W, E and, if there is an offset, D.
func (s SuperPos) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if s.Length < 1 || s.Tokens < 1 {
		return nil, fmt.Errorf("SuperPos needs a length and a number of tokens of at least 1, found %d and %d",
			s.Length, s.Tokens)
	}
	w := normal("W", random, 1/math.Sqrt(float64(s.Tokens)), s.Length, s.Tokens)
	if w.err != nil {
		return nil, w.err
	}
	embeddings, err := VocabularyRows.Variable(b, 1, s.Tokens, random)
	if err != nil {
		return nil, err
	}
	embeddings.Name, embeddings.Frozen = "E", true
	list := []Variable{w, embeddings}
	if s.Offset {
		list = append(list, constant("D", 0, s.Tokens, b.DModel))
	}
	return list, nil
}

// Prompt implements [Method].
func (s SuperPos) Prompt(v Variables) *Node {
	basis := v("E") // [m, e]
	if s.Offset {
		basis = Add(basis, v("D"))
	}
	return Dot(v("W"), basis).MatMul() // [c, e]
}
