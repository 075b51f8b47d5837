// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// PT is vanilla prompt tuning (Lester et al. 2021): P [c, e] is trained itself, c·e parameters.
type PT struct {
	Length int        `json:"length"` // c; the paper's is 100
	Start  Vocabulary `json:"start"`
}

var _ = Register(PT{Length: 100, Start: Frequent})

// Name implements [Method].
func (PT) Name() string { return "PT" }

// Vectors implements [Method].
func (p PT) Vectors() int { return p.Length }

// WithLength implements [Resizable].
func (p PT) WithLength(c int) Method { p.Length = c; return p }

// Parameters implements [Counter].
func (p PT) Parameters(c t5.Config) int { return p.Length * c.DModel }

// Init implements [Method]; its variable is P.
func (p PT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	prompt, err := p.Start.Variable(b, p.Length, random)
	return []Variable{prompt}, err
}

// Prompt implements [Method].
func (PT) Prompt(v Variables) *Node { return v("P") }
