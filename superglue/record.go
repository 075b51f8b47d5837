// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strings"
)

// ReCoRD is one example of Reading Comprehension with Commonsense Reasoning: which of a passage's entities does the
// @placeholder of a query stand for? A row holds a passage and its queries and gives one example per query. A query may
// have several answers, which often name the same entity; training sees each of them.
type ReCoRD struct {
	Passage     int      `json:"Passage"` // idx
	Query       int      `json:"Query"`   // idx
	PassageText string   `json:"PassageText"`
	QueryText   string   `json:"QueryText"`
	Entities    []string `json:"Entities"` // distinct, sorted
	Answers     []string `json:"Answers"`  // distinct, sorted; nil if the row has none, as in the test split
	Answer      string   `json:"Answer"`   // the one of Answers that is the target
}

var record = mustTask(TaskSpec{
	Name: "ReCoRD",
	Table2: Table2{Train: 100730, Dev: 10000, Examples: 138854, Type: "QA", Metric: "F1",
		Note: "Table 2 counts queries; training has one example for each distinct answer"},
	Archive: Archive{Bytes: 51757880, SHA256: "30c7b651ab21b8bf8fab986495cd1084333010e040548f861b839eec0044ac18"},
	Metric:  "F1",
	Read: func(row Object) []Example {
		if row.flat() {
			return readFlatReCoRD(row)
		}
		return readReCoRD(row)
	},
	Training: func(queries []Example) (examples []Example) {
		for _, q := range queries {
			x := q.(ReCoRD)
			for _, x.Answer = range x.Answers {
				examples = append(examples, x)
			}
		}
		return examples
	},
	Target:     func(x Example, _ Style) string { return x.(ReCoRD).Answer },
	Candidates: func(x Example) []string { return x.(ReCoRD).Entities },
	Answer: func(x Example, prediction string) int {
		if isOneOf(prediction, x.(ReCoRD).Entities) {
			return 0
		}
		return -1
	},
	Metrics: func(a []Answer) []Metric { return []Metric{queryF1(a), queryEM(a)} },
})

// readReCoRD reads an official row: a passage with its queries.
func readReCoRD(row Object) (examples []Example) {
	passage := row.Object("passage")
	x := ReCoRD{Passage: row.Index(), PassageText: passage.Text("text")}
	characters := []rune(x.PassageText)
	for entity := range passage.Objects("entities") {
		from, to := entity.span("start", "end", len(characters), 1)
		if row.Failed() {
			return nil
		}
		x.Entities = append(x.Entities, string(characters[from:to]))
	}
	x.Entities = distinct(x.Entities)
	for query := range row.Objects("qas") {
		x.Query, x.QueryText = query.Index(), query.Text("query")
		var answers []string
		if query.Has("answers") || !row.file.unlabelled {
			for answer := range query.Objects("answers") {
				answer.span("start", "end", len(characters), 1)
				text := answer.Text("text")
				if strings.TrimSpace(text) == "" {
					answer.Fail("text", "want an answer, found %q", text)
				}
				answers = append(answers, text)
			}
		}
		examples = append(examples, x.answered(query, answers))
	}
	return examples
}

// readFlatReCoRD reads a row of HuggingFace's: one query.
func readFlatReCoRD(row Object) []Example {
	idx := row.Object("idx")
	x := ReCoRD{
		Passage: idx.Number("passage"), Query: idx.Number("query"),
		PassageText: row.Text("passage"), QueryText: row.Text("query"), Entities: distinct(row.Texts("entities")),
	}
	return []Example{x.answered(row, row.Texts("answers"))}
}

// answered returns x with its answers, which only files without labels may lack.
func (x ReCoRD) answered(query Object, answers []string) ReCoRD {
	if x.Answers = distinct(answers); len(x.Answers) > 0 {
		x.Answer = x.Answers[0]
	} else if !query.file.unlabelled {
		query.Fail("answers", "want an answer, found none")
	}
	return x
}

// ID returns the idx of passage and query: "3088/4756".
func (x ReCoRD) ID() string { return fmt.Sprintf("%d/%d", x.Passage, x.Query) }

// Class returns 0, or Unlabelled without answers: queries have answers, not classes.
func (x ReCoRD) Class() int {
	if x.Answers == nil {
		return Unlabelled
	}
	return 0
}

// A passage's highlights become sentences of it.
var noHighlights = strings.NewReplacer(
	".\n@highlight\n", ". ", "?\n@highlight\n", "? ", "!\n@highlight\n", "! ",
	"\"\n@highlight\n", "\" ", "'\n@highlight\n", "' ",
	"\n@highlight\n", ". ")

// Source has the released code's name in front in both of its styles: the later release dropped the other tasks' only.
func (x ReCoRD) Source(s Style) string {
	fields := "record query: " + x.QueryText + " entities: " + strings.Join(x.Entities, ", ") +
		" passage: " + noHighlights.Replace(x.PassageText)
	if s == T5 {
		return fields
	}
	return "superglue-record " + fields
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}
