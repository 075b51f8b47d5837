// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5/toy"
)

// timeless leaves out of a record what differs from one run to the next.
var timeless = cmpopts.IgnoreFields(Record{}, "Result.Started", "Result.Seconds", "Result.ExamplesPerSec",
	"Result.PeakRSSMiB")

// sharedBackbone is the model of all tests, so that what one compiled the next need not.
var sharedBackbone = sync.OnceValue(func() prompt.Backbone { return cases.Backbone(new(testing.T)) })

// toyCase is a small run: 21 rows to train on, in batches of 4, and 10 to evaluate, by a T5 of one layer, which
// compiles soon.
func toyCase(t testing.TB) (prompt.Backbone, *train.Dataset, train.Recipe) {
	t.Helper()
	b := sharedBackbone()
	data := cases.Must(train.NewDataset(cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 21), cases.Rows(t, 10),
		b.Vocabulary, 32))
	recipe := train.PaperRecipe
	recipe.Epochs, recipe.BatchSize, recipe.LengthWindow = 3, 4, 2
	return b, data, recipe
}

// toyJob is the run of a method on toyCase.
func toyJob(t testing.TB, method prompt.Method, change ...func(*train.Recipe)) *Job {
	t.Helper()
	b, data, recipe := toyCase(t)
	for _, f := range change {
		f(&recipe)
	}
	return cases.Must(NewJob(b.Model, data, Settings{Method: prompt.Spec{Method: method}, Recipe: recipe}, nil))
}

var small = prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}

// sweepCase is a library, and four experiments on a model and rows like those of toyCase.
func sweepCase(t *testing.T) (*Library, []Experiment) {
	t.Helper()
	b := cases.Backbone(t)
	dir := t.TempDir() // of model and data, since workers open their own
	if err := b.Save(dir); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("spiece.model", toy.Vocabulary())
	for split, n := range map[string]int{"train": 21, "val": 10} {
		var lines strings.Builder
		for _, row := range cases.Rows(t, n) {
			cb := row.(superglue.CB)
			fmt.Fprintf(&lines, `{"premise": %q, "hypothesis": %q, "label": %q, "idx": %d}`+"\n", cb.Premise,
				cb.Hypothesis, cases.Task(t, "CB").Classes[cb.Class()], cb.Index)
		}
		write(filepath.Join("CB", split+".jsonl"), []byte(lines.String()))
	}
	list, err := ReadExperiments(strings.NewReader(strings.ReplaceAll(`[
		{"model": "tiny", "data": "tiny", "task": "CB", "max_source": 32, "method": {"name": "DPT", "length": 5, "bottleneck": 2, "start": "uniform"}, "recipe": {"epochs": 2, "batch_size": 4}},
		{"model": "tiny", "data": "tiny", "task": "CB", "max_source": 32, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4, "seed": 7}},
		{"model": "tiny", "data": "tiny", "task": "CB", "max_source": 32, "few_shot": 8, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4}},
		{"model": "tiny", "data": "tiny", "task": "CB", "max_source": 32, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4, "learning_rate": 3e38}}
	]`, `"tiny"`, strconv.Quote(dir))))
	if err != nil {
		t.Fatal(err)
	}
	return &Library{Backend: cases.Backend(t)}, list
}

func TestSweep(t *testing.T) {
	library, list := sweepCase(t)
	folder := Folder(t.TempDir())
	var last SweepProgress
	sweep := &Sweep{Library: library, Folder: folder, Report: func(p SweepProgress) { last = p }}
	tooMany, noSize := list[0], list[0]
	tooMany.FewShot = 22
	noSize.Method = prompt.Spec{Method: prompt.DPT{Length: 5, Start: prompt.Uniform}}
	plan, err := sweep.Plan(append(list, list[0], tooMany, noSize))
	if err != nil {
		t.Fatal(err)
	}
	if plan.Runs != 4 || plan.Done != 0 || len(plan.Groups) != 2 || len(plan.Refused) != 2 {
		t.Fatalf("there must be 4 runs in 2 groups and two refused, found %d in %d and %v", plan.Runs, len(plan.Groups),
			plan.Refused)
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	if last.Done != 4 || last.Failed != 1 || last.Share != 1 {
		t.Errorf("4 runs must be done and one of them failed, found %+v", last)
	}
	for _, group := range plan.Groups {
		for _, job := range group.Jobs {
			record, err := ReadRecord(folder.RecordPath(job.ID))
			if err != nil {
				t.Fatal(err)
			}
			if failed := job.Spec.Recipe.LearningRate > 1; failed != (record.Failure != "") {
				t.Errorf("run %s: failure %q", record.ID, record.Failure)
			}
			if record.Experiment().Key() != job.Experiment.Key() {
				t.Errorf("the record must know its experiment:\n%s", cmp.Diff(job.Experiment, record.Experiment()))
			}
		}
	}
	again, err := sweep.Plan(list)
	if err != nil || len(again.Groups) != 0 || again.Done != 4 || len(again.Failures) != 1 {
		t.Errorf("nothing is left to do, found %d groups, %d done (%v)", len(again.Groups), again.Done, err)
	}
	sweep.Retry = time.Now()
	if again, err = sweep.Plan(list); err != nil || len(again.Groups) != 1 || again.Done != 3 {
		t.Errorf("the failed run is left to do, found %d groups, %d done (%v)", len(again.Groups), again.Done, err)
	}
}

// TestSweepDamagedRecord: it is named and left alone, and the other runs are made.
func TestSweepDamagedRecord(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	group := cases.Must(sweep.Plan(list[:2])).Groups[0].Jobs
	damaged := sweep.Folder.RecordPath(group[0].ID)
	if err := os.WriteFile(damaged, []byte(`{"id": "`), 0o644); err != nil {
		t.Fatal(err)
	}
	plan := cases.Must(sweep.Plan(list[:2]))
	if len(plan.Refused) != 1 || !strings.Contains(plan.Refused[0].Error(), damaged) || plan.Done != 0 ||
		len(plan.Groups) != 1 {
		t.Fatalf("one record is damaged and one run to be made, found %v and %d groups", plan.Refused, len(plan.Groups))
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecord(sweep.Folder.RecordPath(group[1].ID)); err != nil {
		t.Error(err)
	}
	if content := cases.Must(os.ReadFile(damaged)); string(content) != `{"id": "` {
		t.Errorf("the damaged record must stay as it is, found %s", content)
	}
}

// TestSweepStoredHalfOfAGroup: after an interruption between two records of a group, what is missing comes from the
// batch that the other was in.
func TestSweepStoredHalfOfAGroup(t *testing.T) {
	library, list := sweepCase(t)
	list = list[:2]
	folder := Folder(t.TempDir())
	sweep := &Sweep{Library: library, Folder: folder}
	plan := cases.Must(sweep.Plan(list))
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	path := folder.RecordPath(plan.Groups[0].Jobs[1].ID)
	want := cases.Must(ReadRecord(path))

	group := plan.Groups[0].Jobs
	e := group[0].Experiment
	jobs := onModel(group, cases.Must(library.Model(ModelRef{Name: e.Model})).Model)
	interrupt(t, folder, jobs) // with a checkpoint of the whole group
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var last SweepProgress
	sweep.Report = func(p SweepProgress) { last = p }
	if err := sweep.Run(context.Background(), cases.Must(sweep.Plan(list))); err != nil {
		t.Fatal(err)
	}
	if last.Done != 2 || last.Runs != 2 {
		t.Errorf("2 of 2 runs are done, found %d of %d", last.Done, last.Runs)
	}
	if diff := cmp.Diff(want, cases.Must(ReadRecord(path)), timeless); diff != "" {
		t.Errorf("the second run of the group differs:\n%s", diff)
	}
}

// interrupt leaves a checkpoint of jobs in a folder, as if none of them were stored.
func interrupt(t *testing.T, folder Folder, jobs []*Job) {
	t.Helper()
	elsewhere := Folder(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	runner := &train.Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	_, err := elsewhere.Train(ctx, runner, jobs, Options{Report: func(p train.Progress) {
		if p.Update > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	from, to := elsewhere.checkpoint(jobs, Options{}).Path, folder.checkpoint(jobs, Options{}).Path
	if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(from, to)); err != nil {
		t.Fatal(err)
	}
}

// TestGroupsShareStructure: groups are of about equal size and of similar methods, in any order that they are asked
// for.
func TestGroupsShareStructure(t *testing.T) {
	b, data, recipe := toyCase(t)
	var jobs []*Job
	for seed := range 4 {
		for _, method := range []prompt.Method{prompt.PT{Length: 3, Start: prompt.Frequent},
			prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}} {
			recipe.Seed = uint64(seed)
			jobs = append(jobs, cases.Must(NewJob(b.Model, data, Settings{Method: prompt.Spec{Method: method},
				Recipe: recipe}, nil)))
		}
	}
	var found []string
	for _, group := range groups(jobs, func(*Job) int { return 3 }) {
		names := ""
		for _, job := range group {
			names += fmt.Sprintf("%s%d ", job.Spec.Method.Name(), job.Spec.Recipe.Seed)
		}
		found = append(found, names)
	}
	if diff := cmp.Diff([]string{"DPT0 DPT1 ", "DPT2 DPT3 PT0 ", "PT1 PT2 PT3 "}, found); diff != "" {
		t.Error(diff)
	}
}
