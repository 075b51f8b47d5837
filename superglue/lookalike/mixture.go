// SPDX-License-Identifier: Apache-2.0

package lookalike

import "dpt/superglue"

// Kind is a kind of pre-training text.
type Kind string

const (
	Word     Kind = "word"     // "<task> <fields>" to the label's word, as in T5; a quarter of WSC's are a Continue
	Why      Kind = "why"      // "explain <task> <fields>" to the reason for the label, and the label
	Ask      Kind = "ask"      // a question about the row's texts, or for a word related to another
	Claim    Kind = "claim"    // one to four yes-or-no questions about the row's texts; an Ask where it has none
	Remap    Kind = "remap"    // "[<task>] labels: <names> <fields>" to the label by another name; else a Word
	Other    Kind = "other"    // another name before the same fields, and another answer
	Span     Kind = "span"     // span corruption of the fields without the task's name
	Number   Kind = "number"   // "count text: <text>" to the number of its sentences
	Table    Kind = "table"    // "all <columns> <text>" to all facts of the text, by columns, its lines in any order
	Continue Kind = "continue" // the fields without the task's name, up to some word, to the next words
)

// Kinds lists all kinds of text.
var Kinds = []Kind{Word, Why, Ask, Claim, Remap, Other, Span, Number, Table, Continue}

// stages are points of the mixture, which is interpolated linearly between them. Labels teach next to nothing before a
// model can find the words they depend on, and looking a word up takes two layers of attention that must learn to work
// together; until they do, no loss tells them how. A model of toy-l's size learns it from questions about short facts
// alone, but not from the same questions among all other texts. So the first stage asks those, and for related words;
// the second asks about all the tasks' texts, and the labels come last. That these can be learnt takes a question of
// what in a claim is wrong, among the first: a model finds how to compare from its answer, a word, and not from True or
// False.
var stages = []struct {
	from  float64   // progress at which the stage is reached
	kinds []float64 // shares of [Kinds]
	only  float64   // share of RTE's items; the rest are of all tasks, by their weights
}{
	{.00, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 1},
	{.149, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 1},
	{.15, []float64{.06, .12, .55, .27, 0, 0, 0, 0, 0, 0}, .2},
	{.40, []float64{.10, .16, .46, .25, .03, 0, 0, 0, 0, 0}, .1},
	{.46, []float64{.20, .19, .19, .10, .13, .05, .05, .01, .03, .05}, 0},
	{.70, []float64{.32, .15, .10, .06, .19, .06, .04, .02, .01, .05}, 0},
	{1.0, []float64{.33, .13, .08, .06, .22, .06, .04, .02, .01, .05}, 0},
}

// mixture returns the shares at a progress.
func mixture(progress float64) (kinds []float64, only float64) {
	i := 1
	for i < len(stages)-1 && stages[i].from < progress {
		i++
	}
	before, after := stages[i-1], stages[i]
	at := min(1, (progress-before.from)/(after.from-before.from))
	kinds = make([]float64, len(Kinds))
	for k := range kinds {
		kinds[k] = (1-at)*before.kinds[k] + at*after.kinds[k]
	}
	return kinds, (1-at)*before.only + at*after.only
}

// Text is a text to pre-train on, with its answer.
type Text struct {
	Kind           Kind
	Task           string
	Source, Target string
}

// Stream is a part of the pre-training mixture: an endless sequence of texts about items on the side "stream", so that
// none is ever trained or evaluated on. No text has the form that prompts are tuned on, of fields alone and a digit for
// a label: a digit answers only where there is a task's name, a list of labels or a question that asks for it.
type Stream struct {
	r        rng
	weights  []float64
	task     task
	item     item
	examples []superglue.Example
	left     int // texts to write about item
}

// NewStream starts a part of the seed's mixture. Parts are independent: a program that stops after one can continue
// with the next.
func NewStream(seed, part uint64) *Stream {
	s := &Stream{r: newRNG(seed, streamOf("stream")+part)}
	for _, t := range tasks {
		s.weights = append(s.weights, t.weight)
	}
	return s
}

// textsPerItem is the number of successive texts about the same item: making an item costs more than writing about it.
const textsPerItem = 3

// Next draws a text of the mixture at a progress from 0, the start of pre-training, to 1.
func (s *Stream) Next(progress float64) Text {
	r := s.r
	mix, only := mixture(progress)
	if s.left == 0 {
		s.nextItem(only)
	}
	s.left--
	i, kind := r.IntN(len(s.examples)), Kinds[r.weighted(mix...)]
	text := Text{Kind: kind, Task: s.task.Name}
	text.Source, text.Target = s.task.text(r, kind, s.item, s.examples[i], i)
	return text
}

func (s *Stream) nextItem(only float64) {
	s.task = tasks[s.r.weighted(s.weights...)]
	if s.r.chance(only) {
		s.task = rte
	}
	label := 0
	switch {
	case s.task.onlyTrue:
		label = 1
	case s.task.labels != nil: // in equal shares, so that no class goes unlearnt
		label = s.r.IntN(len(s.task.labels))
	}
	s.item, s.examples = s.task.draw(s.r, "stream", label, 0)
	s.left = textsPerItem
}
