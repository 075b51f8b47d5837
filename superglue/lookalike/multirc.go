// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"slices"
	"strings"

	"dpt/superglue"
)

// asked is a question about a passage: its right answers and its wrong ones, the likelier first, and the reason.
type asked struct {
	text         string
	right, wrong []string
	why          string
}

// ask returns the question with its right answer, the thing rather than its kind, or none if two people are right.
func (x asked) ask(passage string) []ask {
	if len(x.right) > 1 && strings.HasPrefix(x.text, "Who") {
		return nil
	}
	return []ask{{"answer question: " + x.text + " paragraph: " + passage, x.right[len(x.right)-1]}}
}

var multirc = task{
	Task: lookup("MultiRC"), train: 400, val: 100, weight: 3, make: newMultiRC, // five examples a row
	prefix: "multirc ",
	fields: func(_ rng, x superglue.Example) []string {
		m := x.(superglue.MultiRC)
		return []string{"question: " + m.QuestionText, "answer: " + m.AnswerText, "paragraph: " + m.PassageText}
	},
}

// newMultiRC states two or three facts and asks two questions about them, with three and two answers. Questions of who,
// what and where take one step, though one in four uses the fact's other verb. Two in ten take two steps: they call the
// thing by its kind, or ask who was "in the same place as" somebody, which is true of two people in three passages of
// ten.
func newMultiRC(r rng, _, idx int) item {
	facts := r.facts(2+r.weighted(.6, .4), .15, 1)
	shared := r.chance(.3)
	if shared {
		facts[1].place = facts[0].place
	}
	subjects := slices.Clone(facts) // in the order of the draw: the first two may share a place
	shuffle(r, facts)
	passage := sentences(facts)

	it := item{}
	var questions []row
	for q, kind := range r.kindsOfQuestion() {
		about := r.IntN(len(subjects))
		if kind == 5 { // needs somebody who is not alone
			if about %= 2; !shared {
				kind = 3
			}
		}
		x := askAbout(r, subjects, about, kind)
		n := 3 - q
		answers := make([]row, n)
		right := sample(r, x.right, min(len(x.right), n-1))
		texts := slices.Concat(right, x.wrong[:n-len(right)])
		shuffle(r, texts)
		for i, text := range texts {
			label := 0
			if slices.Contains(right, text) {
				label = 1
			}
			answers[i] = row{"text": text, "label": label, "idx": idx*5 + q*3 + i}
			it.why = append(it.why, x.why)
		}
		questions = append(questions, row{"question": x.text, "answers": answers, "idx": idx*2 + q})
		it.asks = append(it.asks, x.ask(passage)...)
	}
	for i, f := range subjects { // more to ask
		for kind := range 5 {
			x := askAbout(r, subjects, i, kind)
			it.asks = append(it.asks, x.ask(passage)...)
		}
		place := pick(r, subjects).place
		claim := "answer question: was " + f.name + " in " + place + "? paragraph: " + passage
		it.claims = append(it.claims, ask{claim, truth(f.place == place)})
	}
	it.row = row{"passage": row{"text": passage, "questions": questions}, "idx": idx}
	it.table = told(facts, " paragraph: "+passage)
	it.siblings = []answer{{"first", facts[0].name}, {"last", facts[len(facts)-1].place}, {"thing", facts[0].thing}}
	return it
}

// kindsOfQuestion draws two different kinds for askAbout.
func (r rng) kindsOfQuestion() [2]int {
	shares := []float64{.28, .10, .26, .26, .05, .05}
	first := r.weighted(shares...)
	shares[first] = 0
	return [2]int{first, r.weighted(shares...)}
}

// askAbout asks about the i-th fact.
func askAbout(r rng, facts []fact, i, kind int) asked {
	f := facts[i]
	if r.chance(.25) {
		f.form = 1 - f.form
	}
	var people, there, elsewhere, nouns, otherKinds []string
	for _, other := range facts {
		switch people = append(people, other.name); {
		case other.place == f.place:
			there = append(there, other.name)
		default:
			elsewhere = append(elsewhere, other.place)
		}
		if other.thing != f.thing {
			nouns = append(nouns, a(other.thing))
			otherKinds = append(otherKinds, a(kindOf(other.thing)))
		}
	}
	isOther := func(name string) bool { return name != f.name }
	x := asked{right: []string{f.name}, why: f.name, wrong: r.wrong(people, names, f.name)}
	switch kind {
	case 0:
		x.text = "Who " + f.verb().past + " the " + f.thing + "?"
	case 1:
		x.text = "Who " + f.verb().past + " " + a(kindOf(f.thing)) + "?"
		x.why = f.thing + " " + f.name
	case 2:
		x.text = "What did " + f.name + " " + f.verb().base + "?"
		x.right, x.why = []string{a(f.thing)}, f.thing
		if r.chance(.25) {
			x.right, x.why = []string{a(kindOf(f.thing)), a(f.thing)}, f.thing+" "+kindOf(f.thing)
		}
		x.wrong = r.wrong(append(nouns, otherKinds...), nil)
	case 3:
		x.text = "Where was " + f.name + "?"
		x.right, x.why, x.wrong = []string{f.place}, f.place, r.wrong(elsewhere, places, f.place)
	case 4:
		x.text = "Who was in " + f.place + "?"
		x.right, x.why, x.wrong = there, strings.Join(there, " "), r.wrong(people, names, there...)
	case 5:
		x.text = "Who was in the same place as " + f.name + "?"
		x.right = slices.DeleteFunc(there, func(name string) bool { return !isOther(name) })
		x.why, x.wrong = f.place+" "+x.right[0], r.wrong(people, names, f.name, x.right[0])
	}
	return x
}

// wrong draws wrong answers, four times out of five from the passage first, else from the rest of the world alone.
func (r rng) wrong(passage, world []string, right ...string) []string {
	isRight := func(s string) bool { return slices.Contains(right, s) }
	near := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(passage))), isRight)
	shuffle(r, near)
	if world == nil {
		return near
	}
	isNear := func(s string) bool { return isRight(s) || slices.Contains(passage, s) }
	far := slices.DeleteFunc(slices.Clone(world), isNear)
	shuffle(r, far)
	if r.chance(.2) {
		return far
	}
	return slices.Concat(near, far)
}
