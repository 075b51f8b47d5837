// SPDX-License-Identifier: Apache-2.0

package train

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/modelfile"
	"dpt/t5/safetensors"
)

// Checkpoint saves a group of runs while it is trained: it keeps the last checkpoint, and the one before it in case the
// last is damaged. A checkpoint is a safetensors file of the runs' variables, their moments and best prompts; its
// metadata hold the results so far and a SHA-256 of everything. It need not hold random numbers or the order of data,
// since they follow from the seed and the number of updates. The zero value keeps none.
type Checkpoint struct {
	Path  string                           // of the last; the one before it is at Path + ".previous"
	Every time.Duration                    // the least time between two
	Log   func(format string, args ...any) // says why a checkpoint is not used; may be nil
}

// state is the metadata of a checkpoint.
type state struct {
	Updates int           `json:"updates"`
	Elapsed time.Duration `json:"elapsed"`
	Counted []int         `json:"counted"`
	IDs     []string      `json:"ids"`
	Results []*Result     `json:"results"`
}

const previous = ".previous"

// saveIfDue writes a checkpoint when it is time to, or when ctx is done (it then returns ctx.Err()). It writes none
// after the last update, since the results follow at once.
func (c Checkpoint) saveIfDue(ctx context.Context, s *session) error {
	ended := ctx.Err()
	if s.updates() == s.calendar.Total || c.Path == "" || ended == nil && time.Since(s.clock.saved) < c.Every {
		return ended
	}
	if err := c.save(s); err != nil {
		return fmt.Errorf("writing a checkpoint: %w", err)
	}
	s.clock.saved = time.Now()
	return ended
}

// Exists reports whether there is a checkpoint, good or not.
func (c Checkpoint) Exists() bool {
	_, err := os.Stat(c.Path)
	_, before := os.Stat(c.Path + previous)
	return err == nil || before == nil
}

// Remove deletes the files that a finished group no longer needs.
func (c Checkpoint) Remove() {
	os.Remove(c.Path)
	os.Remove(c.Path + previous)
}

func (c Checkpoint) save(s *session) error {
	list, err := s.trainer.variables()
	if err != nil {
		return err
	}
	content := state{Updates: s.updates(), Elapsed: s.clock.spent(), Counted: s.counted, IDs: ids(s.jobs)}
	for i, run := range s.runs {
		content.Results = append(content.Results, &run.Result)
		if run.BestPrompt == nil {
			continue
		}
		for _, t := range run.BestPrompt.Tensors() {
			t.Name = fmt.Sprintf("%s%d/%s", bestPrefix, i, t.Name)
			list = append(list, t)
		}
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o755); err != nil {
		return err
	}
	next := c.Path + ".next"
	if err := safetensors.Write(next, list, map[string]string{"state": string(text),
		"sha256": digest(text, list)}); err != nil {
		return err
	}
	if err := os.Rename(c.Path, c.Path+previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(next, c.Path)
}

const bestPrefix = "best/"

// digest returns the SHA-256, in hex, of a checkpoint's state and tensors.
func digest(text []byte, list []safetensors.Tensor) string {
	sum := sha256.Sum256(append([]byte(safetensors.Digest(list)), text...))
	return hex.EncodeToString(sum[:])
}

// resume brings a new session to the state of the last good checkpoint, if there is one.
func (c Checkpoint) resume(s *session) error {
	s.clock.saved = time.Now()
	if c.Path == "" {
		return nil
	}
	for _, path := range []string{c.Path, c.Path + previous} {
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
		if c.Log != nil {
			c.Log("%v: it is not used", err)
		}
	}
	return nil
}

// maxCheckpoint is the size of the largest checkpoint that is read: a fine-tuned T5-large and its moments.
const maxCheckpoint = 64 << 30

// readCheckpoint reads and verifies a checkpoint.
func readCheckpoint(path string) (*state, []safetensors.Tensor, error) {
	data, err := modelfile.Read(path, maxCheckpoint) // whole, so that nothing changes it after it was verified
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
		if t.DType != safetensors.Float32 {
			return nil, nil, fmt.Errorf("%s: tensor %q must be F32, found %s", path, name, t.DType)
		}
		t.Data = bytes.Clone(t.Data)
		list = append(list, t)
	}
	text := []byte(file.Metadata["state"])
	if found := digest(text, list); found != file.Metadata["sha256"] {
		return nil, nil, fmt.Errorf("%s: its SHA-256 must be %s, found %s: the checkpoint is damaged", path,
			file.Metadata["sha256"], found)
	}
	content := new(state)
	if err := json.Unmarshal(text, content); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, list, nil
}

// restore brings the session to a checkpoint's state, if the checkpoint is of the same runs; otherwise the session
// stays as it is.
func (s *session) restore(content *state, list []safetensors.Tensor) error {
	if !slices.Equal(content.IDs, ids(s.jobs)) || len(content.Results) != len(s.jobs) ||
		len(content.Counted) != len(s.jobs) {
		return fmt.Errorf("a checkpoint must be of the runs %v, found %v", ids(s.jobs), content.IDs)
	}
	if content.Updates < 0 || content.Updates >= s.calendar.Total {
		return fmt.Errorf("a checkpoint must be from before update %d, found %d", s.calendar.Total, content.Updates)
	}
	best := make([][]safetensors.Tensor, len(s.runs))
	var variables []safetensors.Tensor
	for _, t := range list {
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
		best[run] = append(best[run], t)
	}
	if err := s.trainer.restore(content.Updates, variables); err != nil {
		return err
	}
	prompts, err := s.trainer.Prompts()
	if err != nil {
		return err
	}
	for i, run := range s.runs {
		run.Result, run.LastPrompt = *content.Results[i], prompts[i]
		if best[i] != nil {
			run.BestPrompt = prompt.FromTensors(s.jobs[i].Method, best[i])
		}
	}
	s.clock.before, s.counted = content.Elapsed, content.Counted
	return nil
}

// variables returns everything that an update changes: the methods' variables and their moments.
func (t *Trainer) variables() (list []safetensors.Tensor, err error) {
	for _, in := range t.methods {
		for v := range in.Scope().IterVariables() {
			value, err := v.Value()
			if err != nil {
				return nil, err
			}
			tensor, err := t5.HostTensor(v.Path(), value)
			if err != nil {
				return nil, err
			}
			list = append(list, tensor)
		}
	}
	return list, nil
}

// restore sets the variables that [Trainer.variables] returned after a number of updates. It sets nothing if one is
// missing or has another shape.
func (t *Trainer) restore(updates int, list []safetensors.Tensor) error {
	wanted := t.shapesOf()
	values := make([]*tensors.Tensor, len(list))
	for i, from := range list {
		shape, ok := wanted[from.Name]
		if !ok {
			return fmt.Errorf("a checkpoint has an unexpected tensor %q", from.Name)
		}
		if !slices.Equal(from.Shape, shape) {
			return fmt.Errorf("tensor %q must have shape %v, found %v", from.Name, shape, from.Shape)
		}
		var err error
		if values[i], err = tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, from.Shape...), from.Data); err != nil {
			return fmt.Errorf("tensor %q: %w", from.Name, err)
		}
		delete(wanted, from.Name)
	}
	if len(wanted) > 0 {
		return fmt.Errorf("a checkpoint lacks the tensors %v", slices.Sorted(maps.Keys(wanted)))
	}
	store := t.methods[0].Scope().Store()
	for i, from := range list {
		if err := set(store, from.Name, values[i]); err != nil {
			return err
		}
	}
	t.updates = updates
	return nil
}

// shapesOf returns the shapes of the variables that [Trainer.variables] returns, by path.
func (t *Trainer) shapesOf() map[string][]int {
	wanted := map[string][]int{}
	for _, in := range t.methods {
		for _, v := range in.Variables {
			wanted[v.Path()] = v.Shape().Dimensions
			if moments := MomentsScope(in.Scope(), v.Variable).Scope(); !v.Frozen {
				wanted[moments+"/first"], wanted[moments+"/second"] = v.Shape().Dimensions, v.Shape().Dimensions
			}
		}
	}
	return wanted
}

// set gives a variable of the store a value, and creates the variable if necessary.
func set(store *model.Store, path string, value *tensors.Tensor) error {
	if v := store.GetVariable(path); v != nil {
		return v.SetValue(value)
	}
	v, err := store.CreateVariable(path, value)
	if err == nil {
		v.SetTrainable(false)
	}
	return err
}
