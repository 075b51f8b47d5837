// SPDX-License-Identifier: Apache-2.0

package toy

import (
	"fmt"
	"strings"
)

// state is one of two opposite adjectives, said outright or by denying the other.
type state struct {
	pair, is int  // opposites[pair][is] holds
	denied   bool // say that the other does not
}

func (s state) word() string {
	if s.denied {
		return opposites[s.pair][1-s.is]
	}
	return opposites[s.pair][s.is]
}

// newBoolQ tells how a first thing is, where two others are and how everything is there. A question is about the first
// thing (35 %), about how another is, which takes two steps (40 %), or about which kind of thing is in a place (25 %).
func newBoolQ(r rng, label, idx int) item {
	kind := sample(r, things, 3)
	first, second, third := pick(r, kind[0]), pick(r, kind[1]), pick(r, kind[2])
	at := sample(r, places, 2)
	states := make([]state, 3) // of the first thing and the two places
	states[0] = state{r.IntN(len(opposites)), r.IntN(2), r.chance(.5)}
	for i := range states[1:] {
		states[i+1] = state{states[0].pair, r.IntN(2), r.chance(.5)}
		if r.chance(.3) {
			states[i+1].pair = r.IntN(len(opposites))
		}
	}
	not := map[bool]string{true: "not "}
	told := []string{fmt.Sprintf("The %s is %s%s.", first, not[states[0].denied], states[0].word())}
	for i, thing := range []string{second, third} {
		told = append(told, fmt.Sprintf("The %s is in %s.", thing, at[i]))
		quantity := map[bool]string{true: "Nothing", false: "Everything"}[states[i+1].denied]
		told = append(told, fmt.Sprintf("%s in %s is %s.", quantity, at[i], states[i+1].word()))
	}
	shuffle(r, told)
	passage := strings.Join(told, " ")

	var question, why string
	i := r.IntN(2) // of second and third, which is asked about
	thing := []string{second, third}[i]
	adjective := func(s state) string { return opposites[s.pair][s.is^(1-label)] }
	switch r.weighted(.35, .40, .25) {
	case 0:
		question = fmt.Sprintf("is the %s %s", first, adjective(states[0]))
		why = first + " " + opposites[states[0].pair][states[0].is]
	case 1:
		question = fmt.Sprintf("is the %s %s", thing, adjective(states[i+1]))
		why = thing + " " + at[i] + " " + opposites[states[i+1].pair][states[i+1].is]
	case 2:
		what := kindOf(thing)
		if label == 0 { // mostly the kind of another thing
			what = pickOther(r, []string{kindOf(first), kindOf(second), kindOf(third), pick(r, kinds)}, what)
		}
		question = fmt.Sprintf("is there %s in %s", a(what), at[i])
		why = at[i] + " " + thing + " " + kindOf(thing)
	}
	about := " passage: " + passage
	all := table{columns: []string{"what", "where", "like"}, about: about, lines: [][]string{{first, "no", opposites[states[0].pair][states[0].is]}}}
	for i, thing := range []string{second, third} {
		all.lines = append(all.lines, []string{thing, at[i], opposites[states[i+1].pair][states[i+1].is]})
	}
	return item{
		row:      row{"question": question, "passage": passage, "label": label == 1, "idx": idx},
		why:      []string{why},
		table:    all,
		siblings: []answer{{"first", strings.Trim(told[0], ".")}},
		asks: []ask{
			{"answer question: where is the " + thing + about, at[i]},
			{"answer question: what is in " + at[i] + about, "the " + thing},
			{"answer question: what is the " + first + " like" + about, opposites[states[0].pair][states[0].is]},
			{"answer question: what is the " + thing + " like" + about, opposites[states[i+1].pair][states[i+1].is]},
			{"answer question: what is all in " + at[i] + " like" + about, opposites[states[i+1].pair][states[i+1].is]},
		},
	}
}
