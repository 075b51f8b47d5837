// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"slices"

	"dpt/superglue"
)

var rte = task{
	Task: lookup("RTE"), train: 2000, val: 277, labels: []float64{.5, .5}, weight: 3, make: newRTE,
	prefix: "rte ",
	fields: func(r rng, x superglue.Example) []string {
		e := x.(superglue.RTE)
		if r.chance(.5) { // GLUE's names: T5 knew both
			return []string{"sentence1: " + e.Premise, "sentence2: " + e.Hypothesis}
		}
		return []string{"hypothesis: " + e.Hypothesis, "premise: " + e.Premise}
	},
}

// newRTE states one to three facts; the hypothesis is part of one, with the fact's other verb half of the time, the
// thing's kind in place of the thing three times in ten, and in the passive voice one time in ten. If it does not
// follow, one of its parts has been changed, at times to another fact's.
func newRTE(r rng, label, idx int) item {
	facts := r.facts(1+r.weighted(.2, .5, .3), .3, .4)
	source := pick(r, facts)
	hypothesis := source
	for {
		hypothesis = source
		if label == 1 {
			hypothesis = change(r, hypothesis, facts)
		}
		if r.chance(.5) {
			hypothesis.form = 1 - hypothesis.form
		}
		hypothesis.kindInstead = r.chance(.3)
		if hypothesis.colour == source.colour && r.chance(.5) {
			hypothesis.colour = ""
		}
		if hypothesis.place == source.place && r.chance(.5) {
			hypothesis.place = ""
		}
		follows := slices.ContainsFunc(facts, func(f fact) bool { return entails(f, hypothesis) })
		if follows == (label == 0) {
			break
		}
	}
	premise := sentences(facts)
	text := hypothesis.String()
	if r.chance(.1) {
		text = capital(a(hypothesis.noun())) + " was " + participle(hypothesis.verb()) +
			" by " + hypothesis.name + hypothesis.where() + "."
	}
	about := " premise: " + premise
	it := item{
		row: row{"premise": premise, "hypothesis": text, "label": lookup("RTE").Classes[label], "idx": idx},
		why: []string{source.name + " " + source.verb().past + " " + source.noun() + source.where()},
		siblings: []answer{{"first", facts[0].name}, {"last", facts[len(facts)-1].thing},
			{"who", hypothesis.name}, {"kind", kindOf(hypothesis.thing)}},
		table: told(facts, about),
	}
	for _, f := range facts {
		claim := f
		if r.chance(.5) {
			claim = change(r, f, facts)
		}
		holds := slices.ContainsFunc(facts, func(f fact) bool { return entails(f, claim) })
		did := "did " + claim.name + " " + claim.verb().base + " " + a(claim.noun()) + claim.where() + "?" + about
		it.claims = append(it.claims, ask{"answer question: " + did, truth(holds)})
		it.asks = append(it.asks,
			ask{"answer question: who " + f.verb().past + " the " + f.thing + "?" + about, f.name},
			ask{"answer question: what did " + f.name + " " + f.verb().base + "?" + about, "the " + f.thing},
			ask{"answer question: who " + f.verb().past + " " + a(kindOf(f.thing)) + "?" + about, f.name},
			ask{"answer question: what is wrong: " + did, difference(f, claim)})
	}
	return it
}

// difference returns the part of a claim that a fact does not say, or "nothing".
func difference(f, claim fact) string {
	switch {
	case claim.name != f.name:
		return claim.name
	case claim.action != f.action:
		return claim.verb().base
	case claim.thing != f.thing:
		return claim.thing
	case claim.colour != f.colour && claim.colour != "":
		return claim.colour
	case claim.place != f.place && claim.place != "":
		return claim.place
	}
	return "nothing"
}

// truth writes yes or no in T5's words.
func truth(holds bool) string {
	if holds {
		return "True"
	}
	return "False"
}

// entails reports whether a hypothesis follows from a fact.
func entails(f, h fact) bool {
	thing := h.thing == f.thing || h.kindInstead && kindOf(h.thing) == kindOf(f.thing)
	return thing && h.name == f.name && h.action == f.action &&
		(h.colour == "" || h.colour == f.colour) && (h.place == "" || h.place == f.place)
}

// change changes one part of a hypothesis: to that of a fact of the list, or of a new one, which is more likely the
// shorter the list. The new part may equal the old.
func change(r rng, h fact, facts []fact) fact {
	other := pick(r, facts)
	if r.chance(.2) || other.name == h.name {
		other = r.facts(1, 1, 1)[0]
	}
	switch r.IntN(5) {
	case 0:
		h.name = other.name
	case 1:
		h.action = other.action
	case 2:
		h.thing = other.thing
	case 3:
		h.colour = other.colour
	case 4:
		h.place = other.place
	}
	return h
}

// participle returns the past participle, which is the past tense of all but four verbs.
func participle(v verb) string {
	switch v.past {
	case "hid":
		return "hidden"
	case "took":
		return "taken"
	case "chose":
		return "chosen"
	case "showed":
		return "shown"
	}
	return v.past
}
