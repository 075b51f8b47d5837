// SPDX-License-Identifier: Apache-2.0

// Package toy holds a vocabulary and three T5s that are small enough to be part of the program, so that the main job runs
// where no weights are at hand. What they score says nothing of the paper's models: toy results are labelled toy wherever
// they are shown.
//
// dpt pretrain makes them (package dptlib/pretrain); recipe.json beside each has the recipe and the fingerprint that it led to,
// on one core of an AMD EPYC in 34 minutes (toy-l, once, beside other work) or less. They are not yet what they should be:
// their losses were still falling when the recipe ended. With a task's name and words for labels, as they were trained, they score on toy
// SuperGLUE's validation split of seed 1 (dpt untuned prints this; one pre-training seed):
//
//	       BoolQ    CB  COPA  MultiRC  ReCoRD   WiC   WSC   RTE
//	toy-s   54.0 100.0  50.0     35.9    42.2  92.4  48.5  54.9
//	toy-b   58.4 100.0  50.0     40.4    89.0  87.2  45.0  52.0
//	toy-l   73.2  58.5  65.5     48.4    99.8 100.0 100.0  67.9
//	most frequent label
//	        62.0  47.0  50.0     58.6       -  50.0  53.0  50.2
//
// Without the name, as prompts are tuned, no model writes a digit, and restricted to the labels all are near chance; but toy-l
// solves WSC (94.0) and ReCoRD (87.7) without tuning, which both formats of the released code hardly hide from it.
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

// Names are the toy models', from the smallest.
var Names = []string{"toy-s", "toy-b", "toy-l"}

var configs = map[string]t5.Config{"toy-s": size(32, 1, 1), "toy-b": size(48, 2, 1), "toy-l": size(64, 2, 2)}

// size is a T5 v1.0 of a width, with heads of width 16, and so many layers in encoder and decoder.
func size(width, layers, decoderLayers int) t5.Config {
	c := t5.Small
	c.VocabSize, c.DModel, c.DKV, c.DFF, c.Heads = 1600, width, 16, 4*width, width/16
	c.Layers, c.DecoderLayers = layers, decoderLayers
	return c
}

// Config is the architecture of a toy model.
func Config(name string) (t5.Config, error) {
	c, ok := configs[name]
	if !ok {
		return c, fmt.Errorf("a toy model is one of %s, found %q", strings.Join(Names, ", "), name)
	}
	return c, nil
}

// The models as dpt pretrain made them, in folders of their names.
//
//go:embed toy-s/*.json toy-s/*.safetensors toy-b/*.json toy-b/*.safetensors toy-l/*.json toy-l/*.safetensors
var files embed.FS

// Load is a toy model with its weights held in dtype, Float32 or BFloat16.
func Load(backend compute.Backend, name string, dtype dtypes.DType) (*t5.Model, error) {
	if _, err := Config(name); err != nil {
		return nil, err
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
