// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// ModelName returns the T5 that DPT_MODEL names: a folder as HuggingFace stores it, or a model that dpt fetch model
// fetched, such as t5-small. If it is not set, it is the largest of the toy models that are part of the program.
func ModelName() string { return File("DPT_MODEL", "toy-l") }

// DataName returns the folder that DPT_DATA names, with <Task>/train.jsonl and val.jsonl, or "toy", the look-alikes
// that this program makes.
func DataName() string { return File("DPT_DATA", "toy") }

// IsToy reports whether an experiment's model or data is a toy, whose scores are not comparable to the paper's.
func IsToy(e runs.Experiment) bool {
	return runs.ToyData(e.Data) || Model(e).Toy
}

// Model opens an experiment's model.
func Model(e runs.Experiment) *runs.Model {
	return Must(Library().Model(runs.ModelRef{Name: e.Model, Precision: e.Precision}))
}

// Rows returns the name of data whose training and development rows are those of two files.
func Rows(task superglue.Task, train, dev string) string {
	dir := Build("data", task.Name)
	for file, name := range map[string]string{train: "train.jsonl", dev: "val.jsonl"} {
		path := filepath.Join(dir, task.Name, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			panic(err)
		}
		if err := renameio.WriteFile(path, Must(os.ReadFile(file)), 0o644); err != nil {
			panic(err)
		}
	}
	return dir
}

// Runs is the folder that Train stores runs in.
func Runs() runs.Folder { return runs.Folder(Build("runs")) }

// Job opens an experiment's model and data.
func Job(e runs.Experiment) *runs.Job { return Must(Library().Job(e)) }

// Train returns the record of an experiment, in build/runs, and trains it if there is none, with a line of progress
// below the cell. A run that already has a record is not trained again: delete its record to repeat it.
func Train(e runs.Experiment) *runs.Record {
	line := NewLine()
	line.Set(0, "opening model and data")
	job := Job(e)
	runner := &train.Runner{Backend: Backend()}
	defer runner.Close()
	ctx, stop := untilInterrupt()
	defer stop()
	records, err := Runs().Train(ctx, runner, []*runs.Job{job}, runs.Options{Report: line.Training()})
	check(err)
	line.Set(1, "trained")
	return succeeded(records[0])
}

// untilInterrupt returns a context that ends when the cell is interrupted, so that what was trained is kept. A second
// interrupt ends the cell's program at once.
func untilInterrupt() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// check panics with the error of training.
func check(err error) {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted: run the cell again, and it goes on from what is stored")
	}
	if err != nil {
		panic(err)
	}
}

// Record returns the record of an experiment that was trained.
func Record(e runs.Experiment) *runs.Record {
	record := Must(Runs().Find(Job(e).ID))
	if record == nil {
		panic(errors.New("this run has no record yet: run the cell that trains it"))
	}
	return succeeded(record)
}

// Prompt reads the prompt of a trained experiment's best evaluation.
func Prompt(e runs.Experiment) *prompt.Trained { return Must(Runs().Prompt(Record(e))) }

// succeeded returns a record of a run that has a result.
func succeeded(r *runs.Record) *runs.Record {
	if r.Failure != "" {
		panic(fmt.Errorf("the run failed: %s (to train it again, remove %s)", r.Failure, Runs().RecordPath(r.ID)))
	}
	return r
}

// Training shows how far training is, in the line.
func (l Line) Training() func(train.Progress) {
	const often = 200 * time.Millisecond
	shown := time.Time{}
	return func(p train.Progress) {
		if p.Update < p.Updates && p.Stage != train.Compiling && time.Since(shown) < often {
			return
		}
		shown = time.Now()
		l.Set(p.Share(), p.String())
	}
}
