// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"strings"

	"dpt/superglue"
)

var record = task{
	Task: lookup("ReCoRD"), train: 2000, val: 500, weight: 2.5, make: newReCoRD,
	prefix: "record ", keepsName: true,
	fields: func(_ rng, x superglue.Example) []string {
		q := x.(superglue.ReCoRD)
		entities := strings.Join(q.Entities, ", ")
		return []string{"query: " + q.QueryText, "entities: " + entities, "passage: " + q.PassageText}
	},
	heldOut: []string{"Eric", "Oscar", "Emma", "Olga"},
}

// newReCoRD tells what three people did and, in three passages of ten, who then gave what they had to whom. The query
// asks who did something, with the other verb in two fifths of them and the thing's kind in a seventh; or, in half of
// the passages with a gift, who has a thing in the end. This is a given thing in four of five, and then takes two
// steps: whose it was, and whom they gave it to.
func newReCoRD(r rng, _, idx int) item {
	facts := r.facts(3, .15, .15)
	passage := sentences(facts)
	holders := make([][]string, 3) // of each thing, in turn
	for i, f := range facts {
		holders[i] = []string{f.name}
	}
	given := -1
	if r.chance(.3) {
		given = r.IntN(3)
		from := facts[given].name
		to := pickOther(r, []string{facts[0].name, facts[1].name, facts[2].name}, from)
		holders[given] = append(holders[given], to)
		passage += fmt.Sprintf(" Then %s gave everything to %s.", from, to)
	}

	var query, answered, why string
	i := r.IntN(3)
	if given < 0 || r.chance(.5) {
		f := facts[i]
		if r.chance(.4) {
			f.form = 1 - f.form
		}
		f.kindInstead = r.chance(.15)
		query = "@placeholder " + f.verb().past + " " + a(f.noun()) + "."
		answered, why = f.name, facts[i].verb().past+" "+f.thing
	} else {
		if r.chance(.7) { // the others may draw the given thing too
			i = given
		}
		query = "@placeholder has the " + facts[i].thing + " now."
		answered = holders[i][len(holders[i])-1]
		why = "now " + strings.Join(holders[i], " ")
	}
	var entities []row
	var people []string
	for _, f := range facts {
		start := strings.Index(passage, f.name)
		entities = append(entities, row{"start": start, "end": start + len(f.name) - 1})
		people = append(people, f.name)
	}
	all := table{columns: []string{"who", "did", "what", "now"}, about: " passage: " + passage}
	for i, f := range facts {
		all.lines = append(all.lines, []string{f.name, f.verb().past, f.thing, holders[i][len(holders[i])-1]})
	}
	start := strings.Index(passage, answered)
	return item{
		row: row{
			"source": "toy", "idx": idx,
			"passage": row{"text": passage, "entities": entities},
			"qas": []row{{"idx": idx, "query": query,
				"answers": []row{{"start": start, "end": start + len(answered) - 1, "text": answered}}}},
		},
		why:   []string{why},
		table: all,
		siblings: []answer{{"thing", facts[i].thing}, {"other", pickOther(r, people, answered)},
			{"first", people[0]}, {"last", people[2]}},
		asks: factAsks(facts, given, holders, all.about),
	}
}

// factAsks returns the questions about each fact, and about the thing that was given away, if one was.
func factAsks(facts []fact, given int, holders [][]string, about string) []ask {
	asks := make([]ask, 0, 7)
	for _, f := range facts {
		asks = append(asks,
			ask{"answer question: who " + f.verb().past + " the " + f.thing + "?" + about, f.name},
			ask{"answer question: what did " + f.name + " " + f.verb().base + "?" + about, a(f.thing)})
	}
	if given >= 0 {
		has := "answer question: who has the " + facts[given].thing + " now?" + about
		asks = append(asks, ask{has, holders[given][1]})
	}
	return asks
}
