// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"dpt/t5"
)

// Runs is a folder of finished runs: ID.json is a run's [Record], ID.safetensors the prompt of its best evaluation and
// ID-last.safetensors that of its last. A fine-tuned model's weights are ID.model.safetensors instead, those of the best
// only. Processes can share the folder: each file is there whole or not at all, and the record comes last.
type Runs string

// RecordPath is where the record of a run lies.
func (r Runs) RecordPath(id string) string { return filepath.Join(string(r), id+".json") }

// PromptPath is where the prompt of a run's best evaluation lies.
func (r Runs) PromptPath(id string) string { return filepath.Join(string(r), id+".safetensors") }

// LastPromptPath is where the prompt of a run's last evaluation lies.
func (r Runs) LastPromptPath(id string) string {
	return filepath.Join(string(r), id+"-last.safetensors")
}

// WeightsPath is where the weights of a fine-tuned model lie, under HuggingFace's names.
func (r Runs) WeightsPath(id string) string { return filepath.Join(string(r), id+".model.safetensors") }

// Train returns the record of a run of the settings. A run that has one is not trained again; else it is trained, with
// checkpoints from which a later call goes on after an interruption, and stored.
func (r Runs) Train(ctx context.Context, backend compute.Backend, m *t5.Model, data *Dataset, settings Settings, report func(Progress)) (*Record, error) {
	job, err := NewJob(m, data, settings)
	if err != nil {
		return nil, err
	}
	if record, err := ReadRecord(r.RecordPath(job.Spec.ID())); !errors.Is(err, fs.ErrNotExist) {
		return record, err
	}
	c := &machine{}
	defer c.close()
	records, err := r.train(ctx, backend, m, []*Job{job}, c, checkpointEvery, report)
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// checkpointEvery is how much work an interruption may cost.
const checkpointEvery = time.Minute

// train makes and stores the runs of a group, going on where an earlier call was interrupted.
func (r Runs) train(ctx context.Context, backend compute.Backend, m *t5.Model, group []*Job, c *machine, every time.Duration, report func(Progress)) ([]*Record, error) {
	kept := r.checkpoints(group, every)
	runs, err := train(ctx, backend, m, group, c, kept, report)
	if err != nil {
		return nil, err
	}
	var records []*Record
	for _, run := range runs {
		if err := r.Store(run); err != nil {
			return nil, err
		}
		records = append(records, run.Record)
	}
	kept.remove()
	return records, nil
}

// checkpoints of a group; another composition of the same runs has others, for it gives each run other sums.
func (r Runs) checkpoints(group []*Job, every time.Duration) *checkpoints {
	name := sha256.Sum256([]byte(strings.Join(ids(group), " ")))
	return &checkpoints{
		path:  filepath.Join(string(r), ".checkpoints", hex.EncodeToString(name[:8])+".safetensors"),
		every: every,
		log:   func(format string, args ...any) { fmt.Fprintf(os.Stderr, "dpt: "+format+"\n", args...) },
	}
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
	files := map[string]*Prompt{r.LastPromptPath(id): run.Last, r.PromptPath(id): run.Best}
	if run.Best.Length == 0 {
		files = map[string]*Prompt{r.WeightsPath(id): run.Best}
	}
	for path, prompt := range files {
		if err := prompt.Write(path, metadata); err != nil {
			return err
		}
	}
	return run.Record.Write(r.RecordPath(id))
}

// Slim makes the folder small enough to be kept with code: of each prompt only P stays, and of the last evaluations' prompts
// and fine-tuned weights nothing. What it removes can be had again by training the run again.
func (r Runs) Slim() error {
	for _, pattern := range []string{"*-last.safetensors", "*.model.safetensors"} {
		names, err := filepath.Glob(filepath.Join(string(r), pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	names, err := filepath.Glob(filepath.Join(string(r), "*.safetensors"))
	if err != nil {
		return err
	}
	for _, name := range names {
		prompt, err := LoadPrompt(name)
		if err != nil {
			return err
		}
		if len(prompt.factors) == 0 {
			continue
		}
		if err := prompt.WithoutFactors().Write(name, prompt.Metadata); err != nil {
			return err
		}
	}
	return nil
}

// storeRecord is Store for a run that came to nothing.
func (r Runs) storeRecord(record *Record) error {
	if err := os.MkdirAll(string(r), 0o755); err != nil {
		return err
	}
	return record.Write(r.RecordPath(record.ID))
}
