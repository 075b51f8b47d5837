// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dpt/superglue"
)

// solve answers an example of a toy task from its texts alone, by rules: what T5 would be asked to write.
func solve(task superglue.Task, x superglue.Example) string {
	truth := map[bool]int{false: 0, true: 1}
	switch x := x.(type) {
	case superglue.BoolQ:
		return task.Classes[truth[solveBoolQ(x)]]
	case superglue.CB:
		return task.Classes[solveCB(x)]
	case superglue.COPA:
		return task.Classes[solveCOPA(x)]
	case superglue.MultiRC:
		return task.Classes[truth[slices.Contains(solveQuestion(x.QuestionText, x.PassageText), x.AnswerText)]]
	case superglue.ReCoRD:
		return solveReCoRD(x)
	case superglue.WiC:
		return task.Classes[truth[sense(x.Word, x.Sentence1) == sense(x.Word, x.Sentence2)]]
	case superglue.WSC:
		return solveWSC(x)
	case superglue.RTE:
		h := parseFacts(x.Hypothesis)[0]
		follows := slices.ContainsFunc(parseFacts(x.Premise), func(f fact) bool { return entails(f, h) })
		return task.Classes[truth[!follows]]
	}
	panic(fmt.Sprintf("no such example: %T", x))
}

var (
	oneOf   = func(words []string) string { return "(" + strings.Join(words, "|") + ")" }
	active  = regexp.MustCompile(`^(\w+) (\w+) an? (?:` + oneOf(colours) + ` )?(\w+)(?: in (\w+))?$`)
	passive = regexp.MustCompile(`^An? (?:` + oneOf(colours) + ` )?(\w+) was (\w+) by (\w+)(?: in (\w+))?$`)
)

// parseFacts reads the sentences that tell who did what.
func parseFacts(text string) []fact {
	var facts []fact
	for _, sentence := range strings.Split(strings.TrimSuffix(text, "."), ". ") {
		if m := active.FindStringSubmatch(sentence); m != nil {
			facts = append(facts, newFact(m[1], m[2], m[3], m[4], m[5]))
		} else if m := passive.FindStringSubmatch(sentence); m != nil {
			facts = append(facts, newFact(m[4], m[3], m[1], m[2], m[5]))
		}
	}
	return facts
}

func newFact(name, word, colour, thing, place string) fact {
	f := fact{name: name, action: actionOf(word), colour: colour, thing: thing, place: place}
	if i := slices.Index(kinds, thing); i >= 0 { // any thing of the kind stands for it
		f.thing, f.kindInstead = things[i][0], true
	}
	return f
}

// actionOf is the index of an action in any form of its verbs.
func actionOf(word string) int {
	i := slices.IndexFunc(actions, func(pair [2]verb) bool {
		return slices.ContainsFunc(pair[:], func(v verb) bool {
			return word == v.past || word == v.base ||
				word == participle(v)
		})
	})
	if i < 0 {
		panic("no such action: " + word)
	}
	return i
}

func solveBoolQ(x superglue.BoolQ) bool {
	is, place, all := map[string]string{}, map[string]string{}, map[string]string{}
	opposite := func(adjective string) string {
		for _, pair := range opposites {
			if i := slices.Index(pair[:], adjective); i >= 0 {
				return pair[1-i]
			}
		}
		panic(adjective)
	}
	for _, sentence := range strings.Split(strings.TrimSuffix(x.Passage, "."), ". ") {
		switch w := strings.Fields(sentence); {
		case w[0] == "Everything":
			all[w[2]] = w[4]
		case w[0] == "Nothing":
			all[w[2]] = opposite(w[4])
		case w[3] == "in":
			place[w[1]] = w[4]
		case w[3] == "not":
			is[w[1]] = opposite(w[4])
		default:
			is[w[1]] = w[3]
		}
	}
	w := strings.Fields(x.Question)
	if w[1] == "there" { // is there a tool in Rome
		for thing, at := range place {
			if at == w[5] && kindOf(thing) == w[3] {
				return true
			}
		}
		return false
	}
	return is[w[2]] == w[3] || all[place[w[2]]] == w[3]
}

func solveCB(x superglue.CB) int {
	says, told, _ := strings.Cut(x.Premise, " that ")
	contains := func(verbs []verb) bool {
		return slices.ContainsFunc(verbs, func(v verb) bool {
			return strings.HasSuffix(says, " "+v.past) || v.base != "" && strings.HasSuffix(says, " did not "+v.base)
		})
	}
	holds := !strings.Contains(told, "did not")
	switch {
	case contains(antifactive):
		holds = !holds
	case contains(nonfactive):
		return neutral
	}
	if holds == !strings.Contains(x.Hypothesis, "did not") {
		return entailment
	}
	return contradiction
}

func solveCOPA(x superglue.COPA) int {
	find := func(sentence string) (chain, at int) {
		for i, c := range chains {
			if j := slices.IndexFunc(c[:], func(event string) bool {
				return strings.HasSuffix(sentence,
					" "+event+".")
			}); j >= 0 {
				return i, j
			}
		}
		panic(sentence)
	}
	chain, at := find(x.Premise)
	step := map[string]int{"cause": -1, "effect": 1}[x.Question]
	if c, j := find(x.Choice1); c == chain && j == at+step {
		return 0
	}
	return 1
}

var question = regexp.MustCompile(`^(?:Who (\w+) (?:the|an?) (\w+)|What did (\w+) (\w+)|Where was (\w+)|` +
	`Who was in (\w+)|Who was in the same place as (\w+))\?$`)

// solveQuestion lists all right answers of a question of MultiRC.
func solveQuestion(text, passage string) (right []string) {
	m := question.FindStringSubmatch(text)
	facts := parseFacts(passage)
	place := map[string]string{}
	for _, f := range facts {
		place[f.name] = f.place
	}
	for _, f := range facts {
		switch {
		case m[1] != "" && f.action == actionOf(m[1]) && (f.thing == m[2] || kindOf(f.thing) == m[2]):
			right = append(right, f.name)
		case m[3] == f.name && f.action == actionOf(m[4]):
			right = append(right, a(f.thing), a(kindOf(f.thing)))
		case m[5] == f.name:
			right = append(right, f.place)
		case m[6] != "" && m[6] == f.place || m[7] != "" && f.name != m[7] && f.place == place[m[7]]:
			right = append(right, f.name)
		}
	}
	return right
}

var (
	given = regexp.MustCompile(`Then (\w+) gave everything to (\w+)\.`)
	holds = regexp.MustCompile(`^@placeholder has the (\w+) now\.$`)
)

func solveReCoRD(x superglue.ReCoRD) string {
	holder := map[string]string{}
	facts := parseFacts(x.PassageText)
	for _, f := range facts {
		holder[f.thing] = f.name
	}
	for _, g := range given.FindAllStringSubmatch(x.PassageText, -1) {
		for thing, name := range holder {
			if name == g[1] {
				holder[thing] = g[2]
			}
		}
	}
	if m := holds.FindStringSubmatch(x.QueryText); m != nil {
		return holder[m[1]]
	}
	h := parseFacts(strings.Replace(x.QueryText, "@placeholder", "Somebody", 1))[0]
	for _, f := range facts {
		if h.name = f.name; entails(f, h) {
			return f.name
		}
	}
	return ""
}

// sense is the domain of a word in a sentence: that of its two in which another word of the sentence is.
func sense(word, sentence string) string {
	i := slices.IndexFunc(ambiguous, func(w struct {
		word   string
		senses [2]string
	}) bool {
		return w.word == word
	})
	for _, w := range strings.FieldsFunc(sentence, func(r rune) bool { return r == ' ' || r == ',' || r == '.' }) {
		for _, domain := range ambiguous[i].senses {
			if w != word && slices.Contains(contexts[slices.Index(domains, domain)], w) {
				return domain
			}
		}
	}
	return ""
}

func solveWSC(x superglue.WSC) string {
	words := strings.Fields(strings.TrimSuffix(x.Text, "."))
	if words[0] == "In" {
		words = words[2:]
	}
	praised := slices.Contains(praise, words[1])
	isGood := slices.Contains(good, words[len(words)-1])
	if (praised == isGood) != (words[3] == "although") {
		return words[2]
	}
	return words[0]
}
