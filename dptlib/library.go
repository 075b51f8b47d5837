// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/fetch"
	"dpt/superglue"
	"dpt/superglue/lookalike"
	"dpt/t5"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// Library opens models and data by name. It keeps the last model and its datasets open.
//
// A model is a folder as HuggingFace stores it (config.json, model.safetensors or its shards, and spiece.model or
// tokenizer.json), the name of one that was fetched ([fetch.FindModel]), or one of [toy.Names], of which
// "toy" is the last. Data is a folder with SuperGLUE's files, <Task>/train.jsonl and val.jsonl, or "" for what was fetched,
// or "toy" or "toy:SEED" for the look-alikes of package superglue/lookalike.
type Library struct {
	Backend compute.Backend

	name     [2]string // of the open model: name and precision
	model    *t5.Model
	tok      *tokenizer.Tokenizer
	datasets map[string]*Dataset
}

// Model opens a model with its weights in float32 (precision "") or "bfloat16".
func (l *Library) Model(name, precision string) (*t5.Model, *tokenizer.Tokenizer, error) {
	if l.name == [2]string{name, precision} {
		return l.model, l.tok, nil
	}
	m, tok, err := l.open(name, precision)
	if err != nil {
		return nil, nil, err
	}
	l.name, l.model, l.tok, l.datasets = [2]string{name, precision}, m, tok, map[string]*Dataset{}
	return m, tok, nil
}

func (l *Library) open(name, precision string) (*t5.Model, *tokenizer.Tokenizer, error) {
	dtype := dtypes.Float32
	if precision == "bfloat16" {
		dtype = dtypes.BFloat16
	}
	if name == "toy" {
		name = "toy-l"
	}
	if slices.Contains(toy.Names, name) {
		tok, err := toy.Tokenizer()
		if err != nil {
			return nil, nil, err
		}
		m, err := toy.Load(l.Backend, name, dtype)
		return m, tok, err
	}
	dir, err := fetch.FindModel(name, "")
	if err != nil {
		return nil, nil, err
	}
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return nil, nil, err
	}
	m, err := t5.Load(l.Backend, dir, dtype)
	if err != nil {
		return nil, nil, err
	}
	if tok.Size() > m.VocabSize {
		return nil, nil, fmt.Errorf("%s has %d pieces, but the model's embedding table only %d rows: they belong to different models", name, tok.Size(), m.VocabSize)
	}
	return m, tok, nil
}

// Dataset opens a task's data with the open model's vocabulary.
func (l *Library) Dataset(data string, s Settings) (*Dataset, error) {
	key := datasetKey(data, s)
	if d, ok := l.datasets[key]; ok {
		return d, nil
	}
	task, err := superglue.Lookup(s.Task)
	if err != nil {
		return nil, err
	}
	d, err := OpenDataset(data, task, s.Format, l.tok, s.MaxSource)
	if err != nil {
		return nil, err
	}
	l.datasets[key] = d
	return d, nil
}

// OpenDataset opens a task's data by name: see [Library].
func OpenDataset(data string, task superglue.Task, format superglue.Format, tok *tokenizer.Tokenizer, maxSource int) (*Dataset, error) {
	if seed, ok := toySeed(data); ok {
		train, err := lookalike.Split(task.Name, "train", seed)
		if err != nil {
			return nil, err
		}
		dev, err := lookalike.Split(task.Name, "val", seed)
		if err != nil {
			return nil, err
		}
		return NewDataset(task, format, train, dev, tok, maxSource), nil
	}
	if data == "" {
		var err error
		if data, err = fetch.FindSuperGLUE(task); err != nil {
			return nil, err
		}
	}
	return LoadDataset(data, task, format, tok, maxSource)
}

// toySeed is the seed of "toy", which is 1, or of "toy:SEED".
func toySeed(data string) (seed uint64, ok bool) {
	if data == "toy" {
		return 1, true
	}
	text, ok := strings.CutPrefix(data, "toy:")
	seed, err := strconv.ParseUint(text, 10, 64)
	return seed, ok && err == nil
}

func datasetKey(data string, s Settings) string {
	return fmt.Sprintf("%s %s %s %d", s.Task, s.Format, data, s.MaxSource)
}

// Job is an experiment's run, and the model that it is on.
func (l *Library) Job(e Experiment) (*Job, *t5.Model, error) {
	m, _, err := l.Model(e.Model, e.Precision)
	if err != nil {
		return nil, nil, err
	}
	data, err := l.Dataset(e.Data, e.Settings)
	if err != nil {
		return nil, nil, err
	}
	job, err := NewJob(m, data, e.Settings)
	if err != nil {
		return nil, nil, err
	}
	job.Experiment = e
	return job, m, nil
}
