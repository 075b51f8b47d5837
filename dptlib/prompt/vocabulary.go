// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
)

// Vocabulary names the token embeddings of the backbone that a prompt starts as.
type Vocabulary string

const (
	// Frequent draws without replacement from the first 5,000 ids, which SentencePiece sorts by frequency, or of a
	// vocabulary smaller than T5's from the same share of it; with replacement where the prompt is longer. It is the
	// rule of the method's own release.
	Frequent Vocabulary = "frequent"
	// AllRows draws with replacement from every row of the embedding table, as Residual PT's release does: also special
	// tokens, sentinels and rows that no token has.
	AllRows Vocabulary = "all-rows"
	// NoWords draws no tokens: each element is normal with the variance of [Gaussian], 1/12.
	NoWords Vocabulary = "gaussian"
)

// NoWordsOf draws no tokens: each element is drawn from [GaussianOf] with the given standard deviation.
func NoWordsOf(sd float64) Vocabulary { return Vocabulary(GaussianOf(sd)) }

// TextStart starts a prompt as the tokens of a text, repeated until it is full. In JSON it is "text:" and the text.
func TextStart(text string) Vocabulary { return Vocabulary(textPrefix + text) }

const textPrefix = "text:"

// frequent returns how many ids Frequent draws from: 5,000 of T5's 32,128.
func frequent(vocabulary int) int {
	return max(1, min(5000, vocabulary*5000/t5.Small.VocabSize))
}

// Variable draws the variable P [c, e].
func (v Vocabulary) Variable(b Backbone, c int, random *rand.Rand) (Variable, error) {
	if c < 1 {
		return Variable{}, fmt.Errorf("a prompt needs a length of at least 1, found %d", c)
	}
	values, err := v.draw(b, c, random)
	if err != nil {
		return Variable{}, err
	}
	return Variable{Name: "P", Value: tensors.FromFlatDataAndDimensions(values, c, b.DModel)}, nil
}

// draw returns the elements of P, row after row.
func (v Vocabulary) draw(b Backbone, c int, random *rand.Rand) ([]float32, error) {
	n, err := elements("P", c, b.DModel)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, c)
	text, isText := strings.CutPrefix(string(v), textPrefix)
	switch frequent := frequent(b.VocabSize); {
	case isText:
		tokens, err := textTokens(b, text)
		if err != nil {
			return nil, err
		}
		for i := range ids {
			ids[i] = tokens[i%len(tokens)]
		}
	case v == NoWords || strings.HasPrefix(string(v), gaussianPrefix):
		return Distribution(v).draw(random, 1, n)
	case v == AllRows:
		frequent = b.VocabSize
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
		return nil, fmt.Errorf("a prompt must start from the vocabulary as one of %q, or as %q followed by a text, "+
			"found %q",
			[]Vocabulary{Frequent, AllRows, NoWords}, textPrefix, v)
	}
	return b.Embeddings(ids)
}

// textTokens returns the text's tokens without </s>, at least one.
func textTokens(b Backbone, text string) ([]int32, error) {
	if b.Vocabulary == nil {
		return nil, fmt.Errorf("a prompt that starts as the text %q needs a vocabulary, found none", text)
	}
	tokens := b.Vocabulary.Encode(text)
	if len(tokens) < 2 {
		return nil, fmt.Errorf("a prompt that starts as a text needs at least one token of it, found none in %q", text)
	}
	return tokens[:len(tokens)-1], nil
}
