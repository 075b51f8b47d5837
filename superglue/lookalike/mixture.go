// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dpt/superglue"
)

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
	case s.task.Name == "WSC": // as in T5's training and ours, only those that say whom the pronoun means
		label = 1
	case s.task.labels != nil: // as many of each class, that none goes unlearnt
		label = s.r.IntN(len(s.task.labels))
	}
	s.item, s.examples = s.task.draw(s.r, "stream", label, 0)
	s.left = textsPerItem
}

// text writes the i-th example of an item as a kind of text.
func (t task) text(r rng, kind Kind, it item, x superglue.Example, i int) (string, string) {
	words := superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	source, answer := t.Text(x, words)
	if r.chance(.4) {
		source = t.prefix() + shuffled(r, x)
	}
	if t.Name == "WSC" && kind == Word && r.chance(.25) {
		kind = Continue // its text without a name must not ask whom it means: of all the tasks' texts it is the most alike with one
	}
	switch kind {
	case Why:
		return "explain " + source, it.why[i] + " " + answer
	case Ask:
		if r.chance(.1) {
			return lexical(r)
		}
		return severalAsks(r, it.asks)
	case Claim:
		if it.claims == nil {
			return severalAsks(r, it.asks)
		}
		return severalAsks(r, it.claims)
	case Remap:
		return t.renamed(r, x)
	case Other:
		a := pick(r, it.siblings)
		return strings.TrimSuffix(a.prefix, ":") + " " + t.bare(r, x), a.target
	case Span:
		return corrupt(r, t.bare(r, x))
	case Continue:
		return continued(r, t.bare(r, x))
	case Table:
		if it.table.columns == nil {
			return severalAsks(r, it.asks)
		}
		return it.table.text(r)
	case Number:
		text := strings.Join(content(x), ". ")
		text = strings.ReplaceAll(text, "..", ".")
		return "count text: " + text, strconv.Itoa(strings.Count(text, "."))
	}
	return source, answer
}

// renamed names the task's labels in the order of its classes, or in three of ten texts against it, half of the time by
// their numbers, and asks for one of these names. With one order only, a model knows the classes by their numbers wherever
// it meets a text.
func (t task) renamed(r rng, x superglue.Example) (source, target string) {
	format := superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	if t.Targets(format) == nil {
		return t.Text(x, format)
	}
	names := labelNames[0]
	if r.chance(.5) {
		names = pick(r, labelNames[1:])
	}
	names = slices.Clone(names[:len(t.Classes)])
	if r.chance(.3) {
		slices.Reverse(names)
	}
	return t.prefix() + "labels: " + strings.Join(names, " ") + " " + shuffled(r, x), names[x.Class()]
}

// severalAsks asks one to four of the questions on the same text, and answers them in turn. The more is asked of a text, the
// sooner a model learns to look words up: asked one to three questions on one of the facts, toy-b had not in 4,500 steps
// (one run); asked one to four on all, its loss began to fall between 1,600 and 2,600 (three runs).
func severalAsks(r rng, asks []ask) (source, target string) {
	order := r.Perm(len(asks))
	first := asks[order[0]]
	source, target = first.source, first.target
	const prefix = "answer "
	if !strings.HasPrefix(source, prefix) {
		return source, target
	}
	_, text := cutText(first.source)
	for _, i := range order[1:min(len(order), 1+r.IntN(4))] {
		question, same := cutText(asks[i].source)
		if same == text && !strings.Contains(source, strings.TrimPrefix(question, prefix)) {
			source = prefix + strings.TrimPrefix(question, prefix) + " " + strings.TrimPrefix(source, prefix)
			target = asks[i].target + " " + target
		}
	}
	return source, target
}

// cutText parts a question from the text that it is about.
func cutText(source string) (question, text string) {
	for _, key := range []string{" paragraph: ", " premise: ", " passage: ", " text: "} {
		if i := strings.Index(source, key); i >= 0 {
			return source[:i], source[i:]
		}
	}
	return source, ""
}

// text is two or three of the columns, in any order.
func (t table) text(r rng) (source, target string) {
	columns := r.Perm(len(t.columns))[:2+r.IntN(len(t.columns)-1)]
	columns = columns[:min(3, len(columns))]
	source = "all"
	for _, c := range columns {
		source += " " + t.columns[c]
	}
	var cells []string
	for _, i := range r.Perm(len(t.lines)) {
		for _, c := range columns {
			cells = append(cells, t.lines[i][c])
		}
	}
	return source + t.about, strings.Join(cells, " ")
}

// told is a table of facts.
func told(facts []fact, about string) table {
	t := table{columns: []string{"who", "did", "what", "where"}, about: about}
	for _, f := range facts {
		place := f.place
		if place == "" {
			place = "no"
		}
		t.lines = append(t.lines, []string{f.name, f.verb().past, f.thing, place})
	}
	return t
}

// labelNames are what classes are called instead of by their words. The names of a class stay the same: with names drawn
// for each text a model has to look up the name of what it has just found out, and of 48,000 steps of toy-s and 5,000 of a
// toy-l that knew the tasks none taught it that. No prompt made such a model write digits for classes.
var labelNames = [][]string{
	strings.Fields("0 1 2"), strings.Fields("a b c"), strings.Fields("x y d"), strings.Fields("no yes good"), strings.Fields("wrong right bad"),
}

// prefix is the task's name in T5's texts.
func (t task) prefix() string {
	if t.Name == "WSC" {
		return "wsc: "
	}
	return strings.ToLower(t.Name) + " "
}

// bare is an example's fields without the task's name, but ReCoRD's, which both of the released formats keep.
func (t task) bare(r rng, x superglue.Example) string {
	if t.Name == "ReCoRD" {
		return t.prefix() + shuffled(r, x)
	}
	return shuffled(r, x)
}

// shuffled is an example's fields in any order, with GLUE's names for RTE's half of the time: T5 knew both.
func shuffled(r rng, x superglue.Example) string {
	var fields []string
	switch x := x.(type) {
	case superglue.BoolQ:
		fields = []string{"question: " + x.Question, "passage: " + x.Passage}
	case superglue.CB:
		fields = []string{"hypothesis: " + x.Hypothesis, "premise: " + x.Premise}
	case superglue.COPA:
		fields = []string{"choice1: " + x.Choice1, "choice2: " + x.Choice2, "premise: " + x.Premise, "question: " + x.Question}
		if r.chance(.3) { // as the released code does
			fields = fields[:3]
		}
	case superglue.MultiRC:
		fields = []string{"question: " + x.QuestionText, "answer: " + x.AnswerText, "paragraph: " + x.PassageText}
	case superglue.ReCoRD:
		fields = []string{"query: " + x.QueryText, "entities: " + strings.Join(x.Entities, ", "), "passage: " + x.PassageText}
	case superglue.WiC:
		fields = []string{"sentence1: " + x.Sentence1, "sentence2: " + x.Sentence2, "word: " + x.Word}
	case superglue.RTE:
		fields = []string{"hypothesis: " + x.Hypothesis, "premise: " + x.Premise}
		if r.chance(.5) {
			fields = []string{"sentence1: " + x.Premise, "sentence2: " + x.Hypothesis}
		}
	case superglue.WSC:
		marks := pick(r, []string{"*%s*", "* %s *"})
		return x.Text[:x.Start] + fmt.Sprintf(marks, x.Pronoun) + x.Text[x.Start+len(x.Pronoun):]
	}
	shuffle(r, fields)
	return strings.Join(fields, " ")
}

// lexical asks what the world knows of a word.
func lexical(r rng) (source, target string) {
	switch r.IntN(5) {
	case 0:
		i := r.IntN(len(kinds))
		return "kind word: " + pick(r, things[i]), kinds[i]
	case 1:
		i := r.IntN(len(domains))
		return "sense word: " + pick(r, contexts[i]), domains[i]
	case 2:
		pair, i := pick(r, opposites), r.IntN(2)
		return "opposite word: " + pair[i], pair[1-i]
	case 4:
		i, j := r.IntN(2), r.IntN(2)
		return "kind word: " + pick(r, [2][2][]string{{praise, good}, {scold, bad}}[i][j]), []string{"good", "bad"}[i]
	}
	pair, i := pick(r, actions), r.IntN(2)
	return "synonym word: " + pair[i].past, pair[1-i].past
}

// continued cuts text after some word, half of the time after its last, and answers with the next six words at most.
func continued(r rng, text string) (source, target string) {
	words := strings.Fields(text)
	n := len(words)
	if r.chance(.5) {
		n = 1 + r.IntN(n)
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:min(n+6, len(words))], " ")
}

// corrupt is T5's span corruption by words: 15 % of them, in spans of two on average, are left out.
func corrupt(r rng, text string) (source, target string) {
	words := strings.Fields(text)
	var in, out []string
	for i, sentinel := 0, 0; i < len(words); {
		if i > 0 && r.chance(.08) || i == len(words)-1 && sentinel == 0 {
			n := min(1+r.IntN(3), len(words)-i)
			mark := fmt.Sprintf("<extra_id_%d>", sentinel)
			in, out = append(in, mark), append(append(out, mark), words[i:i+n]...)
			sentinel, i = sentinel+1, i+n
			continue
		}
		in, i = append(in, words[i]), i+1
	}
	return strings.Join(in, " "), strings.Join(out, " ")
}
