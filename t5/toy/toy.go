// SPDX-License-Identifier: Apache-2.0

// Package toy holds a vocabulary and a T5 that are small enough to be part of the program, so that the main job runs where
// no weights are at hand. What they score says nothing of the paper's models: toy results are labelled toy wherever they
// are shown.
package toy

import (
	_ "embed"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/t5"
	"dpt/t5/tokenizer"
)

// The vocabulary has 2,200 pieces; vocabulary.py made it.
//
//go:embed spiece.model
var spiece []byte

// Tokenizer is the toy models' SentencePiece Unigram tokenizer, with 100 sentinels.
func Tokenizer() (*tokenizer.Tokenizer, error) { return tokenizer.Parse(spiece) }

// config is a T5 v1.0 of width 64 with two layers on each side.
var config = func() t5.Config {
	c := t5.Small
	c.VocabSize, c.DModel, c.DKV, c.DFF, c.Layers, c.DecoderLayers, c.Heads = 2304, 64, 16, 256, 2, 2, 4
	return c
}()

// Untrained is a T5 v1.0 for [Tokenizer] with T5's random initialisation.
func Untrained(backend compute.Backend, seed uint64) (*t5.Model, error) {
	return t5.Random(backend, config, dtypes.Float32, seed)
}
