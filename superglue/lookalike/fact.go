// SPDX-License-Identifier: Apache-2.0

package lookalike

import "strings"

// fact tells who did something to which thing, and where.
type fact struct {
	name         string
	action, form int // index into actions; which of the two verbs
	colour       string
	thing        string
	place        string // "" if not told, as colour
	kindInstead  bool   // call the thing by its kind
}

func (f fact) verb() verb { return actions[f.action][f.form] }

// noun returns the thing as the fact calls it: "red lemon" or "red fruit".
func (f fact) noun() string {
	noun := f.thing
	if f.kindInstead {
		noun = kindOf(f.thing)
	}
	return strings.TrimSpace(f.colour + " " + noun)
}

func (f fact) where() string {
	if f.place == "" {
		return ""
	}
	return " in " + f.place
}

// String writes the fact as "Ida found a red lemon in Lima."
func (f fact) String() string {
	return f.name + " " + f.verb().past + " " + a(f.noun()) + f.where() + "."
}

// facts draws n facts about different people, things and places; the things are also of different kinds. A colour is
// told with probability coloured, a place with probability placed.
func (r rng) facts(n int, coloured, placed float64) []fact {
	facts := make([]fact, n)
	who, what, where := sample(r, names, n), sample(r, things, n), sample(r, places, n)
	for i := range facts {
		facts[i] = fact{name: who[i], action: r.IntN(len(actions)), form: r.IntN(2), thing: pick(r, what[i])}
		if r.chance(coloured) {
			facts[i].colour = pick(r, colours)
		}
		if r.chance(placed) {
			facts[i].place = where[i]
		}
	}
	return facts
}

// sentences joins facts in their order.
func sentences(facts []fact) string {
	texts := make([]string, len(facts))
	for i, f := range facts {
		texts[i] = f.String()
	}
	return strings.Join(texts, " ")
}
