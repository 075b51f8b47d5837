// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"dpt/dptlib/runs"
	"dpt/t5/toy"
)

// Store is the records of one or more folders of runs, found by what was asked for. Neither model nor data need be
// open: a figure is drawn in seconds.
//
// A name of a model or of data stands for one fingerprint at a time: the toys' are those of this program, others' that
// of the newest record. So what is asked for by names is one run, the same that a sweep finds by its spec.
type Store struct {
	Stale []*runs.Record // left out: of a model, data or version of the code that is not the current one
	Bad   []error        // files that could not be read

	records map[string]*runs.Record // by keyOf their experiment
}

// OpenStore reads the records in folders. One that doesn't exist is empty, and files that cannot be read are passed
// over.
func OpenStore(folders ...string) (*Store, error) {
	var all []*runs.Record
	s := &Store{}
	for _, folder := range folders {
		records, bad := runs.Folder(folder).Records()
		all, s.Bad = append(all, records...), append(s.Bad, bad...)
	}
	return s, s.fill(all)
}

// fill takes the current ones of records.
func (s *Store) fill(all []*runs.Record) error {
	s.records = map[string]*runs.Record{}
	slices.SortStableFunc(all, func(a, b *runs.Record) int { return b.Started.Compare(a.Started) }) // the newest first
	current, err := toyFingerprints()
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Spec.Version != runs.Version || !current.accept(r) {
			s.Stale = append(s.Stale, r)
			continue
		}
		if key := keyOf(r.Experiment()); s.records[key] == nil {
			s.records[key] = r
		}
	}
	return nil
}

// Len returns how many records there are.
func (s *Store) Len() int { return len(s.records) }

// Find returns the record of an experiment, or nil.
func (s *Store) Find(e runs.Experiment) *runs.Record { return s.records[keyOf(e)] }

// keyOf identifies an experiment. The folder that SuperGLUE's files lie in makes no difference to it.
func keyOf(e runs.Experiment) string {
	e = e.Canonical()
	if !runs.ToyData(e.Data) {
		e.Data = ""
	}
	return e.Key()
}

// fingerprints are the current ones, by what has them.
type fingerprints map[string]string

// toyFingerprints returns those of the toy models and data that are part of the program.
func toyFingerprints() (fingerprints, error) {
	f := fingerprints{}
	for _, name := range toy.Names {
		text, err := toy.Record(name)
		if err != nil {
			return nil, err
		}
		var made struct{ Fingerprint string }
		if err := json.Unmarshal(text, &made); err != nil {
			return nil, fmt.Errorf("recipe.json of %s: %w", name, err)
		}
		f[modelKey(name, "")] = made.Fingerprint
	}
	for text, fingerprint := range toyData {
		f["data toy "+text] = fingerprint
	}
	return f, nil
}

// accept reports whether a record is of the current model and data. The first record of a model or of data that is not
// known yet makes its own the current one.
func (f fingerprints) accept(r *runs.Record) bool {
	e := r.Experiment().Canonical()
	if !runs.ToyData(e.Data) {
		e.Data = ""
	}
	keys := map[string]string{
		modelKey(e.Model, e.Precision):                                         r.Spec.Model,
		fmt.Sprintf("data %s %s %s %d", e.Data, e.Task, e.Format, e.MaxSource): r.Spec.Data,
	}
	for key, fingerprint := range keys {
		if known, ok := f[key]; ok && known != fingerprint {
			return false
		}
	}
	for key, fingerprint := range keys {
		f[key] = fingerprint
	}
	return true
}

func modelKey(name, precision string) string {
	return strings.TrimSpace("model " + name + " " + precision)
}

// Folder returns where a setup's records are stored, from the repository's root. The quick variant's runs are among the
// toy's.
func Folder(o Options) string {
	name := o.Setup
	if name == Quick {
		name = Toy
	}
	return filepath.Join("figures", "runs", name)
}
