// SPDX-License-Identifier: Apache-2.0

// Package prompt holds the methods that the project compares: ways to tune a frozen T5 by a soft prompt P in front of
// the encoder's input, which is the paper's subject, or by other changes, which serve as controls. Each method has a
// file of its own. Once it is registered it is known by its name, so that records and stored prompts can name it.
//
// In shape comments c is the prompt's length, e the model's width, r a bottleneck, b the batch and n the source length.
package prompt

import (
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
	"dpt/t5/tokenizer"
)

// Method is a way to make the soft prompt P that precedes the encoder's input. Methods differ in nothing else, except
// for those that implement a hook below: data order, schedule, optimizer and selection belong to the trainer.
//
// A method is a struct value. Its exported fields are its sizes and choices; records hold them as JSON, and equal
// fields mean equal runs. So everything that changes a method's result must be a field.
type Method interface {
	// Name returns the method's name in tables, figures and records.
	Name() string

	// Vectors returns c, the number of prompt vectors in front of the text; 0 for none.
	Vectors() int

	// Init draws the method's variables for a backbone from random.
	Init(b Backbone, random *rand.Rand) ([]Variable, error)

	// Prompt builds P [c, e] from the variables; nil stands for no prompt. It panics as graph-building code does.
	Prompt(v Variables) *Node
}

// Backbone is a frozen T5 with the vocabulary of its texts.
type Backbone struct {
	*t5.Model
	Vocabulary *tokenizer.Tokenizer
}

// Variable is one of a method's variables before training.
type Variable struct {
	Name  string          // its own, without slashes, and not "prompt"
	Value *tensors.Tensor // float32

	// Rate is a factor of the learning rate: 0 stands for 1.
	Rate float64

	// Frozen variables are not trained: they are constants that depend on the seed.
	Frozen bool

	err error // why this package has not drawn it
}

// Variables returns the node of a variable by its name, in the graph that is being built.
type Variables func(name string) *Node

// InputHook is a method that changes the embedded text, or makes a prompt for each row.
type InputHook interface {
	Method

	// Input returns the encoder's input in place of in.Embeddings [n, s, e], where s can be as small as 2, and
	// in.Prompt: a text of the same shape,
	// and a prompt, which is [c, e] for all rows, [n, c, e] with one for each row, or nil.
	Input(v Variables, in Input) (embeddings, prompt *Node)
}

// Input holds the values that an [InputHook] may read, for the n rows of its run.
type Input struct {
	Embeddings *Node // [n, s, e] float32, of the text
	Mask       *Node // [n, s] bool, true on text
	Prompt     *Node // what the method's Prompt returned

	// Keys [2] uint32 are random numbers that change from update to update, or nil if the method is not being trained.
	Keys *Node
}

// Training reports whether the method is being trained.
func (in Input) Training() bool { return in.Keys != nil }

// Router is an [InputHook] that gives each row one of several prompts. The stored prompt does not show which, so the
// choices are counted at every evaluation.
type Router interface {
	InputHook

	// Choices returns the number of prompts to choose from.
	Choices() int

	// Choose returns the number of each row's prompt, [n] int32, counted from 0.
	Choose(v Variables, in Input) *Node
}

// WeightHook is a method that changes the backbone's weights. Its runs are trained one at a time.
type WeightHook interface {
	Method

	// Weight returns the effective weight of the given HuggingFace name, such as
	// "encoder.block.0.layer.0.SelfAttention.q.weight": w itself, or a node of w's dtype and shape. Linear layers are [out, in].
	// Graphs for several lengths are built at once, so Weight must not change the method.
	Weight(v Variables, name string, w *Node) *Node
}

// WholeModel is a [WeightHook] whose variables are all of the backbone's weights. They are stored as weights, not as a
// prompt, and are too large to be drawn needlessly.
type WholeModel interface {
	WeightHook
	WholeModel()
}

// PEFTAdapter is a method with hooks that HuggingFace PEFT implements, too.
type PEFTAdapter interface {
	Method

	// PEFT returns the method's entries in adapter_config.json. The adapter's tensors are the method's variables, and
	// each must be named as in PEFT, without "base_model.model.".
	PEFT() map[string]any
}

// Resizable is a method that also exists with other numbers of prompt vectors.
type Resizable interface {
	Method
	WithLength(c int) Method
}

// Counter is a method that can tell how many parameters it trains without the backbone's weights.
type Counter interface {
	Parameters(c t5.Config) int
}

// RateChooser is a method with a peak learning rate of its own, which is used if none is asked for.
type RateChooser interface {
	LearningRate() float64
}

// Observer is a method that has more to show than its score: the numbers that Observe returns for a stored prompt are
// kept in the record, at the start and at every evaluation.
type Observer interface {
	Observe(p *Trained) map[string]float64
}

// SourceLimiter is a method that cannot read texts of more than a certain number of tokens.
type SourceLimiter interface {
	LongestSource() int
}

// CheckSource ensures that the method can read texts of up to maxSource tokens.
func CheckSource(method Method, maxSource int) error {
	if limiter, ok := As[SourceLimiter](method); ok && maxSource > limiter.LongestSource() {
		return fmt.Errorf("%s was made for texts of at most %d tokens, found a limit of %d: shorten the texts, or "+
			"make it for longer ones",
			method.Name(), limiter.LongestSource(), maxSource)
	}
	return nil
}

// As returns method as a T, and reports whether it is one. A [Trained] prompt with hooks counts as its method.
func As[T any](method Method) (T, bool) {
	if p, ok := method.(*Trained); ok {
		if method = nil; p.hooked() {
			method = p.Method
		}
	}
	as, ok := method.(T)
	return as, ok
}

// AloneInBatch reports whether runs of the method cannot share a batch with others, because they change the weights.
func AloneInBatch(method Method) bool {
	_, hook := As[WeightHook](method)
	return hook
}

// None is T5 as it is, without a prompt.
type None struct{}

// Name implements [Method].
func (None) Name() string { return "no prompt" }

// Vectors implements [Method].
func (None) Vectors() int { return 0 }

// Init implements [Method]; there are no variables.
func (None) Init(Backbone, *rand.Rand) ([]Variable, error) { return nil, nil }

// Prompt implements [Method].
func (None) Prompt(Variables) *Node { return nil }
