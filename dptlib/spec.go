// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"dpt/superglue"
	"dpt/t5"
)

// Spec is everything that changes a run's result. Runs of equal specs are the same run.
type Spec struct {
	Model string `json:"model"` // [t5.Model.Fingerprint], which covers the precision
	Data  string `json:"data"`  // [Dataset.Fingerprint]
	Settings
}

// Settings are what a run does with a model and data.
type Settings struct {
	Task          string           `json:"task"`
	Format        superglue.Format `json:"format"`
	MaxSource     int              `json:"max_source"`               // tokens of text, the last of them </s>
	FewShot       int              `json:"few_shot,omitempty"`       // training examples, drawn with the recipe's seed; 0: all
	ShuffleLabels bool             `json:"shuffle_labels,omitempty"` // train on targets dealt anew among the examples: a control that has nothing to learn but their frequencies
	Method        Choice           `json:"method"`
	Recipe        Recipe           `json:"recipe"`
}

// Recipe is how a method is trained. No field's zero value means anything but what it says: start from [PaperRecipe].
type Recipe struct {
	Epochs        int     `json:"epochs"`
	Updates       int     `json:"updates,omitempty"` // if not 0, what to train for instead of whole epochs
	BatchSize     int     `json:"batch_size"`
	LearningRate  float64 `json:"learning_rate"` // the peak
	Warmup        float64 `json:"warmup"`        // share of all updates
	Decay         Decay   `json:"decay"`
	Optimizer     AdamW   `json:"optimizer"`
	Dropout       float64 `json:"dropout"`
	LengthWindow  int     `json:"length_window"`            // batches within which examples are sorted by length; 1 keeps the released code's random order
	EvaluateEvery int     `json:"evaluate_every,omitempty"` // updates between evaluations; 0: an epoch. The last update is followed by one in any case
	Holdout       int     `json:"holdout,omitempty"`        // training examples to set aside and select the best evaluation on; 0 selects on the development split, as the paper does
	Seed          uint64  `json:"seed"`
}

// PaperRecipe is the paper's recipe where it is stated, and the released code's where it is not: 100 epochs, batches of
// 16, AdamW with a peak learning rate of 0.3 after 10 % linear warm-up, linear decay, dropout 0.1.
var PaperRecipe = Recipe{
	Epochs: 100, BatchSize: 16, LearningRate: 0.3, Warmup: 0.1, Decay: LinearDecay, Optimizer: PaperAdamW, Dropout: 0.1, LengthWindow: 8, Seed: 42,
}

// newSpec describes a run on a model and data; what the settings say of task and text is the data's.
func newSpec(m *t5.Model, data *Dataset, settings Settings) (Spec, error) {
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return Spec{}, err
	}
	settings.Task, settings.Format, settings.MaxSource = data.Task.Name, data.Format, data.MaxSource
	return Spec{fingerprint, data.Fingerprint(), settings}, nil
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
	case r.Updates < 0 || r.Updates == 0 && r.Epochs < 1:
		return fmt.Errorf("a recipe needs at least 1 epoch or update, found %d epochs and %d updates", r.Epochs, r.Updates)
	case r.BatchSize < 1 || r.LengthWindow < 1:
		return fmt.Errorf("a recipe needs at least 1 example per batch and a length window of 1, found %d and %d", r.BatchSize, r.LengthWindow)
	case !(r.LearningRate >= 0 && r.LearningRate <= math.MaxFloat32) || !(r.Warmup >= 0 && r.Warmup <= 1) || !(r.Dropout >= 0 && r.Dropout < 1):
		return fmt.Errorf("a recipe needs a finite learning rate of at least 0, a warm-up from 0 to 1 and a dropout from 0 to below 1, found %g, %g and %g", r.LearningRate, r.Warmup, r.Dropout)
	case r.Decay != LinearDecay && r.Decay != NoDecay:
		return fmt.Errorf("a recipe's decay is %q or %q, found %q", LinearDecay, NoDecay, r.Decay)
	case r.EvaluateEvery < 0 || r.Holdout < 0:
		return fmt.Errorf("a recipe's evaluate_every and holdout must be at least 0, found %d and %d", r.EvaluateEvery, r.Holdout)
	}
	return nil
}
