// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/predict"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// methodJobs are short runs of every registered method, with short prompts where that can be chosen, on texts that are
// all cut to one length, so that little is compiled.
func methodJobs(t *testing.T) (jobs []*Job) {
	t.Helper()
	b, _, recipe := toyCase(t)
	data := cases.Must(train.NewDataset(cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 16), cases.Rows(t, 8),
		b.Vocabulary, 16))
	recipe.Epochs, recipe.Updates, recipe.EvaluateEvery = 0, 24, 8
	for _, name := range prompt.Names() {
		method := cases.Must(prompt.Named(name))
		if resizable, ok := method.(prompt.Resizable); ok {
			method = resizable.WithLength(5)
		}
		recipe.LearningRate = 0.1
		if own, ok := method.(prompt.RateChooser); ok {
			recipe.LearningRate = min(0.1, 10*own.LearningRate()) // so that the loss falls soon
		}
		jobs = append(jobs, cases.Must(NewJob(b.Model, data, Settings{Method: prompt.Spec{Method: method},
			Recipe: recipe}, nil)))
	}
	return jobs
}

// TestMethods: every registered method trains, all that can share a batch in one, and its loss falls; its record is
// read back as it was written; runs that are cut off go on to the same end, bit by bit; and the prompt that is stored,
// or the little of it that is kept, predicts what the run did.
func TestMethods(t *testing.T) {
	groups := map[train.GroupKey][]*Job{}
	for _, job := range methodJobs(t) {
		groups[job.GroupKey()] = append(groups[job.GroupKey()], job)
	}
	for _, group := range groups {
		folder := Folder(t.TempDir())
		records := cases.Must(trained(t, folder, Options{}, group...))
		resumed := cutOff(t, group)
		for i, job := range group {
			checkRecord(t, records[i], cases.Must(ReadRecord(folder.RecordPath(job.ID))))
		}
		if _, whole := group[0].Method.(prompt.WholeModel); !whole {
			if err := folder.Slim(); err != nil {
				t.Fatal(err)
			}
		}
		for i, job := range group {
			t.Run(job.Method.Name(), func(t *testing.T) {
				if diff := cmp.Diff(records[i], resumed[i], timeless); diff != "" { // the prompts' digests are in it
					t.Errorf("a run that was cut off ends otherwise:\n%s", diff)
				}
				stored := cases.Must(folder.Prompt(records[i]))
				_, input := job.Method.(prompt.InputHook)
				_, weight := job.Method.(prompt.WeightHook)
				if input || weight || i == 0 { // for others P alone is left
					checkPredictions(t, job, records[i], stored)
				}
				if input {
					checkAlone(t, job, records[i])
				}
			})
		}
	}
}

// checkAlone compares the losses of a run's first two updates in a batch with those that it has alone.
func checkAlone(t *testing.T, job *Job, record *Record) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := sharedRunner().Train(ctx, trainJobs([]*Job{job}), train.Options{Report: func(p train.Progress) {
		if p.Stage != train.Training || p.Update > 2 {
			return
		}
		if got := float64(record.Losses[p.Update-1]); !(math.Abs(got/p.Loss-1) <= 1e-4) {
			t.Errorf("the loss of update %d is %v in the batch, %v alone", p.Update, got, p.Loss)
		}
		if p.Update == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the run was not cut off: %v", err)
	}
}

// checkRecord checks a method's record, and what was read of it.
func checkRecord(t *testing.T, record, read *Record) {
	t.Helper()
	method := record.Spec.Method.Method
	if record.Failure != "" {
		t.Fatal(record.Failure)
	}
	if first, last := record.Evaluations[0].Loss, record.Evaluations[record.Last].Loss; !(last < first) {
		t.Errorf("the loss must fall, found %g, then %g", first, last)
	}
	_, observer := method.(prompt.Observer)
	_, router := method.(prompt.Router)
	if (observer || router) != (record.Probes != nil) {
		t.Errorf("observed %v", record.Probes)
	}
	for _, seen := range record.Probes {
		rows, byClass := 0.0, 0.0
		for name, n := range seen {
			if strings.Contains(name, ", ") {
				byClass += n
			} else if strings.HasPrefix(name, "prompt ") {
				rows += n
			}
		}
		if n := float64(record.DevSize); router && (rows != n || byClass != n) {
			t.Errorf("each of %g rows gets one prompt, found %v", n, seen)
		}
	}
	if diff := cmp.Diff(record, read); diff != "" {
		t.Errorf("the record was not read as it was written:\n%s", diff)
	}
	if counter, ok := method.(prompt.Counter); ok && counter.Parameters(record.Model) != record.Trainable {
		t.Errorf("%d parameters are trained, and %d counted", record.Trainable, counter.Parameters(record.Model))
	}
}

// cutOff trains a group half way in a folder of its own, and then to the end.
func cutOff(t *testing.T, group []*Job) []*Record {
	t.Helper()
	folder := Folder(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := folder.Train(ctx, sharedRunner(), group, Options{Report: func(p train.Progress) {
		if p.Update == 6 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the runs were not cut off: %v", err)
	}
	return cases.Must(trained(t, folder, Options{}, group...))
}

// checkPredictions compares what a stored prompt answers to the development rows' sources with the record's
// predictions.
func checkPredictions(t *testing.T, job *Job, record *Record, p *prompt.Trained) {
	t.Helper()
	spec := predict.Spec{Task: job.Data.Task, MaxSource: job.Data.MaxSource, BatchSize: 8, Lines: true}
	predictor := cases.Must(predict.NewPredictor(cases.Backend(t), prompt.Backbone{Model: job.Model,
		Vocabulary: job.Data.Vocabulary}, p, spec))
	defer predictor.Close()
	var lines []string
	for _, row := range job.Data.Dev.Rows {
		lines = append(lines, row.Source(job.Data.Format.Style))
	}
	var out strings.Builder
	if bad, err := predictor.Run(context.Background(), strings.NewReader(strings.Join(lines, "\n")), &out); bad != 0 ||
		err != nil {
		t.Fatalf("%d rows were not read: %v", bad, err)
	}
	var got []string
	for decoder := json.NewDecoder(strings.NewReader(out.String())); decoder.More(); {
		var answer predict.Prediction
		if err := decoder.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		got = append(got, answer.Text)
	}
	if !slices.Equal(got, []string(record.Predictions)) {
		t.Errorf("the stored prompt answers %q, the run %q", got, record.Predictions)
	}
}
