// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// queryF1 returns the mean over queries of the best F1 between the prediction's tokens and an answer's, with SQuAD's
// normalisation.
func queryF1(answers []Answer) Metric {
	scores := make([]float64, len(answers))
	for i, a := range answers {
		predicted := strings.Fields(normalise(a.Text))
		for _, gold := range a.Example.(ReCoRD).Answers {
			scores[i] = max(scores[i], tokenF1(predicted, strings.Fields(normalise(gold))))
		}
	}
	return Bootstrap("f1", len(answers), "queries", func(sample []int) float64 {
		sum := 0.0
		for _, i := range sample {
			sum += scores[i]
		}
		return 100 * sum / float64(len(sample))
	})
}

// queryEM returns the share of queries where the prediction is one of the answers, with SQuAD's normalisation.
func queryEM(answers []Answer) Metric {
	exact := 0
	for _, a := range answers {
		if isOneOf(a.Text, a.Example.(ReCoRD).Answers) {
			exact++
		}
	}
	return Share("em", exact, len(answers), "queries")
}

// isOneOf reports whether a text is one of others, after SQuAD's normalisation of all.
func isOneOf(text string, others []string) bool {
	text = normalise(text)
	return slices.ContainsFunc(others, func(other string) bool { return normalise(other) == text })
}

// tokenF1 returns the F1 of two bags of tokens.
func tokenF1(a, b []string) float64 {
	count := map[string]int{}
	for _, token := range b {
		count[token]++
	}
	both := 0
	for _, token := range a {
		if count[token] > 0 {
			count[token]--
			both++
		}
	}
	return f1(float64(both), float64(len(a)), float64(len(b)))
}

var unicodeWord = regexp.MustCompile(`[\pL\pN_]+`)

// lower returns a text in lower case as Python's str.lower has it, with which the reference metrics compare: a final
// sigma has a form of its own, and the dot of İ stays.
func lower(s string) string { return cases.Lower(language.Und).String(s) }

// normalise applies SQuAD's rules: lower case, without ASCII punctuation and the words a, an and the, single spaces.
func normalise(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r) {
			return -1
		}
		return r
	}, lower(s))
	s = unicodeWord.ReplaceAllStringFunc(s, func(w string) string {
		if w == "a" || w == "an" || w == "the" {
			return " "
		}
		return w
	})
	return strings.Join(strings.Fields(s), " ")
}
