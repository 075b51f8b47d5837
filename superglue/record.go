// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ReCoRD is one example of Reading Comprehension with Commonsense Reasoning: which of a passage's entities does the
// @placeholder of a query stand for? A row holds a passage and its queries and gives one example per query. A query may
// have several answers, which often name the same entity; training sees each of them.
type ReCoRD struct {
	Passage, Query         int // idx of each
	PassageText, QueryText string
	Entities               []string // distinct, sorted
	Answers                []string // distinct, sorted; nil if the row has none, as in the test split
	Answer                 string   // the one of Answers that is the target
}

var record = Task{
	Name:   "ReCoRD",
	Table2: Table2{Train: 100730, Dev: 10000, Type: "QA", Metric: "F1"},
	read: func(row object) (examples []Example) {
		x := ReCoRD{Passage: row.index()}
		passage := row.object("passage")
		x.PassageText = passage.text("text")
		characters := []rune(x.PassageText)
		for entity := range passage.objects("entities") {
			from, to := entity.span("start", "end", len(characters), 1)
			if row.file.err != nil {
				return nil
			}
			x.Entities = append(x.Entities, string(characters[from:to]))
		}
		x.Entities = distinct(x.Entities)
		for query := range row.objects("qas") {
			x.Query, x.QueryText, x.Answers = query.index(), query.text("query"), nil
			if query.has("answers") || !row.file.unlabelled {
				for answer := range query.objects("answers") {
					answer.span("start", "end", len(characters), 1)
					x.Answers = append(x.Answers, answer.text("text"))
				}
				if x.Answers = distinct(x.Answers); len(x.Answers) == 0 {
					query.fail("answers", "want an answer, found none")
					return nil
				}
				x.Answer = x.Answers[0]
			}
			examples = append(examples, x)
		}
		return examples
	},
	training: func(queries []Example) (examples []Example) {
		for _, q := range queries {
			x := q.(ReCoRD)
			for _, x.Answer = range x.Answers {
				examples = append(examples, x)
			}
		}
		return examples
	},
	target: func(x Example, _ Style) string { return x.(ReCoRD).Answer },
	class: func(x Example, prediction string) int {
		prediction = normalise(prediction)
		if slices.ContainsFunc(x.(ReCoRD).Entities, func(entity string) bool { return normalise(entity) == prediction }) {
			return 0
		}
		return -1
	},
	metrics: func(a []answer) []Metric { return []Metric{queryF1(a), queryEM(a)} },
}

// ID is the idx of passage and query: "3088/4756".
func (x ReCoRD) ID() string { return fmt.Sprintf("%d/%d", x.Passage, x.Query) }

// Class is 0, or Unlabelled without answers: queries have answers, not classes.
func (x ReCoRD) Class() int {
	if x.Answers == nil {
		return Unlabelled
	}
	return 0
}

// A passage's highlights become sentences of it.
var noHighlights = strings.NewReplacer(
	".\n@highlight\n", ". ", "?\n@highlight\n", "? ", "!\n@highlight\n", "! ", "\"\n@highlight\n", "\" ", "'\n@highlight\n", "' ",
	"\n@highlight\n", ". ")

func (x ReCoRD) source(s Style) string {
	fields := "record query: " + x.QueryText + " entities: " + strings.Join(x.Entities, ", ") + " passage: " + noHighlights.Replace(x.PassageText)
	if s == T5 {
		return fields
	}
	return "superglue-record " + fields // both releases: the later one dropped the other tasks' names only
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// queryF1 is the mean over queries of the best F1 between the prediction's tokens and an answer's, with SQuAD's
// normalisation.
func queryF1(answers []answer) Metric {
	scores := make([]float64, len(answers))
	for i, a := range answers {
		predicted := strings.Fields(normalise(a.text))
		for _, gold := range a.example.(ReCoRD).Answers {
			scores[i] = max(scores[i], tokenF1(predicted, strings.Fields(normalise(gold))))
		}
	}
	return bootstrapped("f1", len(answers), "queries", func(sample []int) float64 {
		sum := 0.0
		for _, i := range sample {
			sum += scores[i]
		}
		return 100 * sum / float64(len(sample))
	})
}

// queryEM is the share of queries where the prediction is one of the answers, with SQuAD's normalisation.
func queryEM(answers []answer) Metric {
	exact := 0
	for _, a := range answers {
		predicted := normalise(a.text)
		if slices.ContainsFunc(a.example.(ReCoRD).Answers, func(gold string) bool { return normalise(gold) == predicted }) {
			exact++
		}
	}
	return share("em", exact, len(answers), "queries")
}

// tokenF1 compares two bags of tokens.
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

// normalise is SQuAD's: lower case, without ASCII punctuation and the words a, an and the, single spaces.
func normalise(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	s = unicodeWord.ReplaceAllStringFunc(s, func(w string) string {
		if w == "a" || w == "an" || w == "the" {
			return " "
		}
		return w
	})
	return strings.Join(strings.Fields(s), " ")
}
