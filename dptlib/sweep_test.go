// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/t5/toy"
)

// sweepCase is a library whose data "rows" are those of toyCase, and four experiments on them and its model.
func sweepCase(t *testing.T) (*Library, []Experiment) {
	t.Helper()
	m, data, _, _ := toyCase(t)
	tok, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() // of the model, since workers open their own
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	vocabulary := must(os.ReadFile(filepath.Join("..", "t5", "toy", "spiece.model")))
	if err := os.WriteFile(filepath.Join(dir, "spiece.model"), vocabulary, 0o644); err != nil {
		t.Fatal(err)
	}
	library := &Library{Backend: testBackend(t), name: [2]string{dir, ""}, model: m, tok: tok}
	library.datasets = map[string]*Dataset{datasetKey("rows", Settings{Task: "CB", MaxSource: 32}): data}
	list, err := ReadExperiments(strings.NewReader(strings.ReplaceAll(`[
		{"model": "tiny", "data": "rows", "task": "CB", "max_source": 32, "method": {"name": "DPT", "length": 5, "bottleneck": 2, "start": "uniform"}, "recipe": {"epochs": 2, "batch_size": 4}},
		{"model": "tiny", "data": "rows", "task": "CB", "max_source": 32, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4, "seed": 7}},
		{"model": "tiny", "data": "rows", "task": "CB", "max_source": 32, "few_shot": 8, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4}},
		{"model": "tiny", "data": "rows", "task": "CB", "max_source": 32, "method": {"name": "PT", "length": 3, "start": "frequent"}, "recipe": {"epochs": 2, "batch_size": 4, "learning_rate": 3e38}}
	]`, `"tiny"`, strconv.Quote(dir))))
	if err != nil {
		t.Fatal(err)
	}
	return library, list
}

func TestSweep(t *testing.T) {
	library, list := sweepCase(t)
	runs := Runs(t.TempDir())
	var last SweepProgress
	sweep := &Sweep{Library: library, Runs: runs, Report: func(p SweepProgress) { last = p }}
	tooMany, noSize := list[0], list[0]
	tooMany.FewShot = 22
	noSize.Method = Choice{DPT{Length: 5, Start: Uniform}}
	plan, err := sweep.Plan(append(list, list[0], tooMany, noSize))
	if err != nil {
		t.Fatal(err)
	}
	if plan.Runs != 4 || plan.Done != 0 || len(plan.Groups) != 2 || len(plan.Refused) != 2 {
		t.Fatalf("there must be 4 runs in 2 groups and two refused, found %d in %d and %v", plan.Runs, len(plan.Groups), plan.Refused)
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	if last.Done != 4 || last.Failed != 1 || last.Share != 1 {
		t.Errorf("4 runs must be done and one of them failed, found %+v", last)
	}
	for _, group := range plan.Groups {
		for _, job := range group.Jobs {
			record, err := ReadRecord(runs.RecordPath(job.Spec.ID()))
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
	if err != nil || len(again.Groups) != 0 || again.Done != 4 || again.Failed != 1 {
		t.Errorf("nothing is left to do, found %d groups, %d done (%v)", len(again.Groups), again.Done, err)
	}
	sweep.Retry = true
	if again, err = sweep.Plan(list); err != nil || len(again.Groups) != 1 || again.Done != 3 {
		t.Errorf("the failed run is left to do, found %d groups, %d done (%v)", len(again.Groups), again.Done, err)
	}
}

// TestSweepDamagedRecord: it is named and left alone, and the other runs are made.
func TestSweepDamagedRecord(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Runs: Runs(t.TempDir())}
	group := must(sweep.Plan(list[:2])).Groups[0].Jobs
	damaged := sweep.Runs.RecordPath(group[0].Spec.ID())
	if err := os.WriteFile(damaged, []byte(`{"id": "`), 0o644); err != nil {
		t.Fatal(err)
	}
	plan := must(sweep.Plan(list[:2]))
	if len(plan.Refused) != 1 || !strings.Contains(plan.Refused[0].Error(), damaged) || plan.Done != 0 || len(plan.Groups) != 1 {
		t.Fatalf("one record is damaged and one run to be made, found %v and %d groups", plan.Refused, len(plan.Groups))
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecord(sweep.Runs.RecordPath(group[1].Spec.ID())); err != nil {
		t.Error(err)
	}
	if content := must(os.ReadFile(damaged)); string(content) != `{"id": "` {
		t.Errorf("the damaged record must stay as it is, found %s", content)
	}
}

// TestGroupsShareStructure: groups are of about equal size and of like methods, in whatever order they are asked for.
func TestGroupsShareStructure(t *testing.T) {
	m, data, _, recipe := toyCase(t)
	var jobs []*Job
	for seed := range 4 {
		for _, method := range []Method{PT{3, Frequent}, DPT{Length: 5, Bottleneck: 2, Start: Uniform}} {
			recipe.Seed = uint64(seed)
			jobs = append(jobs, must(NewJob(m, data, Settings{Method: Choice{method}, Recipe: recipe})))
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

// TestSweepStoredHalfOfAGroup: after an interruption between two records of a group, what is missing comes from the batch
// that the other was in.
func TestSweepStoredHalfOfAGroup(t *testing.T) {
	library, list := sweepCase(t)
	list = list[:2]
	runs := Runs(t.TempDir())
	sweep := &Sweep{Library: library, Runs: runs}
	plan := must(sweep.Plan(list))
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	path := runs.RecordPath(plan.Groups[0].Jobs[1].Spec.ID())
	want := must(ReadRecord(path))

	group := plan.Groups[0].Jobs
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := runs.train(ctx, library.Backend, library.model, group, &machine{}, 0, func(Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := sweep.Run(context.Background(), must(sweep.Plan(list))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, must(ReadRecord(path)), timeless); diff != "" {
		t.Errorf("the second run of the group differs:\n%s", diff)
	}
}

// TestManyWriters: sixteen writers of one store lose nothing.
func TestManyWriters(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	run, err := trainOne(t, m, method, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	runs := Runs(t.TempDir())
	var writers sync.WaitGroup
	errs := make(chan error, 16*20)
	for w := range 16 {
		writers.Go(func() {
			for i := range 20 { // every third run is everybody's
				mine := *run.Record
				if mine.Spec.Recipe.Seed = uint64(1000*w + i); i%3 == 0 {
					mine.Spec.Recipe.Seed = uint64(i)
				}
				mine.ID = mine.Spec.ID()
				errs <- runs.Store(&Run{&mine, run.Best, run.Last})
			}
		})
	}
	writers.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	paths, _ := filepath.Glob(filepath.Join(string(runs), "*.json"))
	if want := 16*13 + 7; len(paths) != want {
		t.Errorf("there must be %d records, found %d", want, len(paths))
	}
	for _, path := range paths {
		record, err := ReadRecord(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPrompt(runs.PromptPath(record.ID)); err != nil {
			t.Error(err)
		}
	}
}

// TestLockedGroup: a group of which another process makes a run is left to it, until the end.
func TestLockedGroup(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Runs: Runs(t.TempDir())}
	group := must(sweep.Plan(list[:2])).Groups[0]
	unlock := must(sweep.Runs.lock(context.Background(), group.Jobs[1:], false))
	if again := must(sweep.Runs.lock(context.Background(), group.Jobs, false)); again != nil {
		t.Error("a locked run was locked again")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sweep.Runs.lock(ctx, group.Jobs, true); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting must end with the context, found %v", err)
	}
	unlock()
	again := must(sweep.Runs.lock(context.Background(), group.Jobs, false))
	if again == nil {
		t.Fatal("the first attempt left a lock")
	}
	again()
}

func TestReadExperimentsRefuses(t *testing.T) {
	good := `{"model": "m", "task": "CB", "method": {"name": "PT", "length": 3, "start": "frequent"}}`
	for text, want := range map[string]string{
		"":                  "found none",
		"[]":                "found none",
		`{"model": "m"}`:    "experiment 1",
		"[" + good + ", {}": "experiment 2",
		strings.Replace(good, `"task"`, `"tusk"`, 1):                      "tusk",
		strings.Replace(good, `}}`, `}, "recipe": {"batch_size": 0}}`, 1): "batch",
		strings.Replace(good, `}}`, `}, "recipe": {"lr": 1}}`, 1):         "lr",
		strings.Replace(good, `}}`, `}, "precision": "int8"}`, 1):         "int8",
		strings.Replace(good, `"PT"`, `"LoRA"`, 1):                        "LoRA",
	} {
		if _, err := ReadExperiments(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error must have %q, found %v", text, want, err)
		}
	}
	lines, err := ReadExperiments(strings.NewReader(good + "\n" + good))
	if err != nil || len(lines) != 2 || lines[1].Recipe != PaperRecipe || lines[1].MaxSource != 256 {
		t.Errorf("two experiments with the paper's recipe must be read, found %v (%v)", lines, err)
	}
	array, err := ReadExperiments(strings.NewReader(fmt.Sprintf(" [%s,\n%s] ", good, good)))
	if err != nil || !cmp.Equal(lines, array) {
		t.Errorf("an array and lines must be the same, found %v (%v)", array, err)
	}
	back := must(ReadExperiments(strings.NewReader(string(must(json.Marshal(lines[0]))))))
	if !cmp.Equal(back[0], lines[0]) {
		t.Errorf("an experiment must be read as it is written:\n%s", cmp.Diff(lines[0], back[0]))
	}
}
