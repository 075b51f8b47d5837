// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"
	"github.com/gomlx/compute"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// modelFlags say which T5 to open.
type modelFlags struct {
	Model     string `default:"toy-l" placeholder:"MODEL" help:"Folder of a T5 as HuggingFace stores it (config.json, model.safetensors or its shards, and spiece.model or tokenizer.json), or t5-small, t5-base, t5-large or ORG/NAME as fetched before (dpt fetch model), or one of those in this program: toy-s, toy-b or toy-l (also called toy)."`
	Revision  string `placeholder:"REV" help:"Branch, tag or commit of a fetched model; main if not given."`
	Vocab     string `type:"path" placeholder:"PATH" help:"Vocabulary file, or its folder, if it is not in the model's."`
	Precision string `enum:"float32,bfloat16" default:"float32" help:"Of the frozen weights: ${enum}. Prompts are float32 always."`
}

// open opens the model.
func (f *modelFlags) open(l *runs.Library) (*runs.Model, error) {
	return l.Model(runs.ModelRef{Name: f.Model, Revision: f.Revision, Vocabulary: f.Vocab, Precision: f.Precision})
}

// dataFlags say which task to read, and how to write it as text.
type dataFlags struct {
	Task      string   `required:"" help:"SuperGLUE task: boolq, cb, copa, multirc, record, wic, wsc or rte."`
	Data      dataName `default:"toy" placeholder:"DIR" env:"DPT_DATA" help:"Folder that holds <Task>/train.jsonl and <Task>/val.jsonl; or fetched, for what dpt fetch superglue fetched; or toy, for the look-alikes that this program makes; toy:SEED makes others."`
	Format    string   `default:"dpt" help:"Text format: dpt (the released code's: no task name, digits as labels), dpt-oct (with the task name) or t5 (T5's own: task name, words); followed by +words or +digits for other labels."`
	MaxSource int      `default:"256" help:"Source tokens kept, the last of them </s>; the prompt comes on top."`
}

// dataName names data as [runs.OpenSplit] has it; a folder's name is made absolute.
type dataName string

// UnmarshalText reads the value of a flag or variable.
func (d *dataName) UnmarshalText(text []byte) error {
	*d = dataName(text)
	if *d == "" || *d == "fetched" || runs.ToyData(string(text)) {
		return nil
	}
	*d = dataName(kong.ExpandPath(string(text)))
	return nil
}

// open opens the data with the vocabulary of the library's model.
func (f *dataFlags) open(l *runs.Library) (*train.Dataset, error) {
	task, err := superglue.Lookup(f.Task)
	if err != nil {
		return nil, err
	}
	format, err := superglue.ParseFormat(f.Format)
	if err != nil {
		return nil, err
	}
	return l.Dataset(string(f.Data), runs.Text{Task: task.Name, Format: format, MaxSource: f.MaxSource})
}

// experiment returns what the flags ask for, as records name it.
func experiment(m modelFlags, d dataFlags, job *runs.Job, init string) runs.Experiment {
	e := runs.Experiment{Model: m.Model, Data: string(d.Data), Init: init, Text: job.Spec.Text,
		Settings: job.Spec.Settings}
	if m.Precision != "float32" {
		e.Precision = m.Precision
	}
	return e
}

// checkPrompt warns of a prompt that is used on another model or other texts than it was trained for.
func checkPrompt(p *prompt.Trained, m *runs.Model, t runs.Text, s streams) error {
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return err
	}
	if trained := p.Metadata["model"]; trained != "" && trained != fingerprint {
		fmt.Fprintf(s.progress, "dpt: the prompt was trained for another model (fingerprint %.12s, this one's is "+
			"%.12s)\n", trained, fingerprint)
	}
	for _, now := range []struct{ name, key, value string }{
		{"task", "task", t.Task},
		{"format", "text_format", t.Format.String()},
		{"max source", "max_source", strconv.Itoa(t.MaxSource)},
	} {
		if trained := p.Metadata[now.key]; trained != "" && trained != now.value {
			fmt.Fprintf(s.progress, "dpt: the prompt was trained with %s %s, not %s\n", now.name, trained, now.value)
		}
	}
	return nil
}

// openBackend makes the backend and says which one it is.
func openBackend(ctx context.Context, s streams) (compute.Backend, error) {
	backend, err := pjrt.BackendContext(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(s.progress, pjrt.Describe())
	return backend, nil
}

// openLibrary makes a library on the backend.
func openLibrary(ctx context.Context, s streams) (*runs.Library, error) {
	backend, err := openBackend(ctx, s)
	if err != nil {
		return nil, err
	}
	return newLibrary(backend, s), nil
}

// newLibrary makes a library that tells what a user should know of a model's files.
func newLibrary(backend compute.Backend, s streams) *runs.Library {
	return &runs.Library{Backend: backend, Note: func(note string) { fmt.Fprintln(s.progress, "dpt:", note) }}
}

// printJSON writes v as one line of JSON.
func printJSON(s streams, v any) error { return json.NewEncoder(s.out).Encode(v) }
