// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5/safetensors"
)

// checkpoints keep a group of runs while it is trained: the last checkpoint, and the one before it in case that the last is
// damaged. A checkpoint is a safetensors file of the runs' variables, their moments and best prompts; its metadata hold
// the records so far and a SHA-256 of all of it. Random numbers and the order of data need no place in it: they follow from
// the seed and the number of updates. nil keeps none.
type checkpoints struct {
	path  string        // of the last; the one before it has ".previous" behind
	every time.Duration // at least so much time between two
	log   func(format string, args ...any)

	saved time.Time
}

// state is what a checkpoint's metadata hold.
type state struct {
	Updates int           `json:"updates"`
	Elapsed time.Duration `json:"elapsed"`
	Records []*Record     `json:"records"`
}

const previous = ".previous"

// saveIfDue writes a checkpoint when it is time to, or when ctx has ended, whose error it returns then. Behind the last
// update there is none: the records come next.
func (c *checkpoints) saveIfDue(ctx context.Context, s *session) error {
	ended := ctx.Err()
	if s.updates() == s.calendar.total || c == nil || ended == nil && time.Since(c.saved) < c.every {
		return ended
	}
	if err := c.save(s); err != nil {
		return fmt.Errorf("writing a checkpoint: %w", err)
	}
	c.saved = time.Now()
	return ended
}

// exist says whether there is a checkpoint, good or not.
func (c *checkpoints) exist() bool {
	_, err := os.Stat(c.path)
	_, before := os.Stat(c.path + previous)
	return err == nil || before == nil
}

// remove deletes what a finished group has no more use for.
func (c *checkpoints) remove() {
	os.Remove(c.path)
	os.Remove(c.path + previous)
}

func (c *checkpoints) save(s *session) error {
	list, err := s.trainer.variables()
	if err != nil {
		return err
	}
	content := state{Updates: s.updates(), Elapsed: s.spent()}
	for i, run := range s.runs {
		content.Records = append(content.Records, run.Record)
		for _, t := range run.Best.tensors() {
			t.Name = fmt.Sprintf("%s%d/%s", bestPrefix, i, t.Name)
			list = append(list, t)
		}
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o755); err != nil {
		return err
	}
	next := c.path + ".next"
	if err := safetensors.Write(next, list, map[string]string{"state": string(text), "sha256": digest(text, list)}); err != nil {
		return err
	}
	if err := os.Rename(c.path, c.path+previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(next, c.path)
}

const bestPrefix = "best/"

// digest is the SHA-256, in hex, of a checkpoint's state and tensors.
func digest(text []byte, list []safetensors.Tensor) string {
	hash := sha256.New()
	part := func(data []byte) {
		binary.Write(hash, binary.LittleEndian, uint64(len(data))) // a hash takes all that is written
		hash.Write(data)
	}
	part(text)
	sorted := make(map[string][]byte, len(list))
	for _, t := range list {
		sorted[t.Name] = t.Data
	}
	for _, name := range slices.Sorted(maps.Keys(sorted)) {
		part([]byte(name))
		part(sorted[name])
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// resume brings a new session to where a checkpoint left it, if there is a good one.
func (c *checkpoints) resume(s *session) error {
	if c == nil {
		return nil
	}
	c.saved = time.Now()
	for _, path := range []string{c.path, c.path + previous} {
		content, list, err := readCheckpoint(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = s.restore(content, list)
		}
		if err == nil {
			return nil
		}
		c.log("%v: it is not used", err)
	}
	return nil
}

// readCheckpoint reads and verifies a checkpoint.
func readCheckpoint(path string) (*state, []safetensors.Tensor, error) {
	data, err := os.ReadFile(path) // whole, so that nothing changes it after it was verified
	if err != nil {
		return nil, nil, err
	}
	file, err := safetensors.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	var list []safetensors.Tensor
	for _, name := range file.Names() {
		t, _ := file.Tensor(name)
		list = append(list, t)
	}
	text := []byte(file.Metadata["state"])
	if found := digest(text, list); found != file.Metadata["sha256"] {
		return nil, nil, fmt.Errorf("%s: its SHA-256 must be %s, found %s: the checkpoint is damaged", path, file.Metadata["sha256"], found)
	}
	content := new(state)
	if err := json.Unmarshal(text, content); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, list, nil
}

// restore takes a checkpoint's state over, if it is of the same runs.
func (s *session) restore(content *state, list []safetensors.Tensor) error {
	if len(content.Records) != len(s.runs) || content.Updates > s.calendar.total {
		return fmt.Errorf("a checkpoint must be of these %d runs of %d updates, found %d and %d", len(s.runs), s.calendar.total, len(content.Records), content.Updates)
	}
	best := make([]*Prompt, len(s.runs))
	for i, record := range content.Records {
		if record.ID != s.runs[i].Record.ID {
			return fmt.Errorf("a checkpoint must be of run %s, found %s", s.runs[i].Record.ID, record.ID)
		}
		best[i] = &Prompt{}
	}
	var variables []safetensors.Tensor
	for _, t := range list {
		t.Data = bytes.Clone(t.Data)
		name, isBest := strings.CutPrefix(t.Name, bestPrefix)
		if !isBest {
			variables = append(variables, t)
			continue
		}
		var run int
		if _, err := fmt.Sscanf(name, "%d/", &run); err != nil || run < 0 || run >= len(best) {
			return fmt.Errorf("a checkpoint has an unexpected tensor %q", t.Name)
		}
		_, t.Name, _ = strings.Cut(name, "/")
		best[run].add(t)
	}
	if err := s.trainer.restore(content.Updates, variables); err != nil {
		return err
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return err
	}
	for i, run := range s.runs {
		run.Record, run.Best, run.Last = content.Records[i], best[i], prompts[i]
		run.Record.Spec.Method = s.jobs[i].Spec.Method
	}
	s.elapsed, s.first = content.Elapsed, content.Updates
	return nil
}

// variables are all that an update changes: the members' variables and their moments.
func (t *Trainer) variables() ([]safetensors.Tensor, error) {
	var list []safetensors.Tensor
	for v := range t.model.Store.Scope(promptScope).IterVariables() {
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		tensor, err := onHost(v.Path(), value)
		if err != nil {
			return nil, err
		}
		list = append(list, tensor)
	}
	return list, nil
}

// restore sets what [Trainer.variables] gave after so many updates.
func (t *Trainer) restore(updates int, list []safetensors.Tensor) error {
	trained := map[string]bool{}
	for _, m := range t.members {
		for _, v := range m.variables {
			trained[v.Path()] = true
		}
	}
	for _, from := range list {
		value, err := tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, from.Shape...), from.Data)
		if err != nil {
			return err
		}
		v := t.model.Store.GetVariable(from.Name)
		if v == nil { // a moment, which the first update would make
			if v, err = t.model.Store.CreateVariable(from.Name, value); err == nil {
				v.SetTrainable(false)
			}
		} else if !v.Shape().Equal(value.Shape()) {
			err = fmt.Errorf("tensor %q must have shape %s, found %s", from.Name, v.Shape(), value.Shape())
		} else {
			err = v.SetValue(value)
		}
		if err != nil {
			return err
		}
		delete(trained, from.Name)
	}
	if len(trained) > 0 {
		return fmt.Errorf("a checkpoint lacks the variables %v", slices.Sorted(maps.Keys(trained)))
	}
	t.updates = updates
	return nil
}
