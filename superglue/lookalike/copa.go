// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"slices"

	"dpt/superglue"
)

var copa = task{
	Task: lookup("COPA"), train: 400, val: 200, labels: []float64{.5, .5}, weight: 1.5, make: newCOPA,
	prefix: "copa ",
	fields: func(r rng, x superglue.Example) []string {
		c := x.(superglue.COPA)
		fields := []string{"choice1: " + c.Choice1, "choice2: " + c.Choice2, "premise: " + c.Premise,
			"question: " + c.Question}
		if r.chance(.3) { // as the released code does
			fields = fields[:3]
		}
		return fields
	},
	essential: slices.Concat(chains...),
	heldOut:   slices.Concat(chains[13:]...),
}

// newCOPA makes a premise of one event and choices of two that may be its cause or effect; its neighbour in its chain
// is right. The wrong one is from another chain (65 %), the neighbour on the other side (20 %), or two steps away on
// the right side (15 %), before sides are told apart; of validation rows two fifths are of one chain. The released code
// leaves the question out: without it the best possible score on all rows is 90 %.
func newCOPA(r rng, label, idx int) item {
	name := pick(r, names)
	c := sample(r, chains, 2)
	at, step, question := 1+r.IntN(2), 1, "effect"
	if r.chance(.5) {
		step, question = -1, "cause"
	}
	right := c[0][at+step]
	wrong := pick(r, c[1])
	switch far := at + 2*step; r.weighted(.65, .20, .15) {
	case 1:
		wrong = c[0][at-step]
	case 2:
		if far < 0 || far > 3 { // the chain is too short: start one step earlier
			at -= step
			right, far = c[0][at+step], far-step
		}
		wrong = c[0][far]
	}
	premise := name + " " + c[0][at] + "."
	if when := pick(r, []string{"", "Yesterday ", "Last week ", "On Monday ", "This morning "}); when != "" {
		premise = when + premise
	}
	sentence := func(event string) string { return fmt.Sprintf("%s %s.", capital(pronoun(name)), event) }
	choices := [2]string{sentence(wrong), sentence(wrong)}
	choices[label] = sentence(right)
	about := " premise: " + premise + " choice1: " + choices[0] + " choice2: " + choices[1]
	at1, at2 := "choice1", "choice2" // of right and wrong
	if label == 1 {
		at1, at2 = at2, at1
	}
	asks := []ask{
		{"complete " + question + ": " + premise, right},
		{"answer question: what was the " + question + "?" + about, right},
		{"answer question: where was " + right + "?" + about, at1},
		{"answer question: where was " + wrong + "?" + about, at2},
		{"answer question: where was " + c[0][at] + "?" + about, "premise"},
		{"answer question: who was it?" + about, name},
	}
	return item{
		row: row{"premise": premise, "choice1": choices[0], "choice2": choices[1], "question": question,
			"label": label, "idx": idx},
		why:      []string{right},
		siblings: []answer{{"who", name}, {"other", wrong}},
		asks:     asks,
	}
}
