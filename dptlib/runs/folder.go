// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// Folder is a folder of finished runs: ID.json is a run's [Record], ID.safetensors the prompt of its best evaluation
// and ID-last.safetensors that of its last update, for every kind of variables. A fine-tuned model's weights are in
// ID.model.safetensors instead, and only those of the best evaluation are kept. Processes can share the folder: each
// file is there whole or not at all, the record comes last, and a run that one process trains is locked for others.
type Folder string

// RecordPath returns the path of a run's record.
func (f Folder) RecordPath(id string) string { return filepath.Join(string(f), id+".json") }

// PromptPath returns the path of the prompt of a run's best evaluation.
func (f Folder) PromptPath(id string) string { return filepath.Join(string(f), id+".safetensors") }

// LastPromptPath returns the path of the prompt of a run's last update.
func (f Folder) LastPromptPath(id string) string {
	return filepath.Join(string(f), id+"-last.safetensors")
}

// WeightsPath returns the path of the weights of a fine-tuned model, which have HuggingFace's names.
func (f Folder) WeightsPath(id string) string {
	return filepath.Join(string(f), id+".model.safetensors")
}

// Options control how runs are made; they do not change the result.
type Options struct {
	Checkpoint time.Duration // the most work that an interruption may cost; 0 stands for a minute
	Retry      time.Time     // train again the runs that failed before this time
	// return [ErrLocked] if another process trains one of the runs, instead of waiting for it
	NoWait bool
	Report func(train.Progress)
}

// Train returns the records of jobs that can be trained in one batch, or of a single one. Those that have no record are
// trained, with checkpoints from which a later call goes on after an interruption, and stored.
func (f Folder) Train(ctx context.Context, runner *train.Runner, jobs []*Job,
	o Options) (records []*Record, err error) {
	if slices.ContainsFunc(jobs, func(job *Job) bool { return job.Of != nil }) {
		return nil, errors.New("runs that score stored prompts once more train nothing: use Folder.Rescore")
	}
	held, locked, err := f.lock(ctx, jobs, !o.NoWait)
	if err != nil {
		return nil, err
	}
	defer func() { held.release(err == nil) }()
	records, missing, err := f.stored(jobs, o.Retry)
	if err != nil || len(missing) == 0 {
		return records, err
	}
	group := missing
	if f.checkpoint(jobs, o).Exists() {
		group = jobs // it was interrupted while it stored its records: the rest must come from the same batch
	}
	checkpoint := f.checkpoint(group, o)
	trained, err := runner.Train(locked, trainJobs(group), train.Options{Checkpoint: checkpoint,
		Report: func(p train.Progress) {
			held.report(p)
			if o.Report != nil {
				o.Report(p)
			}
		}})
	if lack := new(train.MemoryError); errors.As(err, &lack) {
		checkpoint.Remove() // it would fail again
	}
	if err != nil && ctx.Err() == nil && locked.Err() != nil {
		err = context.Cause(locked) // a lock was lost
	}
	if err != nil {
		return nil, err
	}
	for i, run := range trained {
		if err := f.store(newRecord(runner.Backend, group[i], group, run), run); err != nil {
			return nil, err
		}
	}
	checkpoint.Remove()
	records, _, err = f.stored(jobs, time.Time{})
	return records, err
}

// wholeModel reports whether a run leaves weights and not a prompt.
func wholeModel(record *Record) bool {
	_, whole := prompt.As[prompt.WholeModel](record.Spec.Method.Method)
	return whole
}

// leavesPrompt reports whether a run of some settings stores prompts: it is trained, and not the model's own weights.
func leavesPrompt(s Settings) bool {
	_, whole := prompt.As[prompt.WholeModel](s.Method.Method)
	return !whole && s.Rescore == (Rescore{})
}

// stored returns the records of the jobs that have one, and the jobs that have none.
func (f Folder) stored(jobs []*Job, retry time.Time) (records []*Record, missing []*Job, err error) {
	for _, job := range jobs {
		record, err := f.find(job)
		again := false
		if err == nil && record != nil && record.Failure != "" {
			info, err := os.Stat(f.RecordPath(job.ID))
			again = err == nil && info.ModTime().Before(retry)
		}
		switch {
		case err != nil:
			return nil, nil, err
		case record == nil || again:
			missing = append(missing, job)
		default:
			records = append(records, record)
		}
	}
	return records, missing, nil
}

// removeIt says what to do about a record that cannot be read.
const removeIt = "; remove the file to train the run again"

// Find returns the record of a run, or nil if there is none. A record whose prompt is missing does not count, since the
// prompt is stored first.
func (f Folder) Find(id string) (*Record, error) {
	record, err := ReadRecord(f.RecordPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, removeIt)
	}
	if record.Failure == "" && leavesPrompt(record.Spec.Settings) {
		if info, err := os.Stat(f.PromptPath(id)); err != nil || info.Size() == 0 {
			return nil, nil
		}
	}
	return record, nil
}

// find returns the record of a job, or nil if there is none. The score of a prompt that has been trained again since
// does not count.
func (f Folder) find(job *Job) (*Record, error) {
	record, err := f.Find(job.ID)
	if err != nil || record == nil || job.Of == nil {
		return record, err
	}
	of, err := f.Find(job.Of.ID)
	if err != nil || of == nil || of.Prompts.Best != record.Prompts.Best {
		return nil, err
	}
	return record, nil
}

// checkpoint of a group; another composition of the same runs has another, since it gives each run other sums.
func (f Folder) checkpoint(group []*Job, o Options) train.Checkpoint {
	every := o.Checkpoint
	if every == 0 {
		every = time.Minute
	}
	name := sha256.Sum256([]byte(strings.Join(ids(group), " ")))
	return train.Checkpoint{
		Path:  filepath.Join(string(f), ".checkpoints", hex.EncodeToString(name[:8])+".safetensors"),
		Every: every,
		Log:   func(format string, args ...any) { fmt.Fprintf(os.Stderr, "dpt: "+format+"\n", args...) },
	}
}

// store writes a run's prompts and then its record, so that a run which has a record has its prompts.
func (f Folder) store(record *Record, run *train.Run) error {
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return err
	}
	if run.BestPrompt != nil {
		spec := record.Spec
		metadata := map[string]string{
			"format": "pt", "run": record.ID, "model": spec.Model, "task": spec.Task,
			"text_format": spec.Format.String(),
			"max_source":  strconv.Itoa(spec.MaxSource), "seed": strconv.FormatUint(spec.Recipe.Seed, 10),
		}
		files := map[string]*prompt.Trained{f.LastPromptPath(record.ID): run.LastPrompt,
			f.PromptPath(record.ID): run.BestPrompt}
		if wholeModel(record) {
			files = map[string]*prompt.Trained{f.WeightsPath(record.ID): run.BestPrompt}
		}
		for path, p := range files {
			if err := p.Write(path, metadata); err != nil {
				return err
			}
		}
	}
	return record.Write(f.RecordPath(record.ID))
}

// Prompt reads the prompt of a run's best evaluation, which must be the one that the run's record names.
func (f Folder) Prompt(record *Record) (*prompt.Trained, error) {
	path := f.PromptPath(record.ID)
	if wholeModel(record) {
		path = f.WeightsPath(record.ID)
	}
	p, err := prompt.Load(path)
	if err == nil {
		if err = p.Check(record.Prompts.Best); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}
	return p, err
}

// Records reads all records of the folder, in the order of their names. A file that cannot be read is skipped, and is
// among the errors. A folder that does not exist counts as empty.
func (f Folder) Records() (records []*Record, bad []error) {
	entries, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{err}
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		switch r, err := ReadRecord(filepath.Join(string(f), entry.Name())); {
		case errors.Is(err, fs.ErrNotExist): // it was removed meanwhile
		case err != nil:
			bad = append(bad, err)
		default:
			records = append(records, r)
		}
	}
	return records, bad
}

// LoadPrompt reads a stored prompt. If the record of its run lies beside it, the prompt must be one that the record
// names.
func LoadPrompt(path string) (*prompt.Trained, error) {
	p, err := prompt.Load(path)
	if err != nil {
		return nil, err
	}
	folder := Folder(filepath.Dir(path))
	record, err := ReadRecord(folder.RecordPath(filepath.Base(p.Metadata["run"])))
	if p.Metadata["run"] == "" || errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	digests := record.Prompts.Best
	if filepath.Base(path) == filepath.Base(folder.LastPromptPath(record.ID)) {
		digests = record.Prompts.Last
	}
	if err := p.Check(digests); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}
