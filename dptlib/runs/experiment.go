// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bufio"
	jsonv1 "encoding/json" // writes what keys are made of
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpt/dptlib/train"
)

// Experiment is a request for a run: it names a model and data. A [Library] finds these and makes a [Spec] of it.
type Experiment struct {
	Model     string `json:"model"`               // "toy-l", "t5-small", ORG/NAME or a folder: see [Library]
	Precision string `json:"precision,omitempty"` // of the frozen weights: "" for float32, or "bfloat16"
	Data      string `json:"data,omitempty"`      // "toy" or a folder; "" for the SuperGLUE that was fetched
	Init      string `json:"init,omitempty"`      // file of a stored prompt to start from
	Text
	Settings
}

// UnmarshalJSON reads an experiment in which "model", "task" and "method" must be present; other settings that are not
// given are the paper's, including those inside "recipe". A name that no setting has is an error, and so is a name
// given twice.
func (e *Experiment) UnmarshalJSON(data []byte) error {
	type plain Experiment
	filled := plain{Text: Text{MaxSource: 256}, Settings: Settings{Recipe: train.PaperRecipe}}
	if err := json.Unmarshal(data, &filled, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	if err := Experiment(filled).check(); err != nil {
		return err
	}
	*e = Experiment(filled)
	return nil
}

// check returns an error that names the setting with which no run can be made, as far as that can be told without the
// model and the data.
func (e Experiment) check() error {
	switch {
	case e.Task == "" || e.Method.Method == nil || e.Model == "":
		return errors.New(`an experiment must have a "model", a "task" and a "method"`)
	case e.Precision != "" && e.Precision != "bfloat16":
		return fmt.Errorf(`"precision" must be left out or "bfloat16", found %q`, e.Precision)
	case e.MaxSource < 1 || e.MaxSource > train.MaxLength:
		return fmt.Errorf(`"max_source" must be from 1 to %d, found %d`, train.MaxLength, e.MaxSource)
	}
	return e.Settings.check()
}

// Key identifies the experiment among others. Unlike a [Spec]'s ID it can be computed without the model and the data.
func (e Experiment) Key() string {
	text, err := jsonv1.Marshal(e)
	if err != nil {
		panic(err) // it consists of an existing method, and of plain numbers and strings
	}
	return string(text)
}

// Canonical returns the experiment with one name for a model or data that has several: "toy-l" for "toy", "t5-small"
// for "google-t5/t5-small", "toy" for "toy:1", an empty one for fetched data, and the absolute name of a folder of data.
func (e Experiment) Canonical() Experiment {
	e.Model = strings.TrimPrefix(e.Model, "google-t5/")
	if name, ok := toyModel(e.Model); ok {
		e.Model = name
	}
	switch seed, ok := toySeed(e.Data); {
	case ok && seed == 1:
		e.Data = "toy"
	case e.Data == "fetched":
		e.Data = ""
	case !ok && e.Data != "":
		if path, err := filepath.Abs(e.Data); err == nil {
			e.Data = path
		}
	}
	return e
}

// ReadExperiments reads experiments as a JSON array, or one after the other, up to the end of from.
func ReadExperiments(from io.Reader) ([]Experiment, error) {
	decoder := jsontext.NewDecoder(bufio.NewReader(io.LimitReader(from, maxSweepFile)))
	array := decoder.PeekKind() == '['
	if array {
		if _, err := decoder.ReadToken(); err != nil {
			return nil, err
		}
	}
	var list []Experiment
	for decoder.PeekKind() == '{' {
		at := decoder.InputOffset()
		var e Experiment
		if err := json.UnmarshalDecode(decoder, &e); err != nil {
			return nil, fmt.Errorf("experiment %d, at byte %d: %w", len(list)+1, at, err)
		}
		list = append(list, e)
	}
	if array {
		if _, err := decoder.ReadToken(); err != nil || decoder.StackDepth() != 0 {
			return nil, fmt.Errorf("after experiment %d, at byte %d: another experiment or the end of the array must "+
				"follow (%v)",
				len(list), decoder.InputOffset(), err)
		}
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("after experiment %d, at byte %d: nothing but further experiments may follow (%v)",
			len(list), decoder.InputOffset(), err)
	}
	if len(list) == 0 {
		return nil, errors.New("it must hold experiments, found none")
	}
	return list, nil
}

// maxSweepFile is the number of bytes of a list of experiments that are read at most.
const maxSweepFile = 256 << 20
