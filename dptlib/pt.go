// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
	"dpt/t5/tokenizer"
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

// TextStart starts a prompt as the tokens of a text, over and over until it is full. In JSON it is "text:" and the text.
func TextStart(text string) Vocabulary { return Vocabulary(textPrefix + text) }

const textPrefix, tokensPrefix = "text:", "tokens:"

// tokenised is the start with the tokens of its text, if that is what it is.
func (v Vocabulary) tokenised(tok *tokenizer.Tokenizer) Vocabulary {
	text, ok := strings.CutPrefix(string(v), textPrefix)
	if !ok {
		return v
	}
	ids := tok.Encode(text)
	return Vocabulary(tokensPrefix + strings.Trim(fmt.Sprint(ids[:len(ids)-1]), "[]")) // without </s>
}

// spelled is a method whose start can be a text.
type spelled interface {
	tokenised(tok *tokenizer.Tokenizer) Method
}

func (p PT) tokenised(tok *tokenizer.Tokenizer) Method {
	p.Start = p.Start.tokenised(tok)
	return p
}

func (r ResidualPT) tokenised(tok *tokenizer.Tokenizer) Method {
	r.Start = r.Start.tokenised(tok)
	return r
}

// frequentIDs is how many ids Frequent draws from.
const frequentIDs = 5000

// Name implements [Method].
func (PT) Name() string { return "PT" }

// Vectors implements [Method].
func (p PT) Vectors() int { return p.Length }

// Init implements [Method]; its variable is P.
func (p PT) Init(m *t5.Model, random *rand.Rand) ([]Initial, error) {
	prompt, err := p.Start.prompt(m, p.Length, random)
	return []Initial{prompt}, err
}

// Prompt implements [Method].
func (PT) Prompt(scope *model.Scope, g *Graph) *Node { return scope.GetVariable("P").NodeValue(g) }

// prompt draws the variable P [c, e].
func (v Vocabulary) prompt(m *t5.Model, c int, random *rand.Rand) (Initial, error) {
	if c < 1 {
		return Initial{}, fmt.Errorf("a prompt needs a length of at least 1, found %d", c)
	}
	values, err := v.draw(m, c, random)
	if err != nil {
		return Initial{}, err
	}
	return Initial{"P", tensors.FromFlatDataAndDimensions(values, c, m.DModel)}, nil
}

func (v Vocabulary) draw(m *t5.Model, c int, random *rand.Rand) ([]float32, error) {
	ids := make([]int32, c)
	list, text := strings.CutPrefix(string(v), tokensPrefix)
	switch frequent := min(frequentIDs, m.VocabSize); {
	case text:
		words := strings.Fields(list)
		for i := range ids {
			if len(words) == 0 {
				return nil, errors.New("a prompt that starts as a text needs one of a token at least, found none")
			}
			if _, err := fmt.Sscan(words[i%len(words)], &ids[i]); err != nil {
				return nil, err
			}
		}
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
		return nil, fmt.Errorf("a prompt starts from the vocabulary as one of %q or %q with a text behind it, found %q", []Vocabulary{Frequent, AllRows, NoWords}, textPrefix, v)
	}
	return m.Embeddings(slices.Clip(ids))
}
