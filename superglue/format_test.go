// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// formatCases are rows and what spec/dpt.md, section 4, makes of the first example to train on. There is one table a
// task.
var formatCases = map[string][]struct {
	about string
	row   string
	// source and target by format; a format that is left out is not looked at
	want map[string][2]string
}{
	"BoolQ": {{
		about: "the released code has the question first, T5 the passage",
		row:   `{"question": "is it so", "passage": "It -- It is so.", "idx": 0, "label": true}`,
		want: map[string][2]string{
			"dpt":       {"question: is it so passage: It -- It is so.", "1"},
			"dpt+words": {"question: is it so passage: It -- It is so.", "True"},
			"dpt-oct":   {"superglue-boolq question: is it so passage: It -- It is so.", "1"},
			"t5":        {"boolq passage: It -- It is so. question: is it so", "True"},
			"t5+digits": {"boolq passage: It -- It is so. question: is it so", "1"},
		},
	}, {
		about: "False",
		row:   `{"question": "q", "passage": "p", "idx": 0, "label": false}`,
		want: map[string][2]string{"dpt": {"question: q passage: p", "0"},
			"t5": {"boolq passage: p question: q", "False"}},
	}},
	"CB": {{
		about: "entailment",
		row:   `{"premise": "P.", "hypothesis": "h", "label": "entailment", "idx": 0}`,
		want: map[string][2]string{
			"dpt":     {"premise: P. hypothesis: h", "0"},
			"dpt-oct": {"superglue-cb premise: P. hypothesis: h", "0"},
			"t5":      {"cb hypothesis: h premise: P.", "entailment"},
		},
	}, {
		about: "contradiction",
		row:   `{"premise": "P.", "hypothesis": "h", "label": "contradiction", "idx": 0}`,
		want: map[string][2]string{
			"dpt": {"premise: P. hypothesis: h", "1"},
			"t5":  {"cb hypothesis: h premise: P.", "contradiction"},
		},
	}, {
		about: "neutral",
		row:   `{"premise": "P.", "hypothesis": "h", "label": "neutral", "idx": 0}`,
		want: map[string][2]string{"dpt": {"premise: P. hypothesis: h", "2"},
			"t5": {"cb hypothesis: h premise: P.", "neutral"}},
	}},
	"COPA": {{
		about: "only T5 says what is asked for",
		row:   `{"premise": "P.", "choice1": "A.", "choice2": "B.", "question": "effect", "label": 1, "idx": 0}`,
		want: map[string][2]string{
			"dpt":     {"premise: P. choice1: A. choice2: B.", "1"},
			"dpt-oct": {"superglue-copa premise: P. choice1: A. choice2: B.", "1"},
			"t5":      {"copa choice1: A. choice2: B. premise: P. question: effect", "choice2"},
		},
	}, {
		about: "cause",
		row:   `{"premise": "P.", "choice1": "A.", "choice2": "B.", "question": "cause", "label": 0, "idx": 0}`,
		want: map[string][2]string{
			"dpt": {"premise: P. choice1: A. choice2: B.", "0"},
			"t5":  {"copa choice1: A. choice2: B. premise: P. question: cause", "choice1"},
		},
	}},
	"MultiRC": {{
		about: "markup goes: <br> is a space, <b> nothing",
		row: `{"idx": 0, "passage": {"text": "<b>Sent 1: </b>One.<br><b>Sent 2: </b>Two.", "questions": [
			{"question": "<b>q?</b>", "idx": 0, "answers": [{"text": "a<br>b", "idx": 0, "label": 1}]}]}}`,
		want: map[string][2]string{
			"dpt":     {"question: q? answer: a b paragraph: Sent 1: One. Sent 2: Two.", "1"},
			"dpt-oct": {"superglue-multirc question: q? answer: a b paragraph: Sent 1: One. Sent 2: Two.", "1"},
			"t5":      {"multirc question: q? answer: a b paragraph: Sent 1: One. Sent 2: Two.", "True"},
		},
	}, {
		about: "other markup stays",
		row: `{"idx": 0, "passage": {"text": "<i>p</i> <BR>", "questions": [
			{"question": "q", "idx": 0, "answers": [{"text": "a < b", "idx": 0, "label": 0}]}]}}`,
		want: map[string][2]string{
			"dpt": {"question: q answer: a < b paragraph: <i>p</i> <BR>", "0"},
			"t5":  {"multirc question: q answer: a < b paragraph: <i>p</i> <BR>", "False"},
		},
	}},
	"ReCoRD": {{
		about: "entities' ends are inclusive, and they are sorted and distinct; highlights are sentences",
		row: `{"source": "s", "idx": 0, "passage": {
			"text": "Bea met Al.\n@highlight\nAl smiled\n@highlight\nBea left", "entities": [
			{"start": 0, "end": 2}, {"start": 8, "end": 9}, {"start": 23, "end": 24}, {"start": 44, "end": 46}]},
			"qas": [{"idx": 0, "query": "@placeholder smiled", "answers": [
				{"start": 8, "end": 9, "text": "Al"}, {"start": 23, "end": 24, "text": "Al"}]}]}`,
		want: map[string][2]string{
			"dpt": {"superglue-record record query: @placeholder smiled entities: Al, Bea passage: Bea met Al. " +
				"Al smiled. Bea left", "Al"},
			"dpt-oct": {"superglue-record record query: @placeholder smiled entities: Al, Bea passage: Bea met Al. " +
				"Al smiled. Bea left", "Al"},
			"t5": {"record query: @placeholder smiled entities: Al, Bea passage: Bea met Al. Al smiled. Bea left",
				"Al"},
		},
	}, {
		about: "each mark of . ? ! \" ' keeps its place in front of a highlight; positions count characters, not bytes",
		row: `{"idx": 0, "passage": {
			"text": "é?\n@highlight\nb!\n@highlight\nc\"\n@highlight\nd'\n@highlight\ne,\n@highlight\nÉva", "entities": [{"start": 70, "end": 72}]},
			"qas": [{"idx": 0, "query": "q", "answers": [{"start": 70, "end": 72, "text": "Éva"}]}]}`,
		want: map[string][2]string{"t5": {`record query: q entities: Éva passage: é? b! c" d' e,. Éva`, "Éva"}},
	}},
	"RTE": {{
		about: "the released code has GLUE's names for the fields",
		row:   `{"premise": "P.", "hypothesis": "H.", "label": "not_entailment", "idx": 0}`,
		want: map[string][2]string{
			"dpt":     {"sentence1: P. sentence2: H.", "1"},
			"dpt-oct": {"rte sentence1: P. sentence2: H.", "1"},
			"t5":      {"rte hypothesis: H. premise: P.", "not_entailment"},
		},
	}, {
		about: "entailment",
		row:   `{"premise": "P.", "hypothesis": "H.", "label": "entailment", "idx": 0}`,
		want: map[string][2]string{"dpt": {"sentence1: P. sentence2: H.", "0"},
			"t5": {"rte hypothesis: H. premise: P.", "entailment"}},
	}},
	"WiC": {{
		about: "positions are not shown",
		row: `{"word": "check", "sentence1": "A check mark.", "sentence2": "A check on it.", "idx": 0, "label": false,
			"start1": 2, "end1": 7, "start2": 2, "end2": 7, "version": 1.1}`,
		want: map[string][2]string{
			"dpt":     {"sentence1: A check mark. sentence2: A check on it. word: check", "0"},
			"dpt-oct": {"superglue-wic sentence1: A check mark. sentence2: A check on it. word: check", "0"},
			"t5":      {"wic sentence1: A check mark. sentence2: A check on it. word: check", "False"},
		},
	}},
	"WSC": {{
		about: "the pronoun is marked; the released code has spaces inside the marks",
		row: `{"text": "Ann told Bea that she won .", "idx": 0, "label": true,
			"target": {"span1_index": 2, "span1_text": "Bea", "span2_index": 4, "span2_text": "she"}}`,
		want: map[string][2]string{
			"dpt":     {"Ann told Bea that * she * won .", "Bea"},
			"dpt-oct": {"superglue-wsc.fixed text: Ann told Bea that * she * won .", "Bea"},
			"t5":      {"wsc: Ann told Bea that *she* won .", "Bea"},
		},
	}, {
		about: "punctuation may follow the pronoun",
		row: `{"text": "Ann liked Bea. \"Good for her,\" she said. ", "idx": 0, "label": true,
			"target": {"span1_index": 2, "span1_text": "bea.", "span2_index": 5, "span2_text": "her"}}`,
		want: map[string][2]string{
			"dpt": {`Ann liked Bea. "Good for * her *," she said.`, "Bea"},
			"t5":  {`wsc: Ann liked Bea. "Good for *her* ," she said.`, "bea."},
		},
	}, {
		about: "the index may be a word off; the candidate's first letter and spaces follow the text",
		row: `{"text": "In the tall tower they might use it , but why", "idx": 0, "label": true,
			"target": {"span1_index": 1, "span1_text": "The\ntall tower", "span2_index": 6, "span2_text": "it"}}`,
		want: map[string][2]string{
			"dpt": {"In the tall tower they might use * it * , but why", "the tall tower"},
			"t5":  {"wsc: In the tall tower they might use *it* , but why", "The tall tower"},
		},
	}, {
		about: "a pronoun that is a pattern's beginning or a word's is not taken for it",
		row: `{"text": "He said (he) hears Bo", "idx": 0, "label": true,
			"target": {"span1_index": 4, "span1_text": "Bo", "span2_index": 2, "span2_text": "(he)"}}`,
		want: map[string][2]string{"dpt": {"He said * (he) * hears Bo", "Bo"}},
	}},
}

func TestFormats(t *testing.T) {
	for _, task := range All() {
		t.Run(task.Name, func(t *testing.T) {
			for _, c := range formatCases[task.Name] {
				x := task.Training(decode(t, task, c.row))[0]
				for name, want := range c.want {
					format := mustFormat(t, name)
					source, target := task.Text(x, format)
					if diff := cmp.Diff(want, [2]string{source, target}); diff != "" {
						t.Errorf("%s: %s (-want +got):\n%s", c.about, name, diff)
					}
					if format.String() != name {
						t.Errorf("%s is written %s", name, format)
					}
				}
			}
			if len(formatCases[task.Name]) == 0 {
				t.Error("no case")
			}
		})
	}
}

// Label words are chosen apart from the style: T5's, or the class index, with fields in any style.
func TestLabels(t *testing.T) {
	spec := map[string]struct{ label, digit, word string }{
		"BoolQ":   {"true", "1", "True"},
		"CB":      {`"contradiction"`, "1", "contradiction"},
		"COPA":    {"0", "0", "choice1"},
		"MultiRC": {"1", "1", "True"},
		"ReCoRD":  {"", "Bea", "Bea"}, // answers and referents are text
		"RTE":     {`"not_entailment"`, "1", "not_entailment"},
		"WiC":     {"false", "0", "False"},
		"WSC":     {"true", "Bea", "Bea"},
	}
	label := regexp.MustCompile(`"label": [^,}]+`)
	for _, task := range All() {
		want := spec[task.Name]
		x := decode(t, task, label.ReplaceAllString(goodRow(task, 0), `"label": `+want.label))[0]
		for _, style := range styleNames {
			plain, _ := task.Text(x, mustFormat(t, style))
			for labels, target := range map[string]string{"digits": want.digit, "words": want.word} {
				source, got := task.Text(x, mustFormat(t, style+"+"+labels))
				if got != target || source != plain {
					t.Errorf("%s: %s+%s is %q -> %q; want %q -> %q", task.Name, style, labels, source, got, plain,
						target)
				}
			}
		}
	}
}

func mustFormat(t *testing.T, name string) Format {
	t.Helper()
	format, err := ParseFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	return format
}

// decode reads rows; the line breaks inside each are there for this file's reader only.
func decode(t testing.TB, task Task, rows ...string) []Example {
	t.Helper()
	for i, row := range rows {
		rows[i] = strings.ReplaceAll(row, "\n", " ")
	}
	examples, err := task.Decode(strings.NewReader(strings.Join(rows, "\n")), "rows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

func TestParseFormat(t *testing.T) {
	for _, bad := range []string{"", "T5", "dpt+", "dpt+letters", "t5 ", "words"} {
		if f, err := ParseFormat(bad); err == nil {
			t.Errorf("%q was read as %s", bad, f)
		}
	}
	var f Format
	if err := f.UnmarshalText([]byte("t5+digits")); err != nil || f != (Format{T5, Digits}) {
		t.Errorf("t5+digits was read as %v, %v", f, err)
	}
}

// A label's text and back.
func TestParseTarget(t *testing.T) {
	for _, task := range All() {
		for _, format := range []Format{{DPT, Digits}, {T5, Words}} {
			targets := task.Targets(format)
			if len(targets) != len(task.Classes) && task.Name != "WSC" {
				t.Errorf("%s has %d targets for %d classes", task.Name, len(targets), len(task.Classes))
			}
			for class, text := range targets {
				if got, ok := task.ParseTarget(" "+text+"\n", format); !ok || got != class {
					t.Errorf("%s: %q is class %d, %t; want %d", task.Name, text, got, ok, class)
				}
				for _, invalid := range []string{text + " x", strings.ToUpper(text) + "!", text + text} {
					if got, ok := task.ParseTarget(invalid, format); ok {
						t.Errorf("%s: %q is class %d; want invalid", task.Name, invalid, got)
					}
				}
			}
			if got, ok := task.ParseTarget("", format); ok {
				t.Errorf("%s: nothing is class %d; want invalid", task.Name, got)
			}
		}
	}
}

// Prefixes of a source are its words, and no more of a passage is read than needed: of a row of 2.4 MB with 20,000
// answers the sources together have 16 GB.
func TestSourcePrefix(t *testing.T) {
	for _, task := range All() {
		x := decode(t, task, goodRow(task, 0))[0]
		for _, format := range []Format{{DPT, Digits}, {DPTOct, Digits}, {T5, Words}} {
			all, _ := task.Text(x, format)
			want := "" // the longest beginning of n bytes that ends with a word
			for n := range len(all) + 2 {
				if n >= len(all) {
					want = all
				} else if all[n] == ' ' {
					want = all[:n]
				}
				if text, whole := task.SourcePrefix(x, format, n); text != want || whole != (want == all) {
					t.Errorf("%s: %d bytes of %q are %q, %t; want %q", task.Name, n, all, text, whole, want)
				}
			}
		}
	}
	const answers, most = 20000, 200 << 20
	var row strings.Builder
	fmt.Fprintf(&row, `{"idx": 0, "passage": {"text": %q, "questions": [{"question": "q", "idx": 0, "answers": [`,
		strings.Repeat("word ", 160000))
	for i := range answers {
		fmt.Fprintf(&row, `%s{"text": "an answer among many", "idx": %d, "label": 0}`, strings.Repeat(", ", min(i, 1)),
			i)
	}
	row.WriteString("]}]}}")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	examples := decode(t, multirc, row.String())
	for _, x := range examples {
		if text, whole := multirc.SourcePrefix(x, Format{}, 1000); whole || len(text) < 990 {
			t.Fatalf("%q, %t", text, whole)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; len(examples) != answers || got > most {
		t.Errorf("%d answers of a row of %d bytes took %d MB; want at most %d", len(examples), row.Len(), got>>20,
			most>>20)
	}
}
