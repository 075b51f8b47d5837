// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"strings"

	"dpt/superglue"
)

// state is one of two opposite adjectives, stated directly or by denying the other.
type state struct {
	pair, is int  // opposites[pair][is] holds
	denied   bool // the text states that the other does not
}

func (s state) word() string {
	if s.denied {
		return opposites[s.pair][1-s.is]
	}
	return opposites[s.pair][s.is]
}

var boolq = task{
	Task: lookup("BoolQ"), train: 2000, val: 500, labels: []float64{.38, .62}, weight: 2.5, make: newBoolQ,
	prefix: "boolq ",
	fields: func(_ rng, x superglue.Example) []string {
		b := x.(superglue.BoolQ)
		return []string{"question: " + b.Question, "passage: " + b.Passage}
	},
}

// newBoolQ describes three things by an adjective each and asks about one of them, with the text's adjective or its
// opposite. In one row of five, two of the things are described by their places ("Everything in Rome is wet."), which
// takes two steps; in another fifth the question is whether a kind of thing is in a place.
func newBoolQ(r rng, label, idx int) item {
	kind := sample(r, things, 3)
	named := []string{pick(r, kind[0]), pick(r, kind[1]), pick(r, kind[2])}
	at := sample(r, places, 2)
	states := make([]state, 3)
	for i := range states {
		states[i] = state{r.IntN(len(opposites)), r.IntN(2), r.chance(.4)}
		if i > 0 && r.chance(.6) {
			states[i].pair = states[0].pair
		}
	}
	form, asked := r.weighted(.6, .2, .2), r.IntN(3)
	told := make([]string, 0, 5)
	placed := map[int]string{} // of the things that have a place
	for i, s := range states {
		if form == oneStep || i == 0 {
			not := map[bool]string{true: "not "}[s.denied]
			told = append(told, fmt.Sprintf("The %s is %s%s.", named[i], not, s.word()))
			continue
		}
		placed[i] = at[i-1]
		told = append(told, fmt.Sprintf("The %s is in %s.", named[i], placed[i]))
		if form == twoSteps {
			all := map[bool]string{true: "Nothing", false: "Everything"}[s.denied]
			told = append(told, fmt.Sprintf("%s in %s is %s.", all, placed[i], s.word()))
		}
	}
	if form != oneStep {
		asked = 1 + r.IntN(2)
	}
	shuffle(r, told)
	passage := strings.Join(told, " ")

	thing, s := named[asked], states[asked]
	question := fmt.Sprintf("is the %s %s", thing, opposites[s.pair][s.is^(1-label)])
	why := thing + " " + opposites[s.pair][s.is]
	switch form {
	case twoSteps:
		why = thing + " " + placed[asked] + " " + opposites[s.pair][s.is]
	case presence:
		what := kindOf(thing)
		if label == 0 { // mostly the kind of another thing
			what = pickOther(r, []string{kindOf(named[0]), kindOf(named[1]), kindOf(named[2]), pick(r, kinds)}, what)
		}
		question = fmt.Sprintf("is there %s in %s", a(what), placed[asked])
		why = placed[asked] + " " + thing + " " + kindOf(thing)
	}
	about := " passage: " + passage
	it := item{
		row:      row{"question": question, "passage": passage, "label": label == 1, "idx": idx},
		why:      []string{why},
		siblings: []answer{{"first", strings.Fields(told[0])[1]}, {"last", strings.Fields(told[len(told)-1])[1]}},
		table:    table{columns: []string{"what", "where", "like"}, about: about},
	}
	askEach(r, &it, named, states, placed, form)
	return it
}

// The forms of a passage: what each thing is like, or where it is and what is like there, or where things are alone.
const oneStep, twoSteps, presence = 0, 1, 2

// askEach adds to an item's table what is told of each thing, and to its questions what can be asked of it.
func askEach(r rng, it *item, named []string, states []state, placed map[int]string, form int) {
	about := it.table.about
	for i, s := range states {
		where, is := "no", "no"
		if place, ok := placed[i]; ok {
			where = place
			it.asks = append(it.asks,
				ask{"answer question: where is the " + named[i] + about, where},
				ask{"answer question: what is in " + where + about, named[i]})
		}
		if form != presence || i == 0 {
			is = opposites[s.pair][s.is]
			side := r.IntN(2)
			it.asks = append(it.asks, ask{"answer question: what is the " + named[i] + " like" + about, is})
			claim := "answer question: is the " + named[i] + " " + opposites[s.pair][side] + about
			it.claims = append(it.claims, ask{claim, truth(side == s.is)})
		}
		it.table.lines = append(it.table.lines, []string{named[i], where, is})
	}
}
