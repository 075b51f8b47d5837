// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gomlx/compute"

	"dpt/t5"
)

// Runs is a folder of finished runs: ID.json is a run's [Record], ID.safetensors the prompt of its best epoch and
// ID-last.safetensors that of its last.
type Runs string

// RecordPath is where the record of a run lies.
func (r Runs) RecordPath(id string) string { return filepath.Join(string(r), id+".json") }

// PromptPath is where the prompt of a run's best epoch lies.
func (r Runs) PromptPath(id string) string { return filepath.Join(string(r), id+".safetensors") }

// LastPromptPath is where the prompt of a run's last epoch lies.
func (r Runs) LastPromptPath(id string) string {
	return filepath.Join(string(r), id+"-last.safetensors")
}

// Train returns the record of the run that [NewSpec] describes. A run that has one is not trained again; else it is
// [Train]ed and stored.
func (r Runs) Train(ctx context.Context, backend compute.Backend, m *t5.Model, method Method, data *Dataset, recipe Recipe, report func(Progress)) (*Record, error) {
	spec, err := NewSpec(m, data, method, recipe)
	if err != nil {
		return nil, err
	}
	if record, err := ReadRecord(r.RecordPath(spec.ID())); !errors.Is(err, fs.ErrNotExist) {
		return record, err
	}
	run, err := Train(ctx, backend, m, method, data, recipe, report)
	if err != nil {
		return nil, err
	}
	return run.Record, r.Store(run)
}

// Store writes a run's prompts and then its record, so that a run which has a record has its prompts.
func (r Runs) Store(run *Run) error {
	if err := os.MkdirAll(string(r), 0o755); err != nil {
		return err
	}
	id, spec := run.Record.ID, run.Record.Spec
	metadata := map[string]string{
		"format": "pt", "run": id, "method": spec.Method.Name(), "model": spec.Model, "task": spec.Task,
		"text_format": spec.Format.String(), "max_source": strconv.Itoa(spec.MaxSource), "seed": strconv.FormatUint(spec.Recipe.Seed, 10),
	}
	if err := run.Last.Write(r.LastPromptPath(id), metadata); err != nil {
		return err
	}
	if err := run.Best.Write(r.PromptPath(id), metadata); err != nil {
		return err
	}
	return run.Record.Write(r.RecordPath(id))
}
