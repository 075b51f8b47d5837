// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dpt/superglue"
)

// text writes the i-th example of an item as one kind of text.
func (t task) text(r rng, kind Kind, it item, x superglue.Example, i int) (string, string) {
	words := superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	source, answer := t.Text(x, words)
	if r.chance(.4) {
		source = t.prefix + t.shuffled(r, x)
	}
	if t.continued > 0 && kind == Word && r.chance(t.continued) {
		kind = Continue
	}
	switch kind {
	case Why:
		return "explain " + source, it.why[i] + " " + answer
	case Ask:
		if r.chance(.15) {
			return lexical(r)
		}
		return severalAsks(r, it.asks)
	case Claim:
		if it.claims == nil {
			return severalAsks(r, it.asks)
		}
		return severalAsks(r, it.claims)
	case Remap:
		return t.renamed(r, x)
	case Other:
		a := pick(r, it.siblings)
		return strings.TrimSuffix(a.prefix, ":") + " " + t.bare(r, x), a.target
	case Span:
		return corrupt(r, t.bare(r, x))
	case Continue:
		return continued(r, t.bare(r, x))
	case Table:
		if it.table.columns == nil {
			return severalAsks(r, it.asks)
		}
		return it.table.text(r)
	case Number:
		text := strings.Join(it.row.content(), ". ")
		text = strings.ReplaceAll(text, "..", ".")
		return "count text: " + text, strconv.Itoa(strings.Count(text, "."))
	}
	return source, answer
}

// renamed lists the task's labels by other names, half of the time by their numbers, in the order of the classes or, in
// three of ten texts, in reverse, and asks for one of these names. With one order only, a model would know the classes
// by their numbers in every text. Half of the texts leave the task's name out: it is the list that asks for a label,
// and a prompt has only that to find.
func (t task) renamed(r rng, x superglue.Example) (source, target string) {
	format := superglue.Format{Style: superglue.T5, Labels: superglue.Words}
	if t.Targets(format) == nil {
		return t.Text(x, format)
	}
	names := labelNames[0]
	if r.chance(.5) {
		names = pick(r, labelNames[1:])
	}
	names = slices.Clone(names[:len(t.Classes)])
	if r.chance(.3) {
		slices.Reverse(names)
	}
	prefix := t.prefix
	if r.chance(.5) {
		prefix = ""
	}
	return prefix + "labels: " + strings.Join(names, " ") + " " + t.shuffled(r, x), names[x.Class()]
}

// severalAsks asks one to four of the questions about the same text, and answers them in turn. The more questions a
// text has, the sooner a model learns to look words up.
func severalAsks(r rng, asks []ask) (source, target string) {
	order := r.Perm(len(asks))
	first := asks[order[0]]
	source, target = first.source, first.target
	const prefix = "answer "
	if !strings.HasPrefix(source, prefix) {
		return source, target
	}
	_, text := cutText(first.source)
	for _, i := range order[1:min(len(order), 1+r.IntN(4))] {
		question, same := cutText(asks[i].source)
		if same == text && !strings.Contains(source, strings.TrimPrefix(question, prefix)) {
			source = prefix + strings.TrimPrefix(question, prefix) + " " + strings.TrimPrefix(source, prefix)
			target = asks[i].target + " " + target
		}
	}
	return source, target
}

// cutText separates a question from the text that it is about.
func cutText(source string) (question, text string) {
	for _, key := range []string{" paragraph: ", " premise: ", " passage: ", " text: "} {
		if i := strings.Index(source, key); i >= 0 {
			return source[:i], source[i:]
		}
	}
	return source, ""
}

// text asks for two or three of the columns, in any order.
func (t table) text(r rng) (source, target string) {
	columns := r.Perm(len(t.columns))[:2+r.IntN(len(t.columns)-1)]
	columns = columns[:min(3, len(columns))]
	source = "all"
	for _, c := range columns {
		source += " " + t.columns[c]
	}
	var cells []string
	for _, i := range r.Perm(len(t.lines)) {
		for _, c := range columns {
			cells = append(cells, t.lines[i][c])
		}
	}
	return source + t.about, strings.Join(cells, " ")
}

// told tabulates facts.
func told(facts []fact, about string) table {
	t := table{columns: []string{"who", "did", "what", "where"}, about: about}
	for _, f := range facts {
		place := f.place
		if place == "" {
			place = "no"
		}
		t.lines = append(t.lines, []string{f.name, f.verb().past, f.thing, place})
	}
	return t
}

// labelNames are other names of the classes. A class has the same place in each list: with names drawn for each text a
// model would have to look up the name of its own answer, which toys of this size do not learn.
var labelNames = [][]string{
	{"0", "1", "2"}, {"a", "b", "c"}, {"x", "y", "d"}, {"no", "yes", "good"}, {"wrong", "right", "bad"},
}

// bare writes an example's fields without the task's name, unless both released formats keep it.
func (t task) bare(r rng, x superglue.Example) string {
	if t.keepsName {
		return t.prefix + t.shuffled(r, x)
	}
	return t.shuffled(r, x)
}

// shuffled writes an example's fields in any order.
func (t task) shuffled(r rng, x superglue.Example) string {
	fields := t.fields(r, x)
	shuffle(r, fields)
	return strings.Join(fields, " ")
}

// lexical asks for a word that is related to another.
func lexical(r rng) (source, target string) {
	switch r.IntN(8) {
	case 0:
		i := r.IntN(len(kinds))
		return "kind word: " + pick(r, things[i]), kinds[i]
	case 1:
		if r.chance(.5) {
			w := pick(r, ambiguous)
			return "sense word: " + w.word, pick(r, w.senses[:])
		}
		i := r.IntN(len(domains))
		return "sense word: " + pick(r, contexts[i]), domains[i]
	case 2:
		pair, i := pick(r, opposites), r.IntN(2)
		return "opposite word: " + pair[i], pair[1-i]
	case 3:
		c, i := pick(r, chains), r.IntN(3)
		return "effect word: " + c[i], c[i+1]
	case 4:
		c, i := pick(r, chains), r.IntN(3)
		return "cause word: " + c[i+1], c[i]
	case 5:
		i := r.IntN(3)
		does := pick(r, [][]verb{factive, antifactive, nonfactive}[i])
		says := does.past
		if does.base != "" && r.chance(.5) {
			says = "did not " + does.base
		}
		return "kind word: " + says, []string{"True", "False", "neutral"}[i]
	case 6:
		i, j := r.IntN(2), r.IntN(2)
		return "kind word: " + pick(r, [2][2][]string{{praise, good}, {scold, bad}}[i][j]), []string{"good", "bad"}[i]
	}
	pair, i := pick(r, actions), r.IntN(2)
	return "synonym word: " + pair[i].past, pair[1-i].past
}

// continued cuts text after some word, half of the time after its last, and answers with the next six words at most.
func continued(r rng, text string) (source, target string) {
	words := strings.Fields(text)
	n := len(words)
	if r.chance(.5) {
		n = 1 + r.IntN(n)
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:min(n+6, len(words))], " ")
}

// corrupt applies T5's span corruption to words: 15 % of them, in spans of two on average, are left out.
func corrupt(r rng, text string) (source, target string) {
	words := strings.Fields(text)
	var in, out []string
	for i, sentinel := 0, 0; i < len(words); {
		if i > 0 && r.chance(.08) || i == len(words)-1 && sentinel == 0 {
			n := min(1+r.IntN(3), len(words)-i)
			mark := fmt.Sprintf("<extra_id_%d>", sentinel)
			in, out = append(in, mark), append(append(out, mark), words[i:i+n]...)
			sentinel, i = sentinel+1, i+n
			continue
		}
		in, i = append(in, words[i]), i+1
	}
	return strings.Join(in, " "), strings.Join(out, " ")
}
