// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"

	"dpt/superglue"
)

// CB's classes.
const (
	entailment = iota
	contradiction
	neutral
)

var cb = task{
	Task: lookup("CB"), train: 250, val: 200, labels: []float64{.42, .47, .11}, weight: 1.5, make: newCB,
	prefix: "cb ",
	fields: func(_ rng, x superglue.Example) []string {
		c := x.(superglue.CB)
		return []string{"hypothesis: " + c.Hypothesis, "premise: " + c.Premise}
	},
	heldOut: []string{"realise", "realised", "falsely"},
}

// newCB makes a premise in which somebody knows, invents or supposes a clause; the hypothesis is the clause or its
// negation. Verbs of knowing and supposing may be negated, which changes nothing; the hypothesis may use the clause's
// other verb.
func newCB(r rng, label, idx int) item {
	clause := r.facts(1, .3, .3)[0]
	verbs := pick(r, [][]verb{factive, antifactive})
	if label == neutral {
		verbs = nonfactive
	}
	does := pick(r, verbs)
	says := does.past
	if does.base != "" && r.chance(.35) {
		says = "did not " + does.base
	}
	claimed := r.chance(.5) // whether the clause is affirmed
	asked := r.chance(.5)
	holds := "neutral" // whether the clause holds without its negation
	if label != neutral {
		isTrue := claimed == (does.base != "")
		asked = isTrue == (label == entailment)
		holds = truth(isTrue)
	}
	told := clauseText(clause, claimed)
	if r.chance(.3) {
		clause.form = 1 - clause.form
	}
	hypothesis := clauseText(clause, asked)
	speaker := pickOther(r, names, clause.name)
	when := pick(r, []string{"", "Yesterday ", "In spring ", "At noon "})
	premise := fmt.Sprintf("%s%s %s that %s.", when, speaker, says, told)
	class := lookup("CB").Classes[label]
	about := " premise: " + premise
	return item{
		row:      row{"premise": premise, "hypothesis": hypothesis, "label": class, "idx": idx},
		why:      []string{does.past + " " + did(claimed) + " " + holds + " " + did(asked)},
		siblings: []answer{{"who", clause.name}, {"thing", clause.thing}},
		asks: []ask{
			{"answer question: is it true?" + about, holds}, // twice, since the label follows from it
			{"answer question: is it true?" + about, holds},
			{"answer question: who spoke?" + about, speaker},
			{"answer question: who acted?" + about, clause.name},
			{"answer question: what was it?" + about, clause.noun()},
		},
	}
}

func did(affirmed bool) string {
	if affirmed {
		return "did"
	}
	return "did not"
}

// clauseText writes "Ida found a lemon" or "Ida did not find a lemon".
func clauseText(f fact, affirmed bool) string {
	verb := f.verb().past
	if !affirmed {
		verb = "did not " + f.verb().base
	}
	return f.name + " " + verb + " " + a(f.noun()) + f.where()
}
