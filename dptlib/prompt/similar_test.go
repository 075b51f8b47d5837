// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"slices"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// A prompt that starts as a text is nearest to the text's pieces, with cosine 1.
func TestNearest(t *testing.T) {
	b := cases.Backbone(t)
	ids := b.Vocabulary.Encode("is it true?")
	ids = ids[:len(ids)-1]
	p := captured(t, b, prompt.PT{Length: len(ids), Start: prompt.TextStart("is it true?")})
	nearest := cases.Must(p.Nearest(b, 3))
	for i, id := range ids {
		words := nearest[i]
		if len(words) != 3 || words[0].Piece != b.Vocabulary.Piece(id) || math.Abs(words[0].Cosine-1) > 1e-6 ||
			words[1].Cosine > words[0].Cosine {
			t.Errorf("vector %d is piece %q, found near %v", i, b.Vocabulary.Piece(id), words)
		}
	}
}

// The order of vectors and their lengths make no difference to the similarity; independent prompts have little.
func TestSimilarity(t *testing.T) {
	p := captured(t, cases.Backbone(t), prompt.PT{Length: 20, Start: prompt.NoWords})
	e := p.Width
	reversed := slices.Clone(p.Elements())
	for i := range 20 {
		for j := range e {
			reversed[i*e+j] = 3 * p.Elements()[(19-i)*e+j]
		}
	}
	if got := p.Similarity(ofElements(reversed, 20, e)); !(math.Abs(got-1) <= 1e-6) {
		t.Errorf("the same vectors in another order are similar by %v, want 1", got)
	}
	// elements move from place to place: all angles are random
	shifted := slices.Concat(p.Elements()[7:], p.Elements()[:7])
	want := math.Sqrt(2 * math.Log(20) / float64(e))
	if got := p.Similarity(ofElements(shifted, 20, e)); !(math.Abs(got-want) <= 0.3*want) {
		t.Errorf("independent prompts are similar by %v, want about %v", got, want)
	}
	if got := p.Similarity(ofElements(reversed, 10, 2*e)); !math.IsNaN(got) {
		t.Errorf("prompts of other widths are similar by %v", got)
	}
}
