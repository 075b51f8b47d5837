// SPDX-License-Identifier: Apache-2.0

package toy

import (
	"fmt"
	"strings"
)

// newReCoRD tells what three people did and then who gave whom a thing, once or (30 %) twice. The query is who did something
// (40 %), by the other verb or the thing's kind half of the time each, or who has a thing in the end (60 %), which takes
// two or three steps where the thing was given (two thirds of these).
func newReCoRD(r rng, _, idx int) item {
	facts := r.facts(3, .15, .15)
	passage := sentences(facts)
	holders := make([][]string, 3) // of each thing, in turn
	for i, f := range facts {
		holders[i] = []string{f.name}
	}
	var given []int
	for range 1 + r.weighted(.7, .3) {
		i := r.IntN(3)
		from := holders[i][len(holders[i])-1]
		to := pickOther(r, []string{facts[0].name, facts[1].name, facts[2].name}, from)
		holders[i] = append(holders[i], to)
		passage += fmt.Sprintf(" Then %s gave the %s to %s.", from, facts[i].thing, to)
		given = append(given, i)
	}

	var query, answered, why string
	i := r.IntN(3)
	if r.chance(.4) {
		f := facts[i]
		if r.chance(.5) {
			f.form = 1 - f.form
		}
		f.kindInstead = r.chance(.5)
		query = "@placeholder " + f.verb().past + " " + a(f.noun()) + "."
		answered, why = f.name, facts[i].verb().past+" "+f.thing
	} else {
		if r.chance(.5) { // the other half may draw a given thing too
			i = pick(r, given)
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
	about := " passage: " + passage
	return item{
		row: row{
			"source": "toy", "idx": idx,
			"passage": row{"text": passage, "entities": entities},
			"qas": []row{{"idx": idx, "query": query,
				"answers": []row{{"start": start, "end": start + len(answered) - 1, "text": answered}}}},
		},
		why:      []string{why},
		table:    all,
		siblings: []answer{{"thing", facts[i].thing}, {"other", pickOther(r, people, answered)}, {"first", people[0]}, {"last", people[2]}},
		asks: []ask{
			{"answer question: who has the " + facts[i].thing + " now?" + about, holders[i][len(holders[i])-1]},
			{"answer question: who gave the " + facts[given[0]].thing + "?" + about, holders[given[0]][0]},
			{"answer question: who " + facts[i].verb().past + " the " + facts[i].thing + "?" + about, facts[i].name},
			{"answer question: what did " + facts[i].name + " " + facts[i].verb().base + "?" + about, "the " + facts[i].thing},
		},
	}
}
