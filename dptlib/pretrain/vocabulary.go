// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/superglue/lookalike"
	"dpt/t5"
	"dpt/t5/tokenizer"
)

// vocabulary holds the pieces that occur in the mixture's texts, some 500 of the toy models' 1,600. Pre-training uses
// no others: steps are faster with a third of the vocabulary, and the rows of pieces that never occur do not drift away
// from the rest, as they would if the model learnt that these pieces are never right.
type vocabulary struct {
	tok    *tokenizer.Tokenizer
	pieces []int32         // of the tokenizer, ascending
	number map[int32]int32 // of a piece, among pieces
}

// textsForVocabulary is the number of texts from which the pieces are collected. The world is closed: they contain all
// of its pieces.
const textsForVocabulary = 60000

// newVocabulary collects the pieces of a seed's mixture. The first three, padding, </s> and <unk>, keep their numbers.
func newVocabulary(tok *tokenizer.Tokenizer, seed uint64) vocabulary {
	seen := map[int32]bool{0: true, 1: true, 2: true}
	stream := lookalike.NewStream(seed, 0)
	for i := range textsForVocabulary {
		text := stream.Next(float64(i) / textsForVocabulary)
		for _, piece := range slices.Concat(tok.Encode(text.Source), tok.Encode(text.Target)) {
			seen[piece] = true
		}
	}
	v := vocabulary{tok: tok, number: map[int32]int32{}}
	for piece := range int32(tok.Size()) {
		if seen[piece] {
			v.number[piece] = int32(len(v.pieces))
			v.pieces = append(v.pieces, piece)
		}
	}
	return v
}

// encode returns text as numbers of pieces, </s> last, at most n.
func (v vocabulary) encode(text string, n int) []int32 {
	ids := v.tok.EncodeMax(text, n)
	for i, piece := range ids {
		number, ok := v.number[piece]
		if !ok {
			number = 2 // <unk>
		}
		ids[i] = number
	}
	return ids
}

// widen returns the model with rows for all pieces of the architecture's vocabulary. A piece that was never seen gets
// the mean of the rows of two that were, drawn by the seed: it has the same scale, and the piece is never likelier than
// the likelier of the two.
func (v vocabulary) widen(backend compute.Backend, m *t5.Model, config t5.Config, seed uint64) (*t5.Model, error) {
	wide, err := t5.Random(backend, config, dtypes.Float32, seed)
	if err != nil {
		return nil, err
	}
	for _, w := range m.Weights() {
		value, err := m.CopyWeight(w)
		if err != nil {
			return nil, err
		}
		if w.Name == "shared.weight" {
			value = v.rows(value, config, seed)
		}
		if err := wide.Variable(w).SetValue(value); err != nil {
			return nil, err
		}
	}
	return wide, nil
}

// rows returns the embeddings [v, e] of all pieces.
func (v vocabulary) rows(seen *tensors.Tensor, config t5.Config, seed uint64) *tensors.Tensor {
	random := rand.New(rand.NewPCG(seed, 0))
	e := config.DModel
	rows := make([]float32, config.VocabSize*e)
	tensors.MustConstFlatData(seen, func(from []float32) {
		for piece := range config.VocabSize {
			a, b := random.IntN(len(v.pieces)), random.IntN(len(v.pieces))
			if number, ok := v.number[int32(piece)]; ok {
				a, b = int(number), int(number)
			}
			for i := range e {
				rows[piece*e+i] = (from[a*e+i] + from[b*e+i]) / 2
			}
		}
	})
	return tensors.FromFlatDataAndDimensions(rows, config.VocabSize, e)
}
