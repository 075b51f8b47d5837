// SPDX-License-Identifier: Apache-2.0

package superglue

import "unicode/utf8"

// WiC is one example of Word in Context: does the word mean the same in both sentences?
type WiC struct {
	Row
	Word      string `json:"Word"`
	Sentence1 string `json:"Sentence1"`
	Sentence2 string `json:"Sentence2"`
}

var wic = mustTask(TaskSpec{
	Name:    "WiC",
	Classes: []string{"False", "True"},
	Table2:  Table2{Train: 5428, Dev: 638, Type: "WSD", Metric: "Acc"},
	Archive: Archive{Bytes: 396213, SHA256: "ee7e67f4ae9eafbf533780faa198e62167f3cda54256cdf261877be3c0e90900"},
	Metric:  "Accuracy",
	Read: func(row Object) []Example {
		x := WiC{
			Row:       row.row(false, true),
			Word:      row.Text("word"),
			Sentence1: row.Text("sentence1"),
			Sentence2: row.Text("sentence2"),
		}
		// No format shows where the word is, but a span outside its sentence betrays a damaged row.
		row.span("start1", "end1", utf8.RuneCountInString(x.Sentence1), 0)
		row.span("start2", "end2", utf8.RuneCountInString(x.Sentence2), 0)
		return []Example{x}
	},
	Metrics: func(a []Answer) []Metric { return []Metric{Accuracy(a)} },
})

// Source has the same order of fields in all styles.
func (x WiC) Source(s Style) string {
	fields := "sentence1: " + x.Sentence1 + " sentence2: " + x.Sentence2 + " word: " + x.Word
	if s == T5 {
		return "wic " + fields
	}
	return s.prefix("superglue-wic") + fields
}
