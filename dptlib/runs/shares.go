// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/renameio/v2"
)

// Shares is a sweep cut into parts that take about equally long, one for each of several processes: the tasks of a
// Slurm array, or workers on one machine. They read it from a file.
type Shares struct {
	Commit string          `json:"commit"` // of the program that made the shares, see [Commit]
	Groups []OutlinedGroup `json:"groups"`
	Shares [][]int         `json:"shares"` // the groups of each share, as indices into Groups
}

// Cut cuts a sweep into at most n shares, whole groups each: the longest first, to the share that has least so far. So
// a share exceeds the mean by at most one group. A group whose runs all have a record, by the names of models and data,
// counts as nothing, except for runs that failed before retry.
func (f Folder) Cut(o *Outline, n int, retry time.Time) (*Shares, error) {
	stored := newIndex(f)
	if err := stored.read(); err != nil {
		return nil, err
	}
	s := &Shares{Commit: Commit(), Groups: slices.Clone(o.Groups)}
	for i, group := range s.Groups {
		missing := 0
		for _, e := range group.Experiments {
			if h := stored.find(e); h == nil || h.Failure != "" && h.written.Before(retry) {
				missing++
			}
		}
		s.Groups[i].Seconds *= float64(missing) / float64(len(group.Experiments))
	}
	s.cut(n)
	return s, nil
}

// cut makes the shares.
func (s *Shares) cut(n int) {
	order, work := make([]int, len(s.Groups)), 0
	for i, group := range s.Groups {
		if order[i] = i; group.Seconds > 0 {
			work++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.Groups[b].Seconds, s.Groups[a].Seconds) })
	s.Shares = make([][]int, min(n, work))
	if len(s.Shares) == 0 {
		return
	}
	seconds := make([]float64, len(s.Shares))
	for _, i := range order {
		least := slices.Index(seconds, slices.Min(seconds))
		s.Shares[least] = append(s.Shares[least], i)
		seconds[least] += s.Groups[i].Seconds
	}
	for _, share := range s.Shares {
		slices.Sort(share) // models one after the other
	}
}

// Seconds returns about how long each share takes.
func (s *Shares) Seconds() []float64 {
	list := make([]float64, len(s.Shares))
	for i, share := range s.Shares {
		for _, group := range share {
			list[i] += s.Groups[group].Seconds
		}
	}
	return list
}

// Experiments returns the experiments of all groups.
func (s *Shares) Experiments() (list []Experiment) {
	for _, group := range s.Groups {
		list = append(list, group.Experiments...)
	}
	return list
}

// from returns the groups of the shares from the one at i on, around to the one before it.
func (s *Shares) from(i, n int) (groups []OutlinedGroup) {
	for k := range n {
		for _, group := range s.Shares[(i+k)%len(s.Shares)] {
			groups = append(groups, s.Groups[group])
		}
	}
	return groups
}

// Write stores the shares in a folder of runs, and returns the file's path. Each way to cut a sweep has a file of its
// own, so that writing it again changes nothing for processes that read it.
func (s *Shares) Write(f Folder) (path string, err error) {
	path, text, err := s.file(f)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, renameio.WriteFile(path, text, 0o644)
}

// file returns path and content of the shares' file.
func (s *Shares) file(f Folder) (path string, text []byte, err error) {
	if text, err = jsonv1.Marshal(s); err != nil {
		return "", nil, err
	}
	dir, err := filepath.Abs(string(f))
	name := sha256.Sum256(text)
	return filepath.Join(dir, ".tasks", hex.EncodeToString(name[:8]), "shares.json"), append(text, '\n'), err
}

// ReadShares reads what [Shares.Write] wrote.
func ReadShares(path string) (*Shares, error) {
	text, err := readFile(path, maxSweepFile)
	if err != nil {
		return nil, err
	}
	s := new(Shares)
	if err = json.Unmarshal(text, s, json.RejectUnknownMembers(true)); err == nil {
		err = s.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// check ensures that each group has runs and is in one share.
func (s *Shares) check() error {
	times := make([]int, len(s.Groups))
	for _, share := range s.Shares {
		for _, i := range share {
			if i < 0 || i >= len(times) {
				return fmt.Errorf("a share's groups must be from 0 to %d, found %d", len(times)-1, i)
			}
			times[i]++
		}
	}
	if len(s.Shares) == 0 {
		return errors.New("there must be a share, found none")
	}
	for i, n := range times {
		if n != 1 || len(s.Groups[i].Experiments) == 0 {
			return fmt.Errorf("group %d must have experiments and be in one share, found %d and %d", i,
				len(s.Groups[i].Experiments), n)
		}
	}
	return nil
}
