// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"dpt/superglue"
	"dpt/t5"
)

// Spec is everything that changes a run's result. Runs of equal specs are the same run.
type Spec struct {
	Model     string           `json:"model"` // [t5.Model.Fingerprint]
	Data      string           `json:"data"`  // [Dataset.Fingerprint]
	Task      string           `json:"task"`
	Format    superglue.Format `json:"format"`
	MaxSource int              `json:"max_source"`         // tokens of text, the last of them </s>
	FewShot   int              `json:"few_shot,omitempty"` // training examples, drawn with the recipe's seed; 0: all
	Method    Choice           `json:"method"`
	Recipe    Recipe           `json:"recipe"`
}

// Recipe is how a prompt is trained. No field's zero value means anything but itself: start from [PaperRecipe].
type Recipe struct {
	Epochs       int     `json:"epochs"`
	BatchSize    int     `json:"batch_size"`
	LearningRate float64 `json:"learning_rate"` // the peak
	Warmup       float64 `json:"warmup"`        // share of all updates
	Optimizer    AdamW   `json:"optimizer"`
	Dropout      float64 `json:"dropout"`
	LengthWindow int     `json:"length_window"` // batches within which examples are sorted by length; 1 keeps the released code's random order
	Seed         uint64  `json:"seed"`
}

// PaperRecipe is the paper's recipe where it is stated, and the released code's where it is not: 100 epochs, batches of
// 16, AdamW with a peak learning rate of 0.3 after 10 % linear warm-up, dropout 0.1.
var PaperRecipe = Recipe{
	Epochs: 100, BatchSize: 16, LearningRate: 0.3, Warmup: 0.1, Optimizer: PaperAdamW, Dropout: 0.1, LengthWindow: 8, Seed: 42,
}

// NewSpec describes the training of a method for a model on a dataset.
func NewSpec(m *t5.Model, data *Dataset, method Method, recipe Recipe) (Spec, error) {
	model, err := m.Fingerprint()
	if err != nil {
		return Spec{}, err
	}
	return Spec{model, data.Fingerprint(), data.Task.Name, data.Format, data.MaxSource, len(data.Draw), Choice{method}, recipe}, nil
}

// ID names the run: the first 16 hexadecimal digits of the SHA-256 of the spec's JSON.
func (s Spec) ID() string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain numbers and strings
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// check finds what no run can be made of.
func (r Recipe) check() error {
	switch {
	case r.Epochs < 1 || r.BatchSize < 1 || r.LengthWindow < 1:
		return fmt.Errorf("a recipe needs at least 1 epoch, 1 example per batch and a length window of 1, found %d, %d and %d", r.Epochs, r.BatchSize, r.LengthWindow)
	case !(r.LearningRate >= 0) || !(r.Warmup >= 0 && r.Warmup <= 1) || !(r.Dropout >= 0 && r.Dropout < 1):
		return fmt.Errorf("a recipe needs a learning rate of at least 0, a warm-up from 0 to 1 and a dropout from 0 to below 1, found %g, %g and %g", r.LearningRate, r.Warmup, r.Dropout)
	}
	return nil
}
