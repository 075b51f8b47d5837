// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"dpt/dptlib"
	"dpt/t5/toy"
)

// Store is the records of one or more folders of runs, found by what was asked for. Neither model nor data need be at
// hand: a figure is drawn in seconds.
type Store struct {
	// Stale are records that are left out: their toy model is not the one that this program has now.
	Stale []*dptlib.Record

	records map[string]*dptlib.Record // by keyOf their experiment
}

// OpenStore reads the records in folders. One that doesn't exist is empty; of records of one experiment the newest counts,
// for the data may have changed in between.
func OpenStore(folders ...string) (*Store, error) {
	s := &Store{records: map[string]*dptlib.Record{}}
	for _, folder := range folders {
		names, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			r, err := dptlib.ReadRecord(name)
			if errors.Is(err, fs.ErrNotExist) { // was removed meanwhile
				continue
			}
			if err != nil {
				return nil, err
			}
			if err := s.add(r); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *Store) add(r *dptlib.Record) error {
	stale, err := outdated(r)
	if err != nil {
		return err
	}
	if stale {
		s.Stale = append(s.Stale, r)
		return nil
	}
	key := keyOf(r.Experiment())
	if before := s.records[key]; before == nil || r.Started.After(before.Started) {
		s.records[key] = r
	}
	return nil
}

// Len is how many records there are.
func (s *Store) Len() int { return len(s.records) }

// Find is the record of an experiment, or nil.
func (s *Store) Find(e dptlib.Experiment) *dptlib.Record { return s.records[keyOf(e)] }

// keyOf identifies an experiment. The folder that SuperGLUE's files lie in makes no difference to it.
func keyOf(e dptlib.Experiment) string {
	if !strings.HasPrefix(e.Data, "toy") {
		e.Data = ""
	}
	return e.Key()
}

// outdated says whether a record's toy model is another than the program's of that name.
func outdated(r *dptlib.Record) (bool, error) {
	if !slices.Contains(toy.Names, r.ModelName) || r.Precision != "" {
		return false, nil
	}
	text, err := toy.Record(r.ModelName)
	if err != nil {
		return false, err
	}
	var made struct{ Fingerprint string }
	if err := json.Unmarshal(text, &made); err != nil {
		return false, fmt.Errorf("recipe.json of %s: %w", r.ModelName, err)
	}
	return made.Fingerprint != r.Spec.Model, nil
}

// Folder is where a setup's records are stored, from the repository's root. The quick variant's runs are among the toy's.
func Folder(o Options) string {
	name := o.Setup
	if name == "quick" {
		name = Toy
	}
	return filepath.Join("figures", "runs", name)
}
