// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// timeless leaves out of a record what differs from one run to the next.
var timeless = cmpopts.IgnoreFields(Record{}, "Started", "Seconds", "ExamplesPerSec", "PeakRSSMiB")

// TestResume interrupts a group every few updates; each time the next call goes on from there, and the end is bit-identical
// to that of an uninterrupted run. Once the last checkpoint is damaged, and the one before it must do.
func TestResume(t *testing.T) {
	m, jobs := groupCase(t, 0.1, func(r *Recipe) { r.Updates, r.EvaluateEvery = 12, 4 })
	jobs = jobs[:2]
	want, err := Train(context.Background(), testBackend(t), m, jobs, nil)
	if err != nil {
		t.Fatal(err)
	}
	runs, interruptions, damaged := Runs(t.TempDir()), 0, 0
	var records []*Record
	for records == nil {
		kept := runs.checkpoints(jobs, 0)
		var began int
		ctx, cancel := context.WithCancel(context.Background())
		got, err := runs.train(ctx, testBackend(t), m, jobs, 0, func(p Progress) {
			if began == 0 {
				began = p.Update
			}
			if p.Update >= began+4 {
				cancel()
			}
		})
		cancel()
		switch {
		case errors.Is(err, context.Canceled):
			if interruptions++; interruptions == 2 {
				damage(t, kept.path)
				damaged++
			}
		case err != nil:
			t.Fatal(err)
		}
		records = got
	}
	if interruptions < 2 || damaged == 0 {
		t.Fatalf("there were %d interruptions and %d damaged checkpoints", interruptions, damaged)
	}
	for i, record := range records {
		if diff := cmp.Diff(want[i].Record, record, timeless); diff != "" {
			t.Errorf("run %d differs after %d interruptions:\n%s", i, interruptions, diff)
		}
		for path, prompt := range map[string]*Prompt{runs.PromptPath(record.ID): want[i].Best, runs.LastPromptPath(record.ID): want[i].Last} {
			stored, err := LoadPrompt(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(prompt.product, stored.product); diff != "" {
				t.Errorf("%s differs:\n%s", path, diff)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(string(runs), ".checkpoints", "*")); left != nil {
		t.Errorf("checkpoints were left: %v", left)
	}
}

// damage flips one bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 4
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCheckpointRefuses: whichever byte is wrong or missing, a checkpoint is refused, and training starts anew.
func TestCheckpointRefuses(t *testing.T) {
	m, jobs := groupCase(t, 0)
	runs := Runs(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	_, err := runs.train(ctx, testBackend(t), m, jobs[:1], 0, func(p Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	path := runs.checkpoints(jobs[:1], 0).path
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := readCheckpoint(path); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		at := i * len(whole) / 40
		flipped := append([]byte{}, whole...)
		flipped[at] ^= 1
		for what, data := range map[string][]byte{"flipped": flipped, "cut": whole[:at]} {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, _, err := readCheckpoint(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s at byte %d: the error must name the file, found %v", what, at, err)
			}
		}
	}
	warned := ""
	kept := runs.checkpoints(jobs[:1], 0)
	kept.log = func(format string, args ...any) { warned += fmt.Sprintf(format, args...) }
	s, err := newSession(testBackend(t), m, jobs[:1])
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := kept.resume(s); err != nil || s.updates() != 0 || !strings.Contains(warned, path) {
		t.Errorf("a damaged checkpoint must be said and not be used, found %v, %d updates and %q", err, s.updates(), warned)
	}
}
