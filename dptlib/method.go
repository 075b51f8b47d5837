// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
)

// Method is a way to make the soft prompt P that stands in front of the encoder's input. Methods differ in nothing else:
// data order, schedule, optimizer and selection are the trainer's.
type Method interface {
	// Name is the method's name in the paper.
	Name() string

	// Init creates the method's trainable variables, float32, in scope, drawn from random.
	Init(scope *model.Scope, config t5.Config, random *rand.Rand) error

	// Prompt builds P [c, e] from the variables in scope. It panics as graph-building code does.
	Prompt(scope *model.Scope, g *Graph) *Node
}
