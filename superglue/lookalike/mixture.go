// SPDX-License-Identifier: Apache-2.0

package lookalike

import "dpt/superglue"

// Kind is what a pre-training text teaches.
type Kind string

const (
	Word     Kind = "word"     // "<task> <fields>" to the label's word, as T5 was trained; one of four of WSC's is a Continue
	Why      Kind = "why"      // "explain <task> <fields>" to what the label follows from, and the label
	Ask      Kind = "ask"      // a question about the row's texts, or "synonym", "opposite" and "kind" of a word
	Claim    Kind = "claim"    // one to four yes-or-no questions about the row's texts
	Remap    Kind = "remap"    // "<task> labels: <names> <fields>" to the label by another name
	Other    Kind = "other"    // another name in front of the same fields, and another answer
	Span     Kind = "span"     // span corruption of the fields without a name in front
	Number   Kind = "number"   // "count text: <text>" to the number of its sentences
	Table    Kind = "table"    // "all <columns> <text>" to all that the text tells, by columns, its lines in any order
	Continue Kind = "continue" // the fields without a name in front, up to some word, to the next words: a text without a name is text, and does not ask for a label
)

// Kinds lists all kinds of text.
var Kinds = []Kind{Word, Why, Ask, Claim, Remap, Other, Span, Number, Table, Continue}

// stages are what the mixture goes through, from one to the next linearly in between. Labels teach next to nothing before a
// model can find what they depend on, and it finds nothing before it can look a word up in a text: two layers of attention
// must learn to work together, and until they do, no loss tells them how. Asked nothing but who did what of short
// facts, a model of toy-l's size finds out how from step 2,000 on; asked among all else, it had not after 16,000. So the first stage
// asks that alone, the second asks about all the tasks' texts, and the labels come last.
var stages = []struct {
	from  float64   // progress at which the stage is reached
	kinds []float64 // shares of [Kinds]
	only  float64   // share of RTE's items; the rest are of all tasks, by their weights
}{
	{.00, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 1},
	{.149, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 1},
	{.15, []float64{.06, .12, .62, .20, 0, 0, 0, 0, 0, 0}, .1},
	{.40, []float64{.10, .16, .51, .20, .03, 0, 0, 0, 0, 0}, .05},
	{.46, []float64{.23, .19, .19, .10, .10, .05, .05, .01, .03, .05}, 0},
	{.70, []float64{.37, .15, .10, .06, .14, .06, .04, .02, .01, .05}, 0},
	{1.0, []float64{.40, .13, .08, .06, .15, .06, .04, .02, .01, .05}, 0},
}

// mixture is the shares at a progress.
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

// Text is a text to pre-train on and what to answer.
type Text struct {
	Kind           Kind
	Task           string
	Source, Target string
}

// Stream is a part of the pre-training mixture: an endless sequence of texts about items on the [Side] "stream", so that
// none is ever trained or evaluated on. No text has the form that prompts are tuned on, of fields without a task's name and
// a digit for a label, though digits do occur as answers.
type Stream struct {
	r        rng
	weights  []float64
	task     task
	item     item
	examples []superglue.Example
	left     int // texts to write about item
}

// NewStream starts a part of the seed's mixture. Parts are independent, so that who stops after one can go on with the next.
func NewStream(seed, part uint64) *Stream {
	s := &Stream{r: newRNG(seed, streamOf("stream")+part)}
	for _, t := range tasks {
		s.weights = append(s.weights, t.weight)
	}
	return s
}

// textsPerItem is how many texts in a row are about the same item: making one costs more than writing about it.
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
	case s.task.labels != nil: // as many of each class, so that none goes unlearnt
		label = s.r.IntN(len(s.task.labels))
	}
	s.item, s.examples = s.task.draw(s.r, "stream", label, 0)
	s.left = textsPerItem
}
