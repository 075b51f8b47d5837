// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// FineTuning trains every weight of the model, in float32, and has no prompt. It needs a learning rate of its own, about
// 1e-3 with AdamW: the prompts' 0.3 destroys the weights. The model itself stays as it is; a copy is trained.
type FineTuning struct{}

// Name implements [Method].
func (FineTuning) Name() string { return "Fine-tuning" }

// Vectors implements [Method].
func (FineTuning) Vectors() int { return 0 }

// Init implements [Method]; its variables are the model's weights.
func (FineTuning) Init(scope *model.Scope, m *t5.Model, _ *rand.Rand) error {
	return m.CopyWeights(scope)
}

// Prompt implements [Method].
func (FineTuning) Prompt(*model.Scope, *Graph) *Node { return nil }

// backbone is where the trained weights are.
func (FineTuning) backbone(scope *model.Scope) *model.Scope { return scope }

// backboned is a method that brings weights of its own instead of the frozen ones.
type backboned interface {
	backbone(scope *model.Scope) *model.Scope
}

// weightsFor is where a method that has scope finds T5's weights.
func weightsFor(method Method, m *t5.Model, scope *model.Scope) *model.Scope {
	if b, ok := method.(backboned); ok {
		return b.backbone(scope)
	}
	return m.Scope()
}

// sharesBackbone says whether runs of the method can be in one batch with others.
func sharesBackbone(method Method) bool {
	_, own := method.(backboned)
	return !own
}
