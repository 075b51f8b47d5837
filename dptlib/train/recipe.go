// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"math"
)

// Recipe says how a method is trained. Zero values do not stand for defaults: start from [PaperRecipe]. A Recipe's JSON
// is part of a run's identity.
type Recipe struct {
	Epochs       int     `json:"epochs"`
	Updates      int     `json:"updates,omitempty"` // if not 0, how many to train for instead of whole epochs
	BatchSize    int     `json:"batch_size"`
	LearningRate float64 `json:"learning_rate"` // the peak
	Warmup       float64 `json:"warmup"`        // share of all updates
	Decay        Decay   `json:"decay"`
	Optimizer    AdamW   `json:"optimizer"`
	Dropout      float64 `json:"dropout"`
	// batches within which examples are sorted by length; 1 keeps the released code's random order
	LengthWindow int `json:"length_window"`
	// updates between evaluations; 0: an epoch. The last update is always followed by an evaluation
	EvaluateEvery int `json:"evaluate_every,omitempty"`
	// training rows to set aside and select the best evaluation on; 0 selects on the development split, as the paper
	// does
	Holdout int `json:"holdout,omitempty"`
	// select on one half of the development split and report the other, as DePT and its successors do: see
	// [superglue.HalfSplit]
	HalfSplit bool `json:"half_split,omitempty"`
	// evaluations without a better one after which the run ends; 0: none. The learning rate's schedule stays that of
	// all updates
	Patience int    `json:"patience,omitempty"`
	Seed     uint64 `json:"seed"`
}

// PaperRecipe is the paper's recipe where it is stated, and the released code's where it is not: 100 epochs, batches of
// 16, AdamW with a peak learning rate of 0.3 after 10 % linear warm-up, linear decay, dropout 0.1.
var PaperRecipe = Recipe{
	Epochs: 100, BatchSize: 16, LearningRate: 0.3, Warmup: 0.1, Decay: LinearDecay, Optimizer: PaperAdamW, Dropout: 0.1,
	LengthWindow: 8, Seed: 42,
}

// The greatest numbers that a recipe may have: far greater than any sensible ones, and small enough to be multiplied.
const (
	maxEpochs    = 1_000_000
	maxUpdates   = 1_000_000_000
	maxBatchSize = 1 << 16
	maxWindow    = 1 << 20
)

// Check returns an error that names the setting with which no run can be made.
func (r Recipe) Check() error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{
		{"epochs", r.Epochs, 0, maxEpochs}, {"updates", r.Updates, 0, maxUpdates},
		{"batch size", r.BatchSize, 1, maxBatchSize},
		{"length window", r.LengthWindow, 1, maxWindow}, {"evaluate_every", r.EvaluateEvery, 0, maxUpdates},
		{"holdout", r.Holdout, 0, maxUpdates}, {"patience", r.Patience, 0, maxUpdates},
	} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("a recipe's %s must be from %d to %d, found %d", n.name, n.least, n.most, n.value)
		}
	}
	switch o := r.Optimizer; {
	case r.Updates == 0 && r.Epochs == 0:
		return fmt.Errorf("a recipe needs at least 1 epoch or update, found none")
	case r.HalfSplit && r.Holdout > 0:
		return fmt.Errorf("a recipe selects on half of the development split or on training rows set aside, found both")
	case !(r.LearningRate >= 0 && r.LearningRate <= math.MaxFloat32):
		return fmt.Errorf("a recipe's learning rate must be finite and at least 0, found %g", r.LearningRate)
	case !(r.Warmup >= 0 && r.Warmup <= 1):
		return fmt.Errorf("a recipe's warm-up is a share of the updates, from 0 to 1, found %g", r.Warmup)
	case !(r.Dropout >= 0 && r.Dropout < 1):
		return fmt.Errorf("a recipe's dropout must be from 0 to below 1, found %g", r.Dropout)
	case r.Decay != LinearDecay && r.Decay != NoDecay:
		return fmt.Errorf("a recipe's decay must be %q or %q, found %q", LinearDecay, NoDecay, r.Decay)
	case !(o.Beta1 >= 0 && o.Beta1 < 1 && o.Beta2 >= 0 && o.Beta2 < 1 && o.Epsilon >= 0 && o.WeightDecay >= 0 &&
		o.ClipNorm >= 0):
		return fmt.Errorf("an optimizer's betas must be from 0 to below 1, and epsilon, weight decay and clip norm "+
			"at least 0, found %+v", o)
	case math.IsInf(o.Epsilon+o.WeightDecay+o.ClipNorm, 0):
		return fmt.Errorf("an optimizer's numbers must be finite, found %+v", o)
	}
	return nil
}
