// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// words counts a text's words and an </s>.
func words(text string) int { return len(strings.Fields(text)) + 1 }

// Counts of spec/data.md and data/superglue/SOURCE.md: rows as read, those to train on or score, and rows by class.
func TestCounts(t *testing.T) {
	type count struct {
		Rows, Examples int
		Classes        string
	}
	for _, c := range []struct {
		folder, task, split string
		want                count
	}{
		{"superglue", "BoolQ", "val", count{3270, 3270, "1237 2033"}},
		{"superglue", "BoolQ", "test", count{3245, 3245, ""}},
		{"superglue", "CB", "train", count{250, 250, "115 119 16"}},
		{"superglue", "CB", "val", count{56, 56, "23 28 5"}},
		{"superglue", "CB", "test", count{250, 250, ""}},
		{"superglue", "COPA", "train", count{400, 400, "195 205"}},
		{"superglue", "COPA", "val", count{100, 100, "55 45"}},
		{"superglue", "COPA", "test", count{500, 500, ""}},
		{"superglue", "MultiRC", "train", count{27243, 27243, "15218 12025"}},
		{"superglue", "MultiRC", "val", count{4848, 4848, "2773 2075"}},
		{"superglue", "MultiRC", "test", count{9693, 9693, ""}},
		{"superglue", "RTE", "train", count{2490, 2490, "1249 1241"}},
		{"superglue", "RTE", "val", count{277, 277, "146 131"}},
		{"superglue", "RTE", "test", count{3000, 3000, ""}},
		{"superglue", "WiC", "train", count{5428, 5428, "2714 2714"}},
		{"superglue", "WiC", "val", count{638, 638, "319 319"}},
		{"superglue", "WiC", "test", count{1400, 1400, ""}},
		{"superglue", "WSC", "train", count{554, 259, "295 259"}},
		{"superglue", "WSC", "val", count{104, 104, "66 38"}},
		{"superglue", "WSC", "test", count{146, 146, ""}},
		{"fewglue_32dev", "ReCoRD", "train", count{32, 44, ""}}, // 77 answers, 44 of them distinct in their query
		{"fewglue_32dev", "ReCoRD", "dev32", count{32, 32, ""}},
		{"fewglue_32dev", "MultiRC", "train", count{154, 154, "?"}},
		{"fewglue_32dev", "MultiRC", "dev32", count{167, 167, "?"}},
		{"fewglue_32dev", "WSC", "train", count{32, 32, "0 32"}},
		{"fewglue_32dev", "WSC", "dev32", count{32, 32, "22 10"}},
	} {
		task, err := Lookup(c.task)
		if err != nil {
			t.Fatal(err)
		}
		s := task.Statistics(c.split, mustSplit(t, task, filepath.Join(shared(t), "data", c.folder), c.split), Format{},
			words)
		got := count{s.Rows, s.Examples, c.want.Classes}
		if c.want.Classes != "?" {
			var classes []string
			for _, class := range s.Classes {
				classes = append(classes, fmt.Sprint(class.Rows))
			}
			got.Classes = strings.Join(classes, " ")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s/%s/%s (-want +got):\n%s", c.folder, c.task, c.split, diff)
		}
		official := c.folder == "superglue" && c.split != "test"
		if n := map[string]int{"train": task.Table2.Train, "val": task.Table2.Dev}[c.split]; official &&
			n != s.Examples {
			t.Errorf("%s/%s has %d examples, Table 2 %d", c.task, c.split, s.Examples, n)
		}
	}
}

// Majority-class scores on the development splits, as spec/dpt.md gives them (WSC among them), and MultiRC's by
// algebra: all True, F1a is 2·2075/(4848+2075) = 0.59945.
func TestMajority(t *testing.T) {
	for name, want := range map[string]string{
		"BoolQ": "True 62.17", "CB": "contradiction 50.00", "COPA": "choice1 55.00", "MultiRC": "True 59.95",
		"RTE": "entailment 52.71", "WiC": "False 50.00", "WSC": "False 63.46",
	} {
		task, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		s := task.Statistics("val", mustSplit(t, task, filepath.Join(shared(t), "data", "superglue"), "val"), Format{},
			words)
		if got := fmt.Sprintf("%s %.2f", s.Majority.Class, s.Majority.Score.Value); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}

func TestStatistics(t *testing.T) {
	var rows []string
	for i := range 100 { // sources of 4+i words and </s>: "premise:", the premise's, "hypothesis:" and "h"
		rows = append(rows, strings.Replace(goodRow(cb, i), `"p"`, `"`+strings.Repeat("p ", 3*i+1)+`"`, 1))
	}
	got := cb.Statistics("val", decode(t, cb, rows...), Format{}, words)
	want := Statistics{
		Task: "CB", Split: "val", Rows: 100, Examples: 100, Paper: 56,
		Classes:  []ClassCount{{"entailment", 0}, {"contradiction", 0}, {"neutral", 100}},
		Majority: &Majority{"neutral", Share("accuracy", 100, 100, "examples")},
		// Lengths are 5, 8, 11, ... 302; nearest ranks are the 50th, 90th and 99th. 3i+5 > 256 from i = 84.
		Source: Lengths{Mean: 153.5, P50: 152, P90: 272, P99: 299, Max: 302, Cut256: 16},
		Notes:  []string{"Table 2 has 56, not 100: this is not the official split, or not all of it"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where the paper's counts are not those of the examples, a note says why.
func TestStatisticsNotes(t *testing.T) {
	queries := `{"idx": 4, "passage": {"text": "Bea and Al", "entities": []}, "qas": [
		{"idx": 5, "query": "q", "answers": [{"start": 8, "end": 9, "text": "Al"}, {"start": 0, "end": 2, "text": "Bea"}]}]}`
	isFalse := strings.Replace(goodRow(wsc, 1), "true", "false", 1)
	for _, c := range []struct {
		task Task
		rows []string
		want string
	}{
		{record, []string{queries}, "1 rows, 2 examples: Table 2 counts queries; training has one example for each " +
			"distinct answer"},
		{wsc, []string{goodRow(wsc, 0), isFalse}, "2 rows, 1 examples: only the rows whose label is True are trained " +
			"on"},
	} {
		s := c.task.Statistics("train", decode(t, c.task, c.rows...), Format{}, words)
		if all := strings.Join(s.Notes, "\n"); !strings.Contains(all, c.want) || s.Majority != nil {
			t.Errorf("%s: notes %q, majority %v; want one with %q, and none", c.task.Name, all, s.Majority, c.want)
		}
	}
}
