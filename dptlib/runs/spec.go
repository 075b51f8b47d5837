// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// Version counts the changes of this program's code that change the result of a run. It is part of a run's identity, so
// that runs made before such a change and after it are never taken for the same. Raise it with any change of data
// order, random numbers, formulas or optimizer; TestGoldenIDs fails where a spec's JSON changes without it.
const Version = 1

// Spec is everything that changes a run's result. Runs of equal specs are the same run. Its JSON is frozen: new fields
// need omitempty, and none may be renamed or moved.
type Spec struct {
	Version int    `json:"version,omitempty"` // [Version]
	Model   string `json:"model"`             // [t5.Model.Fingerprint], which covers the precision
	Code    string `json:"code,omitempty"`    // for a method that is not part of this program: see [codeOf]
	Data    string `json:"data"`              // [train.Dataset.Fingerprint]
	Init    string `json:"init,omitempty"`    // digest of the stored prompt that it starts from
	TF32    bool   `json:"tf32,omitempty"`    // products of float32 are computed in TF32, as on NVIDIA GPUs
	Rows    string `json:"rows,omitempty"`    // fingerprint of the dataset with the rows that Rescore's split has
	Text
	Settings
}

// Text says how a task's rows become tokens.
type Text struct {
	Task      string           `json:"task"`
	Format    superglue.Format `json:"format"`
	MaxSource int              `json:"max_source"` // tokens of text, the last of them </s>
}

// Settings say how a run uses a model and data.
type Settings struct {
	// training examples, drawn with the recipe's seed; 0: all
	FewShot int `json:"few_shot,omitempty"`
	// train on targets shuffled among the examples: a control that can only learn their frequencies
	ShuffleLabels bool         `json:"shuffle_labels,omitempty"`
	Method        prompt.Spec  `json:"method"`
	Recipe        train.Recipe `json:"recipe"`
	// score the stored prompt of the run without Rescore once more, and train nothing
	Rescore Rescore `json:"rescore,omitzero"`
}

// maxExamples bounds few_shot: no task has as many.
const maxExamples = 1 << 30

// check returns an error that names the setting with which no run can be made.
func (s Settings) check() error {
	if s.FewShot < 0 || s.FewShot > maxExamples {
		return fmt.Errorf(`"few_shot" must be from 0 to %d, found %d`, maxExamples, s.FewShot)
	}
	if u, unknown := s.Method.Method.(prompt.Unknown); unknown {
		m, err := prompt.Named(u.Name())
		if err == nil {
			err = fmt.Errorf("a method's name must be given in full: want %q, found %q", m.Name(), u.Name())
		}
		return err
	}
	if err := prompt.CheckRegistered(s.Method.Method); err != nil {
		return err
	}
	if err := s.Rescore.check(s.Method.Method); err != nil {
		return err
	}
	return s.Recipe.Check()
}

// ID names the run: the first 16 hexadecimal digits of the SHA-256 of the spec's JSON.
func (s Spec) ID() string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // a spec consists of an existing method, and of plain numbers and strings
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
