// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/compute"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// Rescore asks for another score of the prompt that a run has stored, that of its best evaluation. Settings with a
// Rescore train nothing: they need the run without it, and result in a record of their own, with a single evaluation.
// The zero Rescore asks for none.
type Rescore struct {
	Split string `json:"split,omitempty"` // of the rows: "test", which must have labels; "" is the development split
	Rank  int    `json:"rank,omitempty"`  // number of P's singular values that are kept, the largest; 0: all
}

// check returns an error if a method's prompts cannot be scored in this way.
func (r Rescore) check(method prompt.Method) error {
	if r.Split != "" && r.Split != "test" || r.Rank < 0 {
		return fmt.Errorf(`"rescore" must have the split "test" or none, and a rank of at least 0, found %q and %d`,
			r.Split, r.Rank)
	}
	_, input := prompt.As[prompt.InputHook](method)
	_, weight := prompt.As[prompt.WeightHook](method)
	if r.Rank > 0 && (input || weight || method.Vectors() == 0) {
		return fmt.Errorf("%s has no prompt that is all that was trained: it cannot be scored at a lower rank",
			method.Name())
	}
	return nil
}

// NewRescore returns the run that scores the stored prompt of another once more. data is the other's with the rows to
// be scored as its development split, see [train.Dataset.WithDev].
func NewRescore(of *Job, r Rescore, data *train.Dataset) (*Job, error) {
	if err := r.check(of.Method); err != nil {
		return nil, err
	}
	for _, row := range data.Dev.Rows {
		if row.Class() == superglue.Unlabelled {
			return nil, fmt.Errorf("%s's split %q must have labels to be scored, found none in row %s",
				data.Task.Name, r.Split, row.ID())
		}
	}
	job, trained := *of, *of.Job
	trained.Data, job.Job, job.Of = data, &trained, of
	job.Spec.Rescore, job.Experiment.Rescore = r, r
	if r.Split != "" {
		job.Spec.Rows = data.Fingerprint()
	}
	trained.ID = job.Spec.ID()
	return &job, nil
}

// FLOPs estimates the run's matrix products; see [train.TrainingFLOPs].
func (j *Job) FLOPs() float64 {
	if j.Of != nil {
		return j.EvaluationFLOPs()
	}
	return j.Job.FLOPs()
}

// errUntrained is the reason why a prompt cannot be scored yet.
var errUntrained = errors.New("found none")

// rescoreBatch is the number of rows that are decoded at a time for each prompt.
const rescoreBatch = 16

// Rescore returns the records of jobs that score stored prompts of this folder once more. Those that have no record are
// made, all at once: they must have one model, and the same rows to score. A run that failed has no prompt, and
// its rescoring fails, too.
func (f Folder) Rescore(ctx context.Context, backend compute.Backend, jobs []*Job,
	o Options) (records []*Record, err error) {
	held, ctx, err := f.lock(ctx, jobs, !o.NoWait)
	if err != nil {
		return nil, err
	}
	defer func() { held.release(err == nil) }()
	records, missing, err := f.stored(jobs, o.Retry)
	if err != nil || len(missing) == 0 {
		return records, err
	}
	start := time.Now()
	var scored []*Record
	var prompts []prompt.Method
	for _, job := range missing {
		record, p, err := f.rescoring(backend, job)
		if err != nil {
			return nil, err
		}
		if p == nil {
			err = record.Write(f.RecordPath(record.ID))
		} else {
			scored, prompts = append(scored, record), append(prompts, p)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(scored) > 0 {
		report := func(done, batches int) {
			if o.Report != nil {
				o.Report(train.Progress{Stage: train.Evaluating, Batch: done, Batches: batches})
			}
		}
		scores, err := train.EvaluateAll(ctx, backend, missing[0].Model, prompts, missing[0].Data, rescoreBatch,
			report)
		if err != nil {
			return nil, err
		}
		for i, record := range scored {
			record.Evaluations[0].Scores = scores[i]
			record.Seconds = time.Since(start).Seconds() / float64(len(scored))
			if err := record.Write(f.RecordPath(record.ID)); err != nil {
				return nil, err
			}
		}
	}
	records, _, err = f.stored(jobs, time.Time{})
	return records, err
}

// rescoring returns a job's record without its score, and the prompt to score, or nil if there is none.
func (f Folder) rescoring(backend compute.Backend, job *Job) (*Record, *prompt.Trained, error) {
	if job.Of == nil {
		return nil, nil, errors.New("a run that is trained has no stored prompt to start from: use Folder.Train")
	}
	of, err := f.Find(job.Of.ID)
	if err != nil {
		return nil, nil, err
	}
	if of == nil {
		return nil, nil, fmt.Errorf("run %s must have a record in %s before its prompt is scored once more, %w",
			job.Of.ID, f, errUntrained)
	}
	result := train.Result{
		TrainSize: of.TrainSize, DevSize: job.Data.Dev.Len(), Trainable: of.Trainable,
		Started: time.Now().UTC().Truncate(time.Second),
	}
	record := newRecord(backend, job, nil, &train.Run{Result: result})
	if of.Failure != "" {
		record.Failure = fmt.Sprintf("run %s, whose prompt it scores: %s", of.ID, of.Failure)
		return record, nil, nil
	}
	record.Evaluations = []train.Evaluation{{Updates: of.Evaluations[of.Best].Updates}}
	record.Prompts.Best = of.Prompts.Best
	p, err := f.Prompt(of)
	if err == nil && job.Spec.Rescore.Rank > 0 {
		p, err = p.Truncated(job.Spec.Rescore.Rank)
	}
	return record, p, err
}
