// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/fetch"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/superglue/lookalike"
	"dpt/t5"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// Library opens models and data by name, for commands, figures and notebooks alike. It keeps the last model open, and
// the datasets of its vocabulary.
//
// A model is a folder as HuggingFace stores it (config.json, model.safetensors or its shards, and spiece.model or
// tokenizer.json), the name of one that was fetched ([fetch.FindModel]), or one of [toy.Names], where "toy" stands for
// the last, or one of these and [toy.Unscaled]. Data is a folder with SuperGLUE's files, <Task>/train.jsonl and
// val.jsonl, or "" or "fetched" for the data that was fetched, or "toy" or "toy:SEED" for the look-alikes of package
// superglue/lookalike.
type Library struct {
	Backend compute.Backend
	Note    func(note string) // gets each of the Notes of models that are opened, once; may be nil

	noted        []string // what Note was given
	opened       ModelRef
	model        *Model
	datasets     map[datasetKey]*train.Dataset
	outlined     map[string]sizes    // see [Library.sizes]
	fingerprints map[ModelRef]string // of the models that were opened
	checked      map[string]error    // see [Library.check]
}

// datasetKey identifies an open dataset.
type datasetKey struct {
	vocabulary string // fingerprint
	data       string
	Text
	split string // of the rows that count as the development split, if it is another
}

// ModelRef says which model to open.
type ModelRef struct {
	Name       string
	Revision   string // branch, tag or commit of a fetched model; "" is main
	Vocabulary string // file or folder of a vocabulary that is not in the model's folder; "" if it is
	Precision  string // of the weights: "" or "float32", or "bfloat16"
}

// Model is an open model with its vocabulary.
type Model struct {
	prompt.Backbone
	Toy   bool     // its scores are not comparable to T5's
	Notes []string // what a user should know about its files
}

// Model opens a model.
func (l *Library) Model(ref ModelRef) (*Model, error) {
	if ref.Precision == "float32" {
		ref.Precision = ""
	}
	if l.model != nil && l.opened == ref {
		return l.model, nil
	}
	m, err := l.open(ref)
	if err != nil {
		return nil, err
	}
	l.opened, l.model = ref, m
	for _, note := range m.Notes {
		if l.Note != nil && !slices.Contains(l.noted, note) {
			l.noted = append(l.noted, note)
			l.Note(note)
		}
	}
	vocabulary := m.Vocabulary.Fingerprint()
	maps.DeleteFunc(l.datasets, func(key datasetKey, _ *train.Dataset) bool { return key.vocabulary != vocabulary })
	return m, nil
}

func (l *Library) open(ref ModelRef) (*Model, error) {
	dtype := dtypes.Float32
	switch ref.Precision {
	case "":
	case "bfloat16":
		dtype = dtypes.BFloat16
	default:
		return nil, fmt.Errorf(`a model's precision must be "float32" or "bfloat16", found %q`, ref.Precision)
	}
	if name, ok := toyModel(ref.Name); ok {
		if ref.Revision != "" || ref.Vocabulary != "" {
			return nil, fmt.Errorf("%s has one revision and a vocabulary of its own: neither can be named, found %q "+
				"and %q", name, ref.Revision, ref.Vocabulary)
		}
		vocabulary, err := toy.Tokenizer()
		if err != nil {
			return nil, err
		}
		m, err := toy.Load(l.Backend, name, dtype)
		return &Model{Backbone: prompt.Backbone{Model: m, Vocabulary: vocabulary}, Toy: true}, err
	}
	dir, err := fetch.FindModel(ref.Name, ref.Revision)
	if err != nil {
		return nil, err
	}
	from := cmp.Or(ref.Vocabulary, dir)
	vocabulary, err := tokenizer.Load(from)
	if err != nil {
		return nil, err
	}
	m, err := t5.Load(l.Backend, dir, dtype)
	if err != nil {
		return nil, err
	}
	opened := &Model{Backbone: prompt.Backbone{Model: m, Vocabulary: vocabulary}}
	if err := opened.CheckVocabulary(); err != nil {
		return nil, fmt.Errorf("%s with the vocabulary in %s: %w", dir, from, err)
	}
	if vocabulary.Note != "" {
		opened.Notes = append(opened.Notes, fmt.Sprintf("%s: %s", from, vocabulary.Note))
	}
	if len(m.Unknown) > 0 {
		opened.Notes = append(opened.Notes, fmt.Sprintf("%s: tensors that T5 has no use for: %v", ref.Name, m.Unknown))
	}
	own, err := toy.Tokenizer()
	opened.Toy = err == nil && vocabulary.Fingerprint() == own.Fingerprint() // pre-trained on the toys' texts
	return opened, err
}

// toyModel returns the embedded model of that name.
func toyModel(name string) (string, bool) {
	if name == "toy" {
		name = toy.Names[len(toy.Names)-1]
	}
	_, err := toy.Config(name)
	return name, err == nil
}

// Dataset opens a task's data with the open model's vocabulary.
func (l *Library) Dataset(data string, t Text) (*train.Dataset, error) {
	if l.model == nil {
		return nil, fmt.Errorf("a model must be opened before data, whose tokens are those of its vocabulary")
	}
	return l.dataset(l.model.Vocabulary, data, t)
}

// dataset opens a task's data with a vocabulary.
func (l *Library) dataset(vocabulary *tokenizer.Tokenizer, data string, t Text) (*train.Dataset, error) {
	task, err := superglue.Lookup(t.Task)
	if err != nil {
		return nil, err
	}
	t.Task = task.Name
	key := datasetKey{vocabulary.Fingerprint(), data, t, ""}
	if d, ok := l.datasets[key]; ok {
		return d, nil
	}
	rows := map[string][]superglue.Example{}
	for _, split := range []string{"train", "val"} {
		if rows[split], err = OpenSplit(data, task, split); err != nil {
			return nil, err
		}
	}
	d, err := train.NewDataset(task, t.Format, rows["train"], rows["val"], vocabulary, t.MaxSource)
	if err != nil {
		return nil, err
	}
	if l.datasets == nil {
		l.datasets = map[datasetKey]*train.Dataset{}
	}
	l.datasets[key] = d
	return d, nil
}

// OpenSplit reads a split of a task's data: "train", "val" or "test".
func OpenSplit(data string, task superglue.Task, split string) ([]superglue.Example, error) {
	if seed, ok := toySeed(data); ok {
		return lookalike.Split(task.Name, split, seed)
	}
	if data == "" || data == "fetched" {
		var err error
		if data, err = fetch.FindSuperGLUE(task); err != nil {
			return nil, err
		}
	}
	return task.ReadSplit(data, split)
}

// ToyData reports whether data of that name are look-alikes, whose scores are not comparable to SuperGLUE's.
func ToyData(data string) bool {
	_, ok := toySeed(data)
	return ok
}

// toySeed returns the seed of "toy", which is 1, or of "toy:SEED".
func toySeed(data string) (seed uint64, ok bool) {
	if data == "toy" {
		return 1, true
	}
	text, ok := strings.CutPrefix(data, "toy:")
	seed, err := strconv.ParseUint(text, 10, 64)
	return seed, ok && err == nil
}

// Job returns an experiment's run.
func (l *Library) Job(e Experiment) (*Job, error) {
	m, err := l.Model(ModelRef{Name: e.Model, Precision: e.Precision})
	if err != nil {
		return nil, err
	}
	data, err := l.Dataset(e.Data, e.Text)
	if err != nil {
		return nil, err
	}
	var start *prompt.Trained
	if e.Init != "" {
		if start, err = prompt.Load(e.Init); err != nil {
			return nil, err
		}
	}
	settings := e.Settings
	settings.Rescore = Rescore{}
	job, err := NewJob(m.Model, data, settings, start)
	if err != nil {
		return nil, err
	}
	return l.asked(job, e, data, m.Vocabulary)
}

// asked returns the run that an experiment asks for: job, which has its other settings, or one that scores job's
// prompt.
func (l *Library) asked(job *Job, e Experiment, data *train.Dataset, vocabulary *tokenizer.Tokenizer) (*Job, error) {
	rescore := e.Rescore
	e.Rescore = Rescore{}
	if job.Experiment = e; rescore == (Rescore{}) {
		return job, nil
	}
	if rescore.Split == "" {
		data = job.Data
	} else {
		key := datasetKey{vocabulary.Fingerprint(), e.Data, e.Text, rescore.Split}
		if l.datasets[key] == nil {
			rows, err := OpenSplit(e.Data, data.Task, rescore.Split)
			if err != nil {
				return nil, err
			}
			l.datasets[key] = data.WithDev(rows)
		}
		data = l.datasets[key]
	}
	return NewRescore(job, rescore, data)
}
