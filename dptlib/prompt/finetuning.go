// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// FineTuning trains every weight of the backbone, in float32, and has no prompt. The backbone itself stays as it is; a
// copy is trained.
type FineTuning struct{}

var _ = Register(FineTuning{})

// Name implements [Method].
func (FineTuning) Name() string { return "Fine-tuning" }

// Vectors implements [Method].
func (FineTuning) Vectors() int { return 0 }

// Parameters implements [Counter].
func (FineTuning) Parameters(c t5.Config) int { return c.NumParameters() }

// LearningRate implements [RateChooser]: the prompts' 0.3 destroys the weights.
func (FineTuning) LearningRate() float64 { return 1e-3 }

// Init implements [Method]; its variables are the backbone's weights.
func (FineTuning) Init(b Backbone, _ *rand.Rand) (list []Variable, err error) {
	for _, w := range b.Weights() {
		value, err := b.CopyWeight(w)
		if err != nil {
			return nil, err
		}
		list = append(list, Variable{Name: w.Name, Value: value})
	}
	return list, nil
}

// Prompt implements [Method].
func (FineTuning) Prompt(Variables) *Node { return nil }

// Weight implements [WeightHook].
func (FineTuning) Weight(v Variables, name string, _ *Node) *Node { return v(name) }

// WholeModel implements [WholeModel].
func (FineTuning) WholeModel() {}
