// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"fmt"
	"slices"
	"strings"

	"dpt/superglue"
)

var wic = task{
	Task: lookup("WiC"), train: 2000, val: 500, labels: []float64{.5, .5}, weight: .8, make: newWiC,
	prefix: "wic ",
	fields: func(_ rng, x superglue.Example) []string {
		w := x.(superglue.WiC)
		return []string{"sentence1: " + w.Sentence1, "sentence2: " + w.Sentence2, "word: " + w.Word}
	},
	heldOut: []string{"jam", "bill", "file"},
}

// newWiC uses a word in two sentences, each with a word that reveals its sense. Two sentences in five also have a word
// of a domain that the first word has no sense in: it is a distractor, which only knowledge of the word's senses
// reveals.
func newWiC(r rng, label, idx int) item {
	w := pick(r, ambiguous)
	first := r.IntN(2)
	senses := [2]string{w.senses[first], w.senses[first^(1-label)]}
	clues := [2]string{}
	for i, sense := range senses {
		clues[i] = pickOther(r, contexts[slices.Index(domains, sense)], clues[0]) // two different words for one sense
	}
	it := item{row: row{"word": w.word, "label": label == 1, "idx": idx}, why: []string{senses[0] + " " + senses[1]}}
	for i, clue := range clues {
		text := senseSentence(r, w.word, clue)
		if r.chance(.4) {
			stray := pick(r, contexts[slices.Index(domains, pickOther(r, domains, w.senses[0], w.senses[1]))])
			text = "After the " + stray + ", " + strings.Replace(text, "The ", "the ", 1)
		}
		start := strings.Index(text, " "+w.word) + 1
		n := fmt.Sprint(i + 1)
		it.row["sentence"+n], it.row["start"+n], it.row["end"+n] = text, start, start+len(w.word)
		it.asks = append(it.asks, ask{"sense word: " + w.word + " sentence: " + text, senses[i]})
	}
	it.siblings = []answer{{"first", senses[0]}, {"last", senses[1]}, {"clue", clues[0]}}
	return it
}

func senseSentence(r rng, word, clue string) string {
	name := pick(r, names)
	return pick(r, []string{
		fmt.Sprintf("%s saw the %s near the %s.", name, word, clue),
		fmt.Sprintf("The %s of %s was next to the %s.", word, name, clue),
		fmt.Sprintf("The %s and the %s belonged to %s.", clue, word, name),
		fmt.Sprintf("%s talked about the %s and the %s.", name, clue, word),
	})
}
