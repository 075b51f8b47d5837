// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// TestStatus: runs are told apart by records and locks alone: done, failed, in training here or elsewhere, interrupted,
// not begun.
func TestStatus(t *testing.T) {
	folder := Folder(t.TempDir())
	var list []Experiment
	for seed := range 8 {
		job := toyJob(t, small, func(r *train.Recipe) { r.Epochs, r.Seed = 1, uint64(seed) })
		job.Experiment.Model, job.Experiment.Data = "tiny", "toy"
		list = append(list, job.Experiment)
		switch seed {
		case 0:
			cases.Must(trained(t, folder, Options{}, job))
		case 1: // failed
			cases.Must(trained(t, folder, Options{}, job))
			record := cases.Must(ReadRecord(folder.RecordPath(job.ID)))
			record.Failure = "loss NaN"
			if err := record.Write(folder.RecordPath(job.ID)); err != nil {
				t.Fatal(err)
			}
		case 2: // its prompt was lost
			cases.Must(trained(t, folder, Options{}, job))
			if err := os.Remove(folder.PromptPath(job.ID)); err != nil {
				t.Fatal(err)
			}
		case 3: // a record of another version
			cases.Must(trained(t, folder, Options{}, job))
			record := cases.Must(ReadRecord(folder.RecordPath(job.ID)))
			record.Spec.Version, record.ID = Version+1, ""
			record.ID = record.Spec.ID()
			if err := errors.Join(os.Remove(folder.RecordPath(job.ID)),
				record.Write(folder.RecordPath(record.ID))); err != nil {
				t.Fatal(err)
			}
		case 4, 5: // in one batch, on another machine
			h := newHolder(true)
			h.Process, h.Nonce = Process{Host: "node7", PID: 7, Slurm: "17_3", Boot: "another"}, 7
			l := cases.Must(h.take(filepath.Join(folder.locks(), job.ID), job.Experiment))
			l.beat(train.Progress{Update: 30, Updates: 60, ExamplesPerSec: 250, Remaining: time.Minute})
		case 6: // interrupted
			l := cases.Must(newHolder(true).take(filepath.Join(folder.locks(), job.ID), job.Experiment))
			l.beat(train.Progress{Update: 20, Updates: 60})
			l.release(false)
		}
	}
	if err := os.WriteFile(filepath.Join(string(folder), "bad.json"), []byte("null"), 0o644); err != nil {
		t.Fatal(err)
	}
	watch := NewWatch(folder, append(list, list[0]))
	for range 2 { // the second time from what was read
		s := cases.Must(watch.Status())
		if s.Runs != 8 || s.Done != 1 || len(s.Failures) != 1 || s.Waiting != 4 || s.Complete() || len(s.Bad) != 1 {
			t.Errorf("found %+v", s)
		}
		if len(s.Running) != 1 || len(s.Running[0].Experiments) != 2 || s.Running[0].Process.Host != "node7" ||
			s.Running[0].Progress.Update != 30 {
			t.Errorf("two runs are in training on node7, found %+v", s.Running)
		}
		if len(s.Stopped) != 1 || s.Stopped[0].Process != thisProcess() || s.Stopped[0].Progress.Update != 20 {
			t.Errorf("a run was interrupted here, found %+v", s.Stopped)
		}
		if want := (1.0 + 1 + 2*0.5) / 8; s.Share != want {
			t.Errorf("the share must be %v, found %v", want, s.Share)
		}
		text := s.String()
		for _, want := range []string{
			"1 of 8 runs are done, 1 failed, 2 in training, 4 waiting (1 were interrupted)", "2 DPT on CB with tiny",
			"node7, process 7, Slurm job 17_3",
			"30 of 60", "250", "1m0s", "20 of 60", "loss NaN", "bad.json",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	}
	then := time.Now().Add(-2 * silence)
	for _, lock := range cases.Must(os.ReadDir(folder.locks())) {
		if err := os.Chtimes(filepath.Join(folder.locks(), lock.Name()), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if s := cases.Must(watch.Status()); len(s.Running) != 0 || len(s.Stopped) != 2 || s.Waiting != 6 {
		t.Errorf("a machine that is silent trains nothing, found %s", s)
	}
	if s := cases.Must(NewWatch("no such folder", list).Status()); s.Waiting != 8 {
		t.Errorf("in no folder all runs wait, found %s", s)
	}
}

// TestNames: a run has the same key under all names that it can be asked for by.
func TestNames(t *testing.T) {
	e := Experiment{Model: "toy-l", Data: "toy"}
	e.Method = prompt.Spec{Method: small}
	for _, names := range [][2]string{{"toy", "toy"}, {"toy-l", "toy:1"}, {"toy", "toy:1"}} {
		other := e
		if other.Model, other.Data = names[0], names[1]; nameKey(other) != nameKey(e) {
			t.Errorf("%v is another run than %v", names, e)
		}
	}
	e.Model, e.Data = "t5-small", ""
	for _, names := range [][2]string{{"google-t5/t5-small", "fetched"}, {"t5-small", "fetched"}} {
		other := e
		if other.Model, other.Data = names[0], names[1]; nameKey(other) != nameKey(e) {
			t.Errorf("%v is another run than %v", names, e)
		}
	}
	folder, other := e, e
	folder.Data, other.Data = "testdata", cases.Must(filepath.Abs("testdata"))
	if nameKey(folder) != nameKey(other) {
		t.Error("a folder is other data by its absolute name")
	}
	if other := e; true {
		if other.Data = "toy"; nameKey(other) == nameKey(e) {
			t.Error("other data is the same run")
		}
	}
}
