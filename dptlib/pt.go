// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// PT is vanilla prompt tuning (Lester et al. 2021): P [c, e] is trained itself, c·e parameters.
type PT struct {
	Length int        `json:"length"` // c; the paper's is 100
	Start  Vocabulary `json:"start"`
}

// Vocabulary is which of the model's token embeddings a prompt starts as.
type Vocabulary string

const (
	// Frequent draws without replacement from the first 5,000 ids, which SentencePiece sorts by frequency; with
	// replacement where the prompt is longer. It is the rule of the method's own release.
	Frequent Vocabulary = "frequent"
	// AllRows draws with replacement from every row of the embedding table, as Residual PT's release does: also special
	// tokens, sentinels and rows that no token has.
	AllRows Vocabulary = "all-rows"
	// NoWords draws no tokens: each element is normal with the variance of [Gaussian], 1/12.
	NoWords Vocabulary = "gaussian"
)

// frequentIDs is how many ids Frequent draws from.
const frequentIDs = 5000

// Name implements [Method].
func (PT) Name() string { return "PT" }

// Vectors implements [Method].
func (p PT) Vectors() int { return p.Length }

// Init implements [Method]; its variable is P.
func (p PT) Init(scope *model.Scope, m *t5.Model, random *rand.Rand) error {
	return p.Start.create(scope, m, p.Length, random)
}

// Prompt implements [Method].
func (PT) Prompt(scope *model.Scope, g *Graph) *Node { return scope.GetVariable("P").NodeValue(g) }

// create makes the variable P [c, e].
func (v Vocabulary) create(scope *model.Scope, m *t5.Model, c int, random *rand.Rand) error {
	if c < 1 {
		return fmt.Errorf("a prompt needs a length of at least 1, found %d", c)
	}
	values, err := v.draw(m, c, random)
	if err != nil {
		return err
	}
	_, err = scope.CreateVariable("P", tensors.FromFlatDataAndDimensions(values, c, m.DModel))
	return err
}

func (v Vocabulary) draw(m *t5.Model, c int, random *rand.Rand) ([]float32, error) {
	ids := make([]int32, c)
	switch frequent := min(frequentIDs, m.VocabSize); {
	case v == NoWords:
		return Gaussian.draw(random, c*m.DModel)
	case v == AllRows:
		frequent = m.VocabSize
		fallthrough
	case v == Frequent && c > frequent:
		for i := range ids {
			ids[i] = random.Int32N(int32(frequent))
		}
	case v == Frequent:
		for i, id := range random.Perm(frequent)[:c] {
			ids[i] = int32(id)
		}
	default:
		return nil, fmt.Errorf("a prompt starts from the vocabulary as one of %q, found %q", []Vocabulary{Frequent, AllRows, NoWords}, v)
	}
	return m.Embeddings(slices.Clip(ids))
}
