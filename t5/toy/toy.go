// SPDX-License-Identifier: Apache-2.0

// Package toy holds a vocabulary and three T5s that are small enough to be part of the program, so that the main job
// runs without other weights. Their scores say nothing about the paper's models, so toy results are always labelled
// toy. README.md tells how they were made, what they know, and what they do not.
package toy

import (
	"embed"
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/t5"
	"dpt/t5/tokenizer"
)

// The vocabulary has 1,500 pieces; vocabulary.py made it.
//
//go:embed spiece.model
var spiece []byte

// Vocabulary is the content of spiece.model.
func Vocabulary() []byte { return spiece }

// Tokenizer is the toy models' SentencePiece Unigram tokenizer, with 100 sentinels.
func Tokenizer() (*tokenizer.Tokenizer, error) { return tokenizer.Parse(spiece) }

// Names are the names of the toy models, from the smallest.
var Names = []string{"toy-s", "toy-b", "toy-l"}

var configs = map[string]t5.Config{"toy-s": size(32, 2, 1), "toy-b": size(48, 2, 2), "toy-l": size(64, 2, 2)}

// size is a T5 v1.0 of a width, with heads of width 16, and these numbers of layers in encoder and decoder.
func size(width, layers, decoderLayers int) t5.Config {
	c := t5.Small
	c.VocabSize, c.DModel, c.DKV, c.DFF, c.Heads = 1600, width, 16, 4*width, width/16
	c.Layers, c.DecoderLayers = layers, decoderLayers
	return c
}

// Config returns the architecture of a toy model.
func Config(name string) (t5.Config, error) {
	c, ok := configs[strings.TrimSuffix(name, Unscaled)]
	if !ok {
		return c, fmt.Errorf("a toy model is one of %s, or one of these and %q, found %q", strings.Join(Names, ", "),
			Unscaled, name)
	}
	return c, nil
}

// The models as dpt pretrain made them, in folders of their names.
//
//go:embed toy-s/*.json toy-s/*.safetensors toy-b/*.json toy-b/*.safetensors toy-l/*.json toy-l/*.safetensors
var files embed.FS

// Load returns a toy model with its weights held in dtype, Float32 or BFloat16.
func Load(backend compute.Backend, name string, dtype dtypes.DType) (*t5.Model, error) {
	if _, err := Config(name); err != nil {
		return nil, err
	}
	if scaled, ok := strings.CutSuffix(name, Unscaled); ok {
		return loadUnscaled(backend, scaled, dtype)
	}
	config, err := files.ReadFile(name + "/config.json")
	if err != nil {
		return nil, err
	}
	weights, err := files.ReadFile(name + "/model.safetensors")
	if err != nil {
		return nil, err
	}
	return t5.Parse(backend, config, weights, dtype)
}

// Record is a toy model's recipe.json: its fingerprint, size and how it was made.
func Record(name string) ([]byte, error) { return files.ReadFile(name + "/recipe.json") }

// Untrained is a T5 v1.0 for [Tokenizer] with T5's random initialisation.
func Untrained(backend compute.Backend, seed uint64) (*t5.Model, error) {
	return t5.Random(backend, size(64, 2, 2), dtypes.Float32, seed)
}
