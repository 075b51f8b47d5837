// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
)

// Experiment is a run as one asks for it: by the names of a model and of data, which a [Library] finds. What it finds
// makes it a [Spec].
type Experiment struct {
	Model     string `json:"model"`               // "toy-l", "t5-small", ORG/NAME or a folder: see [Library]
	Precision string `json:"precision,omitempty"` // of the frozen weights: "" for float32, or "bfloat16"
	Data      string `json:"data,omitempty"`      // "toy" or a folder; "" for the SuperGLUE that was fetched
	Settings
}

// UnmarshalJSON reads an experiment in which "task" and "method" must be there; other settings are the paper's where they
// are not given, those inside "recipe" too. A name that no setting has is an error.
func (e *Experiment) UnmarshalJSON(data []byte) error {
	type plain Experiment
	filled := plain{Settings: Settings{MaxSource: 256, Recipe: PaperRecipe}}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&filled); err != nil {
		return err
	}
	switch {
	case filled.Task == "" || filled.Method.Method == nil || filled.Model == "":
		return errors.New(`an experiment must have a "model", a "task" and a "method"`)
	case filled.Precision != "" && filled.Precision != "bfloat16":
		return fmt.Errorf(`"precision" is left out, or "bfloat16", found %q`, filled.Precision)
	case filled.MaxSource < 1 || filled.FewShot < 0:
		return fmt.Errorf(`"max_source" must be at least 1 and "few_shot" at least 0, found %d and %d`, filled.MaxSource, filled.FewShot)
	}
	if err := filled.Recipe.check(); err != nil {
		return err
	}
	*e = Experiment(filled)
	return nil
}

// Key identifies the experiment among others. Unlike a [Spec]'s ID it can be had without the model and the data.
func (e Experiment) Key() string {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // plain numbers and strings
	}
	return string(text)
}

// ReadExperiments reads experiments as a JSON array, or one after the other.
func ReadExperiments(from io.Reader) ([]Experiment, error) {
	in := bufio.NewReader(from)
	decoder := json.NewDecoder(in)
	if first, err := firstByte(in); err == nil && first == '[' {
		if _, err := decoder.Token(); err != nil {
			return nil, err
		}
	}
	var list []Experiment
	for decoder.More() {
		var e Experiment
		if err := decoder.Decode(&e); err != nil {
			return nil, fmt.Errorf("experiment %d, at byte %d: %w", len(list)+1, decoder.InputOffset(), err)
		}
		list = append(list, e)
	}
	if _, err := decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("behind experiment %d: %w", len(list), err)
	}
	if len(list) == 0 {
		return nil, errors.New("there must be experiments, found none")
	}
	return list, nil
}

// firstByte is the first that is no space; it stays unread.
func firstByte(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !unicode.IsSpace(rune(b)) {
			return b, in.UnreadByte()
		}
	}
}

// Experiment is what the record's run was asked for as.
func (r *Record) Experiment() Experiment {
	return Experiment{r.ModelName, r.Precision, r.DataName, r.Spec.Settings}
}
