// SPDX-License-Identifier: Apache-2.0

package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
)

// TestResume interrupts a group every few updates; each time the next call goes on from there, and the end is
// bit-identical to that of an uninterrupted run. Once the last checkpoint is damaged, and the one before it must do.
func TestResume(t *testing.T) {
	jobs := groupCase(t, 0.1, func(r *Recipe) { r.Updates, r.EvaluateEvery = 12, 4 })[:2]
	want, err := trainAll(t, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	kept := Checkpoint{Path: filepath.Join(t.TempDir(), "checkpoints", "group.safetensors")}
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	var got []*Run
	interruptions := 0
	for got == nil {
		if interruptions > 12 {
			t.Fatal("the runs do not get to their end")
		}
		began := -1
		ctx, cancel := context.WithCancel(context.Background())
		got, err = runner.Train(ctx, jobs, Options{Checkpoint: kept, Report: func(p Progress) {
			if p.Stage == Training && began < 0 {
				began = p.Update
			}
			if began >= 0 && p.Update >= began+4 {
				cancel()
			}
		}})
		cancel()
		if interruptions > 0 && began < 2 {
			t.Errorf("after interruption %d the runs began again", interruptions)
		}
		switch {
		case errors.Is(err, context.Canceled):
			if interruptions++; interruptions == 2 {
				damage(t, kept.Path)
			}
		case err != nil:
			t.Fatal(err)
		}
	}
	if interruptions < 2 {
		t.Fatalf("there were %d interruptions, and no damaged checkpoint", interruptions)
	}
	for i, run := range got {
		if diff := cmp.Diff(want[i].Result, run.Result, timeless); diff != "" {
			t.Errorf("run %d differs after %d interruptions:\n%s", i, interruptions, diff)
		}
		if run.BestPrompt.Digests() != want[i].BestPrompt.Digests() ||
			run.LastPrompt.Digests() != want[i].LastPrompt.Digests() {
			t.Errorf("run %d's prompts differ after %d interruptions", i, interruptions)
		}
	}
	if kept.Remove(); kept.Exists() {
		t.Error("a removed checkpoint exists")
	}
}

// damage flips one bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	data := cases.Must(os.ReadFile(path))
	data[len(data)/2] ^= 4
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// interrupted leaves a checkpoint after the first update.
func interrupted(t *testing.T, runner *Runner, job *Job) Checkpoint {
	t.Helper()
	kept := Checkpoint{Path: filepath.Join(t.TempDir(), "run.safetensors")}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := runner.Train(ctx, []*Job{job}, Options{Checkpoint: kept, Report: func(p Progress) {
		if p.Update > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return kept
}

// TestCheckpointRefuses: whichever byte is wrong or missing, a checkpoint is refused, and training starts from the
// beginning.
func TestCheckpointRefuses(t *testing.T) {
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	job := groupCase(t, 0)[0]
	kept := interrupted(t, runner, job)
	whole := cases.Must(os.ReadFile(kept.Path))
	if _, _, err := readCheckpoint(kept.Path); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		at := i * len(whole) / 40
		flipped := append([]byte{}, whole...)
		flipped[at] ^= 1
		for what, data := range map[string][]byte{"flipped": flipped, "cut": whole[:at]} {
			if err := os.WriteFile(kept.Path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, _, err := readCheckpoint(kept.Path); err == nil || !strings.Contains(err.Error(), kept.Path) {
				t.Errorf("%s at byte %d: the error must name the file, found %v", what, at, err)
			}
		}
	}
	warned := ""
	kept.Log = func(format string, args ...any) { warned += fmt.Sprintf(format, args...) }
	s := cases.Must(runner.begin([]*Job{job}, Options{}))
	if err := kept.resume(s); err != nil || s.updates() != 0 || !strings.Contains(warned, kept.Path) {
		t.Errorf("a damaged checkpoint must be named and not be used, found %v, %d updates and %q", err, s.updates(),
			warned)
	}
}

// A checkpoint that lacks a variable, or has one of another shape, changes nothing: the run is the same as without it.
func TestFailedRestoreChangesNothing(t *testing.T) {
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	job := groupCase(t, 0)[0]
	content, list, err := readCheckpoint(interrupted(t, runner, job).Path)
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(){
		"a variable less": func() { list = list[:len(list)-1] },
		"another shape":   func() { list[len(list)-1].Shape = []int{1, 2}; list[len(list)-1].Data = make([]byte, 8) },
		"other runs":      func() { content.IDs = []string{"another"} },
		"a negative step": func() { content.Updates = -5 },
		"all steps made":  func() { content.Updates = 50 },
	} {
		before := *content
		kept := append(list[:0:0], list...)
		spoil()
		s := cases.Must(runner.begin([]*Job{job}, Options{}))
		clean := cases.Must(s.trainer.Prompts())[0].Digests()
		if err := s.restore(content, list); err == nil {
			t.Errorf("%s: a checkpoint was used", what)
		}
		if after := cases.Must(s.trainer.Prompts())[0].Digests(); after != clean || s.updates() != 0 {
			t.Errorf("%s: a refused checkpoint left %d updates and changed variables: %v", what, s.updates(),
				after != clean)
		}
		*content, list = before, kept
	}
}
