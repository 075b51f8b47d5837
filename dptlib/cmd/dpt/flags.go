// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib"
	"dpt/dptlib/fetch"
	"dpt/dptlib/pjrt"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// modelFlags say which T5 to load.
type modelFlags struct {
	Model     string `default:"toy-l" placeholder:"MODEL" help:"Folder of a T5 as HuggingFace stores it (config.json, model.safetensors or its shards, and spiece.model or tokenizer.json), or t5-small, t5-base, t5-large or ORG/NAME as fetched before (dpt fetch model), or one of those in this program: toy-s, toy-b or toy-l (also called toy)."`
	Revision  string `placeholder:"REV" help:"Branch, tag or commit of a fetched model; main if not given."`
	Vocab     string `type:"path" placeholder:"PATH" help:"Vocabulary file, or its folder, if it is not in the model's."`
	Precision string `enum:"float32,bfloat16" default:"float32" help:"Of the frozen weights: ${enum}. Prompts are float32 always."`
}

func (f *modelFlags) load(backend compute.Backend) (*t5.Model, *tokenizer.Tokenizer, error) {
	name := f.Model
	if name == "toy" {
		name = "toy-l"
	}
	if slices.Contains(toy.Names, name) {
		tok, err := toy.Tokenizer()
		if err != nil {
			return nil, nil, err
		}
		m, err := toy.Load(backend, name, dtype(f.Precision))
		return m, tok, err
	}
	dir, err := fetch.FindModel(f.Model, f.Revision)
	if err != nil {
		return nil, nil, err
	}
	vocabulary := cmp.Or(f.Vocab, dir)
	tok, err := tokenizer.Load(vocabulary)
	if err != nil {
		return nil, nil, err
	}
	m, err := t5.Load(backend, dir, dtype(f.Precision))
	if err != nil {
		return nil, nil, err
	}
	if len(m.Unknown) > 0 {
		fmt.Fprintf(os.Stderr, "dpt: %s: tensors that T5 has no use for: %v\n", f.Model, m.Unknown)
	}
	if tok.Size() > m.VocabSize {
		return nil, nil, fmt.Errorf("%s has %d pieces, but the model's embedding table only %d rows: they belong to different models", vocabulary, tok.Size(), m.VocabSize)
	}
	return m, tok, nil
}

func dtype(precision string) dtypes.DType {
	if precision == "bfloat16" {
		return dtypes.BFloat16
	}
	return dtypes.Float32
}

// dataFlags say which task to read, and how to write it as text.
type dataFlags struct {
	Task      string `required:"" help:"SuperGLUE task: boolq, cb, copa, multirc, record, wic, wsc or rte."`
	Data      string `default:"toy" placeholder:"DIR" env:"DPT_DATA" help:"Folder that holds <Task>/train.jsonl and <Task>/val.jsonl; or fetched, for what dpt fetch superglue fetched; or toy, for the look-alikes that this program makes; toy:SEED makes others."`
	Format    string `default:"dpt" help:"Text format: dpt (the released code's: no task name, digits as labels), dpt-oct (with the task name) or t5 (T5's own: task name, words); +words or +digits behind it sets the labels apart."`
	MaxSource int    `default:"256" help:"Source tokens kept, the last of them </s>; the prompt comes on top."`
}

func (f *dataFlags) load(tok *tokenizer.Tokenizer) (*dptlib.Dataset, error) {
	task, err := superglue.Lookup(f.Task)
	if err != nil {
		return nil, err
	}
	format, err := superglue.ParseFormat(f.Format)
	if err != nil {
		return nil, err
	}
	data := f.Data
	if data == "fetched" {
		data = ""
	}
	return dptlib.OpenDataset(data, task, format, tok, f.MaxSource)
}

// open makes the backend and says on standard error which one it is.
func open() (compute.Backend, error) {
	backend, err := pjrt.Backend()
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, pjrt.Describe())
	return backend, nil
}

// printJSON writes v as one line of JSON on standard output.
func printJSON(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }
