// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"slices"
	"strings"

	"dpt/superglue"
)

var wsc = task{
	Task: lookup("WSC"), train: 554, val: 200, labels: []float64{.5325, .4675}, weight: 1.5, make: newWSC,
	prefix: "wsc: ",
	fields: func(r rng, x superglue.Example) []string {
		w, marks := x.(superglue.WSC), pick(r, []string{"*%s*", "* %s *"})
		return []string{w.Text[:w.Start] + fmt.Sprintf(marks, w.Pronoun) + w.Text[w.Start+len(w.Pronoun):]}
	},
	onlyTrue:  true,
	essential: slices.Concat(praise, scold, good, bad, []string{"although"}),
	heldOut:   []string{"admired", "punished", "honest", "careless"},
	// A nameless WSC text must not read as the question itself; it is the task whose nameless form is closest to it.
	continued: .25,
	answers: func(x superglue.Example) []string { // the two people
		isOther := func(word string) bool { return !slices.Contains(names, word) }
		return slices.DeleteFunc(strings.Fields(x.(superglue.WSC).Text), isOther)
	},
}

// newWSC makes one person praise or scold another of the same sex because somebody, named by a pronoun, is good or bad.
// If praise goes with a good quality (or scolding with a bad one) the pronoun is the person praised; otherwise it is
// the speaker. After "although", in one row of four, it is the other way round.
func newWSC(r rng, label, idx int) item {
	people := sample(r, pick(r, [][]string{men, women}), 2)
	quality := map[bool]string{true: "good", false: "bad"}
	praised, isGood, although := r.chance(.5), r.chance(.5), r.chance(.25)
	verb, adjective, link := pick(r, scold), pick(r, bad), "because"
	if praised {
		verb = pick(r, praise)
	}
	if isGood {
		adjective = pick(r, good)
	}
	if although {
		link = "although"
	}
	referent := 0
	if (praised == isGood) != although {
		referent = 1
	}
	text := people[0] + " " + verb + " " + people[1] + " " + link + " " + pronoun(people[0]) + " was " +
		pick(r, []string{"", "very ", "rather ", "always "}) + adjective + "."
	if r.chance(.3) {
		text = "In " + pick(r, places) + " " + text
	}
	candidate := people[referent]
	if label == 0 {
		candidate = people[1-referent]
	}
	words := strings.Fields(text)
	return item{
		row: row{"text": text, "label": label == 1, "idx": idx, "target": row{
			"span1_text": candidate, "span1_index": slices.Index(words, candidate),
			"span2_text": pronoun(people[0]), "span2_index": slices.Index(words, pronoun(people[0]))}},
		why: []string{quality[praised] + " " + link + " " + quality[isGood]},
		siblings: []answer{{"other:", people[1-referent]}, {"first:", people[0]}, {"last:", people[1]},
			{"verb:", verb}},
		asks: []ask{
			{"answer question: who " + verb + " somebody? text: " + text, people[0]},
			{"answer question: who was " + adjective + "? text: " + text, people[referent]},
			{"answer question: whom did " + people[0] + " treat so? text: " + text, people[1]},
		},
		claims: []ask{
			{"answer question: was it praise? text: " + text, truth(praised)},
			{"answer question: was " + adjective + " good? text: " + text, truth(isGood)},
			{"answer question: was it fair? text: " + text, truth(praised == isGood)}, // half of the way to the answer
		},
	}
}
