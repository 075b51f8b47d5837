// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Rows as HuggingFace distributes SuperGLUE are the official ones in another form: equal as rows, so as texts and in
// scores.
func TestHuggingFace(t *testing.T) {
	dir := shared(t)
	for _, task := range All() {
		if task.Name == "ReCoRD" { // none there: see TestFlatReCoRD
			continue
		}
		got := mustSplit(t, task, filepath.Join(dir, "cases", "hf"), "val")
		official := mustSplit(t, task, filepath.Join(dir, "data", "superglue"), "val")
		if diff := cmp.Diff(official[:len(got)], got); diff != "" {
			t.Errorf("%s (-official +HuggingFace):\n%s", task.Name, diff)
		}
	}
}

// flatForms are goodRow's rows in HuggingFace's form, and with a label of -1 as in its test splits.
var flatForms = map[string]struct{ row, unlabelled string }{
	"BoolQ": {`{"question": "q", "passage": "p", "idx": 0, "label": 1}`, `"label": -1`},
	"CB":    {`{"premise": "p", "hypothesis": "h", "idx": 0, "label": 2}`, `"label": -1`},
	"COPA": {`{"premise": "p", "choice1": "a", "choice2": "b", "question": "cause", "idx": 0, "label": 1}`,
		`"label": -1`},
	"MultiRC": {`{"paragraph": "p", "question": "q", "answer": "a", "idx": {"paragraph": 0, "question": 0, "answer": 0},
		"label": 0}`, `"label": -1`},
	"ReCoRD": {`{"passage": "Bea left", "query": "@placeholder", "entities": ["Bea"], "answers": ["Bea"],
		"entity_spans": {"text": ["Bea"], "start": [0], "end": [3]}, "idx": {"passage": 0, "query": 0}}`, `"answers": []`},
	"RTE": {`{"premise": "p", "hypothesis": "h", "idx": 0, "label": 0}`, `"label": -1`},
	"WiC": {`{"word": "w", "sentence1": "a w", "sentence2": "w", "start1": 2, "end1": 3, "start2": 0, "end2": 1,
		"idx": 0, "label": 0}`, `"label": -1`},
	"WSC": {`{"text": "Bea won since she ran .", "span1_index": 0, "span1_text": "Bea", "span2_index": 3,
		"span2_text": "she", "idx": 0, "label": 1}`, `"label": -1`},
}

// unlabel replaces a row's label, or ReCoRD's answers.
func unlabel(row, by string) string {
	for _, label := range []string{`"label": 0`, `"label": 1`, `"label": 2`, `"answers": ["Bea"]`} {
		row = strings.Replace(row, label, by, 1)
	}
	return row
}

func TestFlatForms(t *testing.T) {
	for _, task := range All() {
		form := flatForms[task.Name]
		if diff := cmp.Diff(decode(t, task, goodRow(task, 0)), decode(t, task, form.row)); diff != "" {
			t.Errorf("%s (-official +flat):\n%s", task.Name, diff)
		}
		row := strings.ReplaceAll(unlabel(form.row, form.unlabelled), "\n", " ")
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, task.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, task.Name, "test.jsonl"), []byte(row), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, examples := range [][]Example{mustSplit(t, task, dir, "test"), decodeLine(t, task, row)} {
			if examples[0].Class() != Unlabelled {
				t.Errorf("%s: %s has class %d", task.Name, row, examples[0].Class())
			}
		}
		field, _, _ := strings.Cut(form.unlabelled, ":")
		wantError(t, task, row, "x.jsonl:1: field "+field+": want ")
	}
}

func decodeLine(t *testing.T, task Task, row string) []Example {
	t.Helper()
	examples, err := task.DecodeLine([]byte(row), "stdin", 1)
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// Flat rows beyond sense, too, are refused by field.
func TestFlatDamages(t *testing.T) {
	for _, c := range []struct{ task, old, new, field string }{
		{"BoolQ", `"label": 1`, `"label": 2`, "label"},
		{"CB", `"label": 2`, `"label": 3`, "label"},
		{"CB", `"label": 2`, `"label": ""`, "label"},
		{"WSC", `"span2_index": 3`, `"span2_index": -1`, "span2_index"},
		{"WSC", `"span1_index": 0`, `"span1_index": 9`, "span1_index"},
		{"WSC", `"label": 1`, `"label": "True"`, "label"},
		{"MultiRC", `"answer": "a"`, `"answer": 7`, "answer"},
		{"MultiRC", `"question": 0`, `"question": "0"`, "idx.question"},
		{"MultiRC", `"answer": 0}`, `"a": 0}`, "idx.answer"},
		{"MultiRC", `"paragraph": "p", `, ``, "paragraph"},
		{"ReCoRD", `"query": 0`, `"query": -1`, "idx.query"},
		{"ReCoRD", `["Bea"], "answers"`, `["Bea", " "], "answers"`, "entities[1]"},
		{"ReCoRD", `["Bea"], "answers"`, `"Bea", "answers"`, "entities"},
		{"ReCoRD", `"answers": ["Bea"]`, `"answers": ["Bea", 7]`, "answers[1]"},
		{"ReCoRD", `"answers": ["Bea"]`, `"answers": []`, "answers"},
		{"ReCoRD", `"answers"`, `"targets"`, "answers"},
	} {
		task, err := Lookup(c.task)
		if err != nil {
			t.Fatal(err)
		}
		row := strings.ReplaceAll(flatForms[c.task].row, "\n", " ")
		if !strings.Contains(row, c.old) {
			t.Fatalf("%s is not in %s", c.old, row)
		}
		wantError(t, task, "\n"+strings.Replace(row, c.old, c.new, 1), fmt.Sprintf("x.jsonl:2: field %q: ", c.field))
		wantError(t, task, row+"\n"+row, `x.jsonl:2: field "idx": want each `)
	}
}

// FewGLUE's rows of ReCoRD, flattened by HuggingFace's rules: entities and answers once each, the latter sorted.
func TestFlatReCoRD(t *testing.T) {
	path := filepath.Join(shared(t), "data", "fewglue_32dev", "ReCoRD", "train.jsonl")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var flat strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		var row struct {
			Idx     int
			Passage struct {
				Text     string
				Entities []struct{ Start, End int }
			}
			Qas []struct {
				Idx     int
				Query   string
				Answers []struct{ Text string }
			}
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		var entities []string
		for _, e := range row.Passage.Entities {
			if entity := string([]rune(row.Passage.Text)[e.Start : e.End+1]); !slices.Contains(entities, entity) {
				entities = append(entities, entity)
			}
		}
		for _, q := range row.Qas {
			var answers []string
			for _, a := range q.Answers {
				answers = append(answers, a.Text)
			}
			slices.Sort(answers)
			if err := json.NewEncoder(&flat).Encode(map[string]any{
				"passage": row.Passage.Text, "query": q.Query, "entities": entities, "answers": slices.Compact(answers),
				"idx": map[string]int{"passage": row.Idx, "query": q.Idx},
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	official, err := record.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(official, decode(t, record, strings.Split(strings.TrimSpace(flat.String()),
		"\n")...)); diff != "" {
		t.Errorf("(-official +flat):\n%s", diff)
	}
}

// A run's data is identified by the JSON of its rows, so that must not change when fields are renamed in Go.
func TestRowJSON(t *testing.T) {
	want := map[string]string{
		"BoolQ":   `{"Index":0,"Label":1,"Question":"q","Passage":"p"}`,
		"CB":      `{"Index":0,"Label":2,"Premise":"p","Hypothesis":"h"}`,
		"COPA":    `{"Index":0,"Label":1,"Premise":"p","Choice1":"a","Choice2":"b","Question":"cause"}`,
		"MultiRC": `{"Passage":0,"Question":0,"Answer":0,"PassageText":"p","QuestionText":"q","AnswerText":"a","Label":0}`,
		"ReCoRD": `{"Passage":0,"Query":0,"PassageText":"Bea left","QueryText":"@placeholder",` +
			`"Entities":["Bea"],"Answers":["Bea"],"Answer":"Bea"}`,
		"RTE": `{"Index":0,"Label":0,"Premise":"p","Hypothesis":"h"}`,
		"WiC": `{"Index":0,"Label":0,"Word":"w","Sentence1":"a w","Sentence2":"w"}`,
		"WSC": `{"Index":0,"Label":1,"Text":"Bea won since she ran .","Candidate":"Bea","Span1":"Bea","Pronoun":"she","Start":14}`,
	}
	check := func(name string, x Example, want string) {
		if got, err := json.Marshal(x); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	for _, task := range All() {
		check(task.Name, decode(t, task, goodRow(task, 0))[0], want[task.Name])
	}
	check("TextRow", TextRow{Row: Row{3, 1}, Task: "t", Text: "x"}, `{"Index":3,"Label":1,"Task":"t","Text":"x"}`)
	check("TextRow", TextRow{Target: "y"}, `{"Index":0,"Label":0,"Task":"","Text":"","Target":"y"}`)
}
