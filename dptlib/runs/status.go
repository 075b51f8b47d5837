// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"dpt/dptlib/train"
)

// Status says how far a sweep is, with all processes that work on it.
type Status struct {
	Runs     int     // of the sweep, each once
	Share    float64 // of the work that is done, runs in training counted by their progress; see [Watch.Weigh]
	Done     int     // have a result
	Failures []Failure
	Running  []Running
	Stopped  []Running // were interrupted, and go on from a checkpoint if there is one
	Waiting  int       // the rest
	Slurm    []SlurmTask
	Bad      []error // records that cannot be read
}

// Running holds runs that are being trained in one batch.
type Running struct {
	Experiments []Experiment
	Process     Process
	Since       time.Time
	Heard       time.Time // when the process last wrote how far it is
	Progress    train.Progress
}

// Watch follows a sweep by the records and locks in its folder. Neither models nor data are opened, so a record counts
// by the names in its request, even if the model or data under a name has changed since.
type Watch struct {
	keys        []string // of the experiments, each once
	experiments map[string]Experiment
	index       *index
	weights     map[string]float64
}

// NewWatch makes a watch on a sweep's experiments.
func NewWatch(folder Folder, experiments []Experiment) *Watch {
	w := &Watch{experiments: map[string]Experiment{}, index: newIndex(folder), weights: map[string]float64{}}
	for _, e := range withTrained(experiments) {
		key := nameKey(e)
		if _, ok := w.experiments[key]; !ok {
			w.keys, w.experiments[key], w.weights[key] = append(w.keys, key), e, 1
		}
	}
	return w
}

// Weigh makes runs count by the time that they were estimated to take; without it all count the same.
func (w *Watch) Weigh(groups []OutlinedGroup) {
	for _, g := range groups {
		for _, e := range g.Experiments {
			w.weights[nameKey(e)] = g.Seconds / float64(len(g.Experiments))
		}
	}
}

// Status reads how far the sweep is. Called again, it reads only what is new.
func (w *Watch) Status() (*Status, error) {
	slurm := make(chan []SlurmTask, 1)
	go func() { slurm <- slurmTasks(w.index.folder) }()
	held, stopped, err := w.index.folder.holders() // before the records: a run ends with its record
	if err != nil {
		return nil, err
	}
	if err := w.index.read(); err != nil {
		return nil, err
	}
	s := &Status{Runs: len(w.keys), Bad: w.index.bad}
	running := map[string]bool{}
	s.Running = w.those(held, running)
	s.Stopped = w.those(stopped, map[string]bool{})
	done, all := 0.0, 0.0
	for _, key := range w.keys {
		e, h := w.experiments[key], w.index.byKey[key]
		if all += w.weights[key]; h != nil && !running[key] {
			done += w.weights[key]
		}
		switch {
		case running[key]:
		case h == nil:
			s.Waiting++
		case h.Failure != "":
			s.Failures = append(s.Failures, Failure{h.ID, e, h.Failure})
		default:
			s.Done++
		}
	}
	for _, r := range s.Running {
		for _, e := range r.Experiments {
			done += w.weights[nameKey(e)] * r.Progress.Share()
		}
	}
	if all > 0 {
		s.Share = done / all
	}
	s.Slurm = <-slurm
	return s, nil
}

// those returns the sweep's runs among locks, those of a batch together, and notes which they are. A run with a record
// has been trained, unless it failed or the record is another run's with the same names.
func (w *Watch) those(locks []lockOf, noted map[string]bool) (list []Running) {
	batches := map[uint64]int{}
	for _, l := range locks {
		h := w.index.byKey[l.key]
		e, ours := w.experiments[l.key]
		if !ours || noted[l.key] || h != nil && (!l.active || h.ID == l.id && h.Failure == "") {
			continue
		}
		noted[l.key] = true
		i, ok := batches[l.Nonce]
		if !ok {
			i = len(list)
			batches[l.Nonce] = i
			list = append(list, Running{Process: l.Process, Since: l.Since, Heard: l.written, Progress: l.Progress})
		}
		list[i].Experiments = append(list[i].Experiments, e)
	}
	slices.SortStableFunc(list, func(a, b Running) int {
		return cmp.Or(cmp.Compare(a.Process.Host, b.Process.Host), cmp.Compare(a.Process.PID, b.Process.PID),
			a.Since.Compare(b.Since))
	})
	return list
}

// lockOf holds the content of a lock file.
type lockOf struct {
	holder
	written time.Time
	active  bool
	id, key string
}

// holders reads the folder's lock files: those of running processes, and those that others left.
func (f Folder) holders() (held, stopped []lockOf, err error) {
	entries, err := os.ReadDir(f.locks())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	entries = slices.DeleteFunc(entries, func(entry fs.DirEntry) bool { return strings.Contains(entry.Name(), ".") })
	all := make([]lockOf, len(entries))
	now := time.Now()
	inParallel(len(all), func(i int) {
		h, written := readLock(filepath.Join(f.locks(), entries[i].Name()))
		var e Experiment
		if h.Nonce == 0 || json.Unmarshal(h.Experiment, (*lenient)(&e)) != nil {
			return
		}
		all[i] = lockOf{h, written, h.active(written, now), entries[i].Name(), nameKey(e)}
	})
	for _, l := range all {
		switch {
		case l.active:
			held = append(held, l)
		case l.key != "":
			stopped = append(stopped, l)
		}
	}
	return held, stopped, nil
}

// lenient is an experiment that is read without any checks; this program need not even know its method.
type lenient Experiment
