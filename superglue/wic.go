// SPDX-License-Identifier: Apache-2.0

package superglue

import "unicode/utf8"

// WiC is one example of Word in Context: does the word mean the same in both sentences?
type WiC struct {
	Row
	Word, Sentence1, Sentence2 string
}

var wic = Task{
	Name:    "WiC",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 5428, Dev: 638, Type: "WSD", Metric: "Acc"},
	read: func(row object) []Example {
		x := WiC{
			Row:       Row{row.index(), row.label("false", "true")},
			Word:      row.text("word"),
			Sentence1: row.text("sentence1"),
			Sentence2: row.text("sentence2"),
		}
		// No format shows where the word is, but a span outside its sentence betrays a damaged row.
		row.span("start1", "end1", utf8.RuneCountInString(x.Sentence1), 0)
		row.span("start2", "end2", utf8.RuneCountInString(x.Sentence2), 0)
		return []Example{x}
	},
	metrics: func(a []answer) []Metric { return []Metric{accuracy(a)} },
}

func (x WiC) source(s Style) string {
	fields := "sentence1: " + x.Sentence1 + " sentence2: " + x.Sentence2 + " word: " + x.Word
	if s == T5 {
		return "wic " + fields
	}
	return s.prefix("superglue-wic") + fields
}
