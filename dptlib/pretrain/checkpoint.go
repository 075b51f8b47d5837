// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/renameio/v2"

	"dpt/dptlib/train"
	"dpt/t5"
	"dpt/t5/safetensors"
	"dpt/t5/toy"
)

// entry is a line of the loss log.
type entry struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"` // mean since the line before
}

// state is a checkpoint's metadata.
type state struct {
	Recipe Recipe  `json:"recipe"`
	Step   int     `json:"step"`
	Log    []entry `json:"log"`
	Sum    float64 `json:"sum"` // of the losses since the log's last line
	Summed int     `json:"summed"`
}

// logged counts the lines of the log after a number of steps.
func (s state) logged(every int) int {
	if s.Step == s.Recipe.Steps {
		return (s.Step + every - 1) / every
	}
	return s.Step / every
}

// digest returns the SHA-256, in hex, of a checkpoint's state and tensors.
func digest(state string, list []safetensors.Tensor) string {
	sum := sha256.Sum256([]byte(safetensors.Digest(list) + state))
	return hex.EncodeToString(sum[:])
}

// resume initialises the trained variables and AdamW's moments, from the checkpoint if dir has one.
func (t *trainer) resume() error {
	path := filepath.Join(t.dir, "checkpoint.safetensors")
	file, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = nil, nil
		if t.has("recipe.json") || t.has("config.json") && !t.has("loss.jsonl") { // not an interrupted first save
			return fmt.Errorf("%s must be a new folder, or have the checkpoint of a pretraining to go on with; found "+
				"a model without one", t.dir)
		}
	}
	if err != nil {
		return err
	}
	if file != nil {
		defer file.Close()
		if err := t.restore(file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, w := range t.model.Weights() {
		v := t.model.Variable(w)
		v.SetTrainable(true)
		t.variables = append(t.variables, v)
		if file == nil {
			continue
		}
		value, err := t.read(file, w.Name, w.Shape)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := v.SetValue(value); err != nil {
			return err
		}
		for _, moment := range moments(v) {
			value, err := t.read(file, w.Name+"."+moment, w.Shape)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if _, err := t.model.Store.CreateVariable(t.momentPath(v, moment), value); err != nil {
				return err
			}
		}
	}
	return nil
}

// has reports whether the folder has a file of that name.
func (t *trainer) has(name string) bool {
	_, err := os.Lstat(filepath.Join(t.dir, name))
	return err == nil
}

// restore restores the state of an interrupted run of the same recipe.
func (t *trainer) restore(file *safetensors.File) error {
	var list []safetensors.Tensor
	for _, name := range file.Names() {
		tensor, _ := file.Tensor(name)
		list = append(list, tensor)
	}
	metadata := file.Metadata["state"]
	if want, found := file.Metadata["sha256"], digest(metadata, list); found != want {
		return fmt.Errorf("its SHA-256 must be %s, found %s: the checkpoint is damaged; remove it to begin again", want,
			found)
	}
	var s state
	if err := json.Unmarshal([]byte(metadata), &s); err != nil {
		return fmt.Errorf("its state must be JSON: %w", err)
	}
	if s.Step < 0 || s.Step > t.recipe.Steps || len(s.Log) != s.logged(t.layout.logEvery) {
		return fmt.Errorf("it must be from step 0 to %d, with a line of the log for every %d, found step %d and %d "+
			"lines",
			t.recipe.Steps, t.layout.logEvery, s.Step, len(s.Log))
	}
	if s.Recipe != t.recipe {
		return fmt.Errorf("it belongs to a run of another recipe, %+v; this one is %+v: give another folder", s.Recipe,
			t.recipe)
	}
	t.step, t.log, t.sum, t.summed = s.Step, s.Log, s.Sum, s.Summed
	return nil
}

func (t *trainer) read(file *safetensors.File, name string, shape []int) (*tensors.Tensor, error) {
	tensor, ok := file.Tensor(name)
	want := shapes.Make(dtypes.Float32, shape...)
	if !ok || tensor.DType != safetensors.Float32 || fmt.Sprint(tensor.Shape) != fmt.Sprint(shape) {
		return nil, fmt.Errorf("tensor %q must be F32 of shape %v, found %s %v", name, shape, tensor.DType,
			tensor.Shape)
	}
	value := tensors.FromShape(want)
	return value, value.MutableBytes(func(data []byte) { copy(data, tensor.Data) })
}

// moments names the averages of a weight's gradients that its optimizer keeps: Muon one, AdamW two.
func moments(v *model.Variable) []string {
	if isMatrix(v) {
		return []string{"first"}
	}
	return []string{"first", "second"}
}

// momentPath returns the path of a weight's moment in the store.
func (t *trainer) momentPath(v *model.Variable, moment string) string {
	return train.MomentsScope(t.model.Store.Scope(scopePath), v).Scope() + "/" + moment
}

// save writes the loss log, the model and, last, the checkpoint.
func (t *trainer) save() error {
	var log bytes.Buffer
	for _, e := range t.log {
		if err := json.NewEncoder(&log).Encode(e); err != nil {
			return err
		}
	}
	if err := renameio.WriteFile(filepath.Join(t.dir, "loss.jsonl"), log.Bytes(), 0o644); err != nil {
		return err
	}
	whole, err := t.whole()
	if err != nil {
		return err
	}
	if err := whole.Save(t.dir); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(t.dir, "spiece.model"), toy.Vocabulary(), 0o644); err != nil {
		return err
	}
	metadata, err := json.Marshal(state{t.recipe, t.step, t.log, t.sum, t.summed})
	if err != nil {
		return err
	}
	var list []safetensors.Tensor
	for i, w := range t.model.Weights() {
		v := t.variables[i]
		parts := map[string]*model.Variable{w.Name: v}
		for _, moment := range moments(v) {
			parts[w.Name+"."+moment] = t.model.Store.GetVariable(t.momentPath(v, moment))
		}
		for name, part := range parts {
			value, err := part.Value()
			if err != nil {
				return err
			}
			tensor, err := t5.HostTensor(name, value)
			if err != nil {
				return err
			}
			list = append(list, tensor)
		}
	}
	return safetensors.Write(filepath.Join(t.dir, "checkpoint.safetensors"), list, map[string]string{
		"state": string(metadata), "sha256": digest(string(metadata), list),
	})
}

// describe writes the recipe of the model, the factor that it was rescaled by, and its fingerprint.
func (t *trainer) describe(m *t5.Model, factor float64) error {
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(struct {
		Fingerprint string  `json:"fingerprint"`
		Parameters  int     `json:"parameters"`
		Steps       int     `json:"steps"`
		Loss        float64 `json:"loss"` // of the last entry of the log
		Factor      float64 `json:"rescaled_by"`
		Recipe      Recipe  `json:"recipe"`
	}{fingerprint, m.NumParameters(), t.step, t.log[len(t.log)-1].Loss, factor, t.recipe}, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(t.dir, "recipe.json"), append(data, '\n'), 0o644)
}
