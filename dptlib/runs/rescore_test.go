// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// rescored returns the experiment with a rescoring.
func rescored(e Experiment, r Rescore) Experiment {
	e.Rescore = r
	return e
}

// TestRescore: a sweep trains the runs whose prompts are to be scored, and then scores those prompts: at full rank as
// the run itself did, on another split and at a lower rank as an evaluation of the stored prompt does.
func TestRescore(t *testing.T) {
	library, list := sweepCase(t)
	dir := list[0].Data
	rows := cases.Must(os.ReadFile(filepath.Join(dir, "CB", "train.jsonl")))
	if err := os.WriteFile(filepath.Join(dir, "CB", "test.jsonl"), rows, 0o644); err != nil {
		t.Fatal(err)
	}
	folder := Folder(t.TempDir())
	sweep := &Sweep{Library: library, Folder: folder}
	onTest, full, low := Rescore{Split: "test"}, Rescore{Rank: 5}, Rescore{Rank: 1}
	diverges := list[3]
	experiments := []Experiment{
		rescored(list[0], onTest), rescored(list[0], full), rescored(list[0], low), rescored(list[1], onTest),
		rescored(diverges, onTest),
	}
	plan := cases.Must(sweep.Plan(experiments))
	// prompts of 5 vectors on test and dev, of 3 on test
	if plan.Runs != 3+5 || len(plan.Refused) > 0 || len(plan.Scores) != 3 {
		t.Fatalf("there must be 3 runs to train and 5 scores in 3 groups, found %d runs, %d groups, refused %v",
			plan.Runs, len(plan.Scores), plan.Refused)
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	again := cases.Must(sweep.Plan(experiments))
	if again.Done != 8 || len(again.Groups)+len(again.Scores) > 0 || len(again.Failures) != 2 {
		t.Errorf("nothing is left to do, found %d done, %d failed", again.Done, len(again.Failures))
	}
	for _, e := range experiments {
		job := cases.Must(library.Job(e))
		of, record := cases.Must(folder.Find(job.Of.ID)), cases.Must(folder.Find(job.ID))
		if record == nil || record.Experiment().Key() != e.Key() || len(record.Losses) > 0 {
			t.Fatalf("%+v: found %+v", e.Rescore, record)
		}
		if record.Of() != of.ID || of.Of() != "" {
			t.Errorf("%+v: it scores %q, want %s", e.Rescore, record.Of(), of.ID)
		}
		if (record.Failure != "") != (of.Failure != "") {
			t.Errorf("%+v: of a run with failure %q found %q", e.Rescore, of.Failure, record.Failure)
		}
		if of.Failure != "" {
			continue
		}
		if e.Rescore == full && record.BestScore() != of.BestScore() {
			t.Errorf("at full rank the prompt scores %g, in its run %g", record.BestScore(), of.BestScore())
		}
		p := cases.Must(folder.Prompt(of))
		if e.Rescore == low {
			p = cases.Must(p.Truncated(1))
		}
		scores := cases.Must(train.Evaluate(context.Background(), library.Backend, job.Model, p, job.Data, 7, nil))
		if diff := cmp.Diff(scores, record.Evaluations[0].Scores); diff != "" {
			t.Errorf("%+v: the record differs from an evaluation of the stored prompt:\n%s", e.Rescore, diff)
		}
		if n := record.Evaluations[0].Scores.Metrics[0].N; e.Rescore == onTest && n != 21 || e.Rescore != onTest &&
			n != 10 {
			t.Errorf("%+v: %d rows were scored", e.Rescore, n)
		}
	}
}

// TestRescoreStale: the score of a prompt that is no longer there, or was trained again to another, is made again.
func TestRescoreStale(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	experiments := []Experiment{rescored(list[1], Rescore{Rank: 2})}
	if err := sweep.Run(context.Background(), cases.Must(sweep.Plan(experiments))); err != nil {
		t.Fatal(err)
	}
	of := cases.Must(sweep.Folder.Find(cases.Must(library.Job(list[1])).ID))
	of.Prompts.Best.Prompt = strings.Repeat("0", 64) // as if it were another prompt's
	if err := of.Write(sweep.Folder.RecordPath(of.ID)); err != nil {
		t.Fatal(err)
	}
	if plan := cases.Must(sweep.Plan(experiments)); plan.Done != 1 || len(plan.Scores) != 1 {
		t.Errorf("the score of another prompt must be made again, found %d of %d done", plan.Done, plan.Runs)
	}
	if err := os.Remove(sweep.Folder.PromptPath(of.ID)); err != nil {
		t.Fatal(err)
	}
	if plan := cases.Must(sweep.Plan(experiments)); plan.Done != 0 || len(plan.Groups) != 1 {
		t.Errorf("without its prompt the run must be trained again, found %d of %d done", plan.Done, plan.Runs)
	}
}

func TestRescoreRefuses(t *testing.T) {
	library, list := sweepCase(t)
	dir := list[0].Data
	folder := Folder(t.TempDir())
	row := `{"premise": "It rained.", "hypothesis": "it rained", "idx": 0}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "CB", "test.jsonl"), []byte(row), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := library.Job(rescored(list[0], Rescore{Split: "test"})); err == nil ||
		!strings.Contains(err.Error(), "label") {
		t.Errorf("rows without labels must be refused, found %v", err)
	}
	job := cases.Must(library.Job(rescored(list[0], Rescore{Rank: 1})))
	ctx, data := context.Background(), job.Data
	for what, call := range map[string]func() error{
		"NewRescore": func() error {
			_, err := NewJob(job.Model, data, Settings{Method: job.Spec.Method, Recipe: job.Recipe,
				Rescore: Rescore{Rank: 1}}, nil)
			return err
		},
		"Folder.Rescore": func() error { _, err := trained(t, folder, Options{}, job); return err },
		"Folder.Train": func() error {
			_, err := folder.Rescore(ctx, library.Backend, []*Job{job.Of},
				Options{})
			return err
		},
		"must have a record": func() error {
			_, err := folder.Rescore(ctx, library.Backend, []*Job{job}, Options{})
			return err
		},
		"no prompt": func() error {
			whole := cases.Must(NewJob(job.Model, data, Settings{Method: prompt.Spec{Method: prompt.FineTuning{}},
				Recipe: job.Recipe}, nil))
			_, err := NewRescore(whole, Rescore{Rank: 1}, data)
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("the error must have %q, found %v", what, err)
		}
	}
	if len(data.WithDev(data.Train.Rows).Dev.Rows) != 21 || len(data.Dev.Rows) != 10 {
		t.Error("a dataset with other rows to evaluate on must leave the first as it was")
	}
}

// TestRescoreOfDamaged: a run whose record is damaged is named and passed over, and so are the scores of its prompt; the
// others are made.
func TestRescoreOfDamaged(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	damaged := sweep.Folder.RecordPath(cases.Must(library.Job(list[0])).ID)
	if err := os.WriteFile(damaged, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	low := Rescore{Rank: 1}
	plan := cases.Must(sweep.Plan([]Experiment{rescored(list[0], low), rescored(list[1], low)}))
	if len(plan.Refused) != 2 || !strings.Contains(errors.Join(plan.Refused...).Error(), damaged) {
		t.Errorf("the damaged record must be named for the run and its score, found %v", plan.Refused)
	}
	if err := sweep.Run(context.Background(), plan); err != nil {
		t.Fatal(err)
	}
	if record := cases.Must(sweep.Folder.Find(cases.Must(library.Job(rescored(list[1], low))).ID)); record == nil {
		t.Error("the score of the other run's prompt must be made")
	}
}

// TestRescoreWithoutWeights: scores of weights that were removed are refused, with the record to remove; other runs are
// made.
func TestRescoreWithoutWeights(t *testing.T) {
	recipe := train.PaperRecipe
	recipe.Epochs, recipe.Dropout = 1, 0
	tuned := Experiment{Model: "toy-s", Data: "toy", Text: Text{Task: "CB", MaxSource: 256},
		Settings: Settings{FewShot: 16, Method: prompt.Spec{Method: prompt.FineTuning{}}, Recipe: recipe}}
	other := tuned
	other.Method = prompt.Spec{Method: small}
	sweep := &Sweep{Library: &Library{Backend: cases.Backend(t)}, Folder: Folder(t.TempDir())}
	if err := sweep.Run(t.Context(), cases.Must(sweep.Plan([]Experiment{tuned}))); err != nil {
		t.Fatal(err)
	}
	id := cases.Must(sweep.Library.Job(tuned)).ID
	if err := os.Remove(sweep.Folder.WeightsPath(id)); err != nil {
		t.Fatal(err)
	}
	plan := cases.Must(sweep.Plan([]Experiment{rescored(tuned, Rescore{Split: "test"}), other}))
	if len(plan.Refused) != 1 || !strings.Contains(plan.Refused[0].Error(), sweep.Folder.RecordPath(id)) {
		t.Errorf("the record must be named, found %v", plan.Refused)
	}
	if err := sweep.Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if record := cases.Must(sweep.Folder.Find(cases.Must(sweep.Library.Job(other)).ID)); record == nil {
		t.Error("the other run must be made")
	}
}

// TestRescoreInShares: a process whose share scores a prompt that nobody has trained yet trains it itself, as what
// others have left, and then scores it.
func TestRescoreInShares(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	outline := library.Outline([]Experiment{rescored(list[1], Rescore{Rank: 1})}, Hardware{}, 0)
	if len(outline.Groups) != 2 || len(outline.Refused) > 0 {
		t.Fatalf("there must be a group to train and one to score, found %+v", outline)
	}
	shares := &Shares{Groups: outline.Groups, Shares: [][]int{{1}, {0}}}
	out := cases.Must(sweep.RunShare(context.Background(), shares, 0))
	if len(out.Failures)+len(out.Refused)+out.Elsewhere > 0 {
		t.Errorf("the share must be done, found %+v", out)
	}
	if status := cases.Must(NewWatch(sweep.Folder, shares.Experiments()).Status()); status.Done != 2 {
		t.Errorf("2 runs must be done, found %+v", status)
	}
}
