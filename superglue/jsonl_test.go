// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good is a sound row of each task; idx is %d.
var good = map[string]string{
	"BoolQ": `{"question": "q", "passage": "p", "idx": %d, "label": true}`,
	"CB":    `{"premise": "p", "hypothesis": "h", "idx": %d, "label": "neutral"}`,
	"COPA":  `{"premise": "p", "choice1": "a", "choice2": "b", "question": "cause", "idx": %d, "label": 1}`,
	"MultiRC": `{"idx": %[1]d, "passage": {"text": "p", "questions": [{"question": "q", "idx": %[1]d, ` +
		`"answers": [{"text": "a", "idx": %[1]d, "label": 0}]}]}}`,
	"ReCoRD": `{"idx": %[1]d, "passage": {"text": "Bea left", "entities": [{"start": 0, "end": 2}]}, ` +
		`"qas": [{"idx": %[1]d, "query": "@placeholder", "answers": [{"start": 0, "end": 2, "text": "Bea"}]}]}`,
	"RTE": `{"premise": "p", "hypothesis": "h", "idx": %d, "label": "entailment"}`,
	"WiC": `{"word": "w", "sentence1": "a w", "sentence2": "w", "start1": 2, "end1": 3, "start2": 0, "end2": 1, "idx": %d, "label": false}`,
	"WSC": `{"text": "Bea won since she ran .", "target": {"span1_index": 0, "span1_text": "Bea", ` +
		`"span2_index": 3, "span2_text": "she"}, "idx": %d, "label": true}`,
}

func goodRow(task Task, idx int) string { return fmt.Sprintf(good[task.Name], idx) }

// damage is one way to break a task's sound row, and the field that the error must name.
type damage struct{ about, old, new, field string }

var damages = map[string][]damage{
	"BoolQ": {
		{"no question", `"question": "q", `, ``, "question"},
		{"a passage that is a number", `"passage": "p"`, `"passage": 7`, "passage"},
		{"a label of another task", `"label": true`, `"label": "entailment"`, "label"},
		{"no label", `, "label": true`, ``, "label"},
		{"null", `"label": true`, `"label": null`, "label"},
		{"idx as text", `"idx": 1`, `"idx": "1"`, "idx"},
		{"a negative idx", `"idx": 1`, `"idx": -1`, "idx"},
		{"a broken idx", `"idx": 1`, `"idx": 1.5`, "idx"},
		{"a huge idx", `"idx": 1`, `"idx": 99999999999999999999`, "idx"},
		{"a field twice", `"passage": "p"`, `"passage": "p", "passage": "r"`, "passage"},
		{"half a surrogate pair", `"passage": "p"`, `"passage": "\ud800"`, "passage"},
		{"bytes that are not UTF-8", `"passage": "p"`, "\"passage\": \"p\xff\"", "passage"},
		{"a bare line feed's code", `"passage": "p"`, "\"passage\": \"p\x01\"", "passage"},
	},
	"CB": {
		{"no premise", `"premise": "p", `, ``, "premise"},
		{"an unknown class", `"neutral"`, `"Neutral"`, "label"},
		{"a list for text", `"hypothesis": "h"`, `"hypothesis": ["h"]`, "hypothesis"},
	},
	"COPA": {
		{"no choice2", `"choice2": "b", `, ``, "choice2"},
		{"neither cause nor effect", `"cause"`, `"reason"`, "question"},
		{"no question", `"question": "cause", `, ``, "question"},
		{"a label out of range", `"label": 1`, `"label": 2`, "label"},
		{"a label as text", `"label": 1`, `"label": "1"`, "label"},
	},
	"MultiRC": {
		{"no passage", `"passage"`, `"paragraph"`, "passage"},
		{"text for passage", `{"text": "p", "questions"`, `{"text": {}, "questions"`, "passage.text"},
		{"questions that are no list", `[{"question"`, `7, "x": [{"question"`, "passage.questions"},
		{"a question that is no object", `[{"question"`, `["x", {"question"`, "passage.questions[0]"},
		{"an answer without text", `{"text": "a", `, `{`, "passage.questions[0].answers[0].text"},
		{"a second answer without label", `"label": 0}`, `"label": 0}, {"text": "b", "idx": 9}`,
			"passage.questions[0].answers[1].label"},
		{"an answer's idx twice", `"label": 0}`, `"label": 0}, {"text": "b", "idx": 1, "label": 1}`,
			"passage.questions[0].answers[1].idx"},
		{"a label as a boolean", `"label": 0`, `"label": false`, "passage.questions[0].answers[0].label"},
	},
	"ReCoRD": {
		{"no entities", `"entities"`, `"names"`, "passage.entities"},
		{"an entity after the text", `[{"start": 0, "end": 2}]}`, `[{"start": 6, "end": 8}]}`,
			"passage.entities[0].end"},
		{"an entity that ends before it starts", `[{"start": 0, "end": 2}]}`, `[{"start": 3, "end": 2}]}`,
			"passage.entities[0].end"},
		{"an answer after the text", `{"start": 0, "end": 2, "text"`, `{"start": 0, "end": 99, "text"`,
			"qas[0].answers[0].end"},
		{"an end near the largest integer", `{"start": 0, "end": 2, "text"`,
			`{"start": 0, "end": 9223372036854775807, "text"`,
			"qas[0].answers[0].end"},
		{"no answer", `[{"start": 0, "end": 2, "text": "Bea"}]`, `[]`, "qas[0].answers"},
		{"answers missing", `"answers"`, `"solutions"`, "qas[0].answers"},
		{"no query", `"query": "@placeholder", `, ``, "qas[0].query"},
		{"qas as an object", `"qas": [{`, `"qas": {}, "x": [{`, "qas"},
	},
	"RTE": {
		{"no hypothesis", `"hypothesis": "h", `, ``, "hypothesis"},
		{"a class of CB", `"entailment"`, `"contradiction"`, "label"},
	},
	"WiC": {
		{"no word", `"word": "w", `, ``, "word"},
		{"a span outside its sentence", `"end1": 3`, `"end1": 4`, "end1"},
		{"an empty span", `"end2": 1`, `"end2": 0`, "end2"},
		{"no start2", `"start2": 0, `, ``, "start2"},
	},
	"WSC": {
		{"no target", `"target"`, `"spans"`, "target"},
		{"an index after the text", `"span1_index": 0`, `"span1_index": 6`, "target.span1_index"},
		{"a candidate that the text lacks", `"span1_text": "Bea"`, `"span1_text": "Ann"`, "target.span1_text"},
		{"an empty candidate", `"span1_text": "Bea"`, `"span1_text": " "`, "target.span1_text"},
		{"a pronoun elsewhere", `"span2_index": 3`, `"span2_index": 0`, "target.span2_text"},
		{"an empty pronoun", `"span2_text": "she"`, `"span2_text": ""`, "target.span2_text"},
		{"no text", `"text": "Bea won since she ran ."`, `"text": ""`, "target.span1_index"},
	},
}

// A damaged row is refused with its file, line and field, regardless of the rows around it.
func TestMalformedRows(t *testing.T) {
	for _, task := range All() {
		for _, d := range damages[task.Name] {
			t.Run(task.Name+"/"+d.about, func(t *testing.T) {
				sound := goodRow(task, 1)
				if !strings.Contains(sound, d.old) {
					t.Fatalf("%s is not in %s", d.old, sound)
				}
				rows := goodRow(task, 0) + "\n" + strings.Replace(sound, d.old, d.new, 1) + "\n" + goodRow(task, 2) +
					"\n"
				wantError(t, task, rows, fmt.Sprintf(`x.jsonl:2: field %q: `, d.field))
			})
		}
		if len(damages[task.Name]) == 0 {
			t.Errorf("no case of %s", task.Name)
		}
	}
}

// wantError reads rows that are not sound.
func wantError(t *testing.T, task Task, rows, want string) {
	t.Helper()
	examples, err := task.Decode(strings.NewReader(rows), "x.jsonl")
	if err == nil || !strings.Contains(err.Error(), want) || examples != nil {
		t.Errorf("%d examples, error %v; want an error with %q", len(examples), err, want)
	}
}

func TestMalformedFiles(t *testing.T) {
	for _, task := range All() {
		t.Run(task.Name, func(t *testing.T) {
			row := goodRow(task, 0)
			for about, c := range map[string]struct{ rows, want string }{
				"empty":     {"", "x.jsonl: want one row of " + task.Name},
				"truncated": {goodRow(task, 1) + "\n" + row[:len(row)-1], "x.jsonl:2: field "},
				"truncated in a field": {row[:strings.Index(row, `"idx"`)+6],
					"x.jsonl:1: field \"idx\": the line ends in it"},
				"a brace only":       {"{", "x.jsonl:1: want a JSON object"},
				"blank lines only":   {"\ufeff\n \r\n\t\n", "x.jsonl: want one row of " + task.Name},
				"a row after blanks": {row + "\n\n \t\r\n" + goodRow(task, 1)[1:], "x.jsonl:4: want a JSON object"},
				"null":               {"null", "x.jsonl:1: want a JSON object, found null"},
				"two rows on a line": {row + " " + goodRow(task, 1), "x.jsonl:1: want a JSON object: one row a line"},
				"text after a row":   {row + " x", "x.jsonl:1: want a JSON object"},
				"an array":           {"[" + row + "]", "x.jsonl:1: want a JSON object, found ["},
				"a string": {`"` + strings.Repeat("é", 100) + `"`,
					"x.jsonl:1: want a JSON object, found \"é"},
				"a mark on line 2": {row + "\n\ufeff" + goodRow(task, 1), "x.jsonl:2: want a JSON object"},
				"two marks":        {"\ufeff\ufeff" + row, "x.jsonl:1: want a JSON object"},
				"UTF-16":           {"\xff\xfe{\x00", "x.jsonl:1: want a JSON object"},
				"a comma":          {strings.Replace(row, ",", ",,", 1), "x.jsonl:1: "},
				"another task's":   {`{"idx": 0}`, "x.jsonl:1: field "},
				"an idx twice": {row + "\n" + goodRow(task, 1) + "\n" + row,
					`x.jsonl:3: field "idx": want each idx once, found 0 again; line 1 has it`},
				"a deep nest": {strings.Repeat(`{"a":[`, 1<<16), "x.jsonl:1: "},
			} {
				t.Run(about, func(t *testing.T) { wantError(t, task, c.rows, c.want) })
			}
		})
	}
}

// A byte-order mark, blank lines, carriage returns, a missing last line feed, members in another order and members that
// no task has are fine.
func TestSoundFiles(t *testing.T) {
	for _, task := range All() {
		row := goodRow(task, 0)
		rows := "\ufeff\n" + row + "\r\n\r\n \t\n" +
			strings.Replace(goodRow(task, 1), `{`, `{"extra": {"a": [1, {"idx": 0}]}, `, 1)
		examples, err := task.Decode(strings.NewReader(rows), task.Name)
		if err != nil || len(examples) != 2 {
			t.Errorf("%s: %d examples, %v; want 2", task.Name, len(examples), err)
		}
	}
}

// Lines of a stream, one by one: the mark and blank lines are as in files.
func TestDecodeLine(t *testing.T) {
	for _, task := range All() {
		row := goodRow(task, 7)
		for _, c := range []struct {
			n    int
			line string
			want int    // examples
			err  string // or an error with this
		}{
			{1, row, 1, ""}, {1, "\ufeff" + row + "\r\n", 1, ""}, {9, row, 1, ""},
			{1, "", 0, ""}, {1, "\ufeff", 0, ""}, {9, " \t\r\n", 0, ""},
			{9, "\ufeff" + row, 0, "stdin:9: want a JSON object"}, {9, "x", 0, "stdin:9: want a JSON object"},
		} {
			examples, err := task.DecodeLine([]byte(c.line), "stdin", c.n)
			wrong := (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err)
			if len(examples) != c.want || wrong {
				t.Errorf("%s: line %d %q: %d examples, %v; want %d, %q", task.Name, c.n, c.line, len(examples), err,
					c.want, c.err)
			}
		}
	}
	empty := []byte(`{"idx": 3, "passage": {"text": "p", "questions": []}}`)
	if _, err := multirc.DecodeLine(empty, "stdin", 2); err == nil {
		t.Error("a row without an example is no row")
	}
}

// The same file with blank lines, with a byte-order mark, and neither.
func TestSharedCases(t *testing.T) {
	dir := shared(t)
	plain := mustSplit(t, cb, filepath.Join(dir, "data", "superglue"), "val")[:8]
	for _, folder := range []string{"blank", "bom"} {
		if diff := cmp.Diff(plain, mustSplit(t, cb, filepath.Join(dir, "cases", folder), "val")); diff != "" {
			t.Errorf("%s (-plain +got):\n%s", folder, diff)
		}
	}
	labels := []string{"question", "fault", "praise"}
	own, err := Own{Name: "own", Labels: labels, Label: "kind", Source: "{text}"}.NewTask()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []Example {
		examples, err := own.Read(filepath.Join(dir, "cases", "own_data", name))
		if err != nil {
			t.Fatal(err)
		}
		return examples
	}
	if diff := cmp.Diff(read("train.jsonl"), read("train_blank.jsonl")); diff != "" {
		t.Errorf("blank lines change rows (-plain +got):\n%s", diff)
	}
}

// A line of 20 MB is a line.
func TestLongLine(t *testing.T) {
	for _, task := range All() {
		long := `"extra": "` + strings.Repeat("long ", 4<<20) + `", "idx": 1`
		rows := goodRow(task, 0) + "\n" + strings.Replace(goodRow(task, 1), `"idx": 1`, long, 1) + "\n"
		if examples, err := task.Decode(strings.NewReader(rows), task.Name); err != nil || len(examples) != 2 {
			t.Errorf("%s: %d examples, %v; want 2", task.Name, len(examples), err)
		}
		wantError(t, task, rows[:len(rows)-9], "x.jsonl:2: ")
	}
}

// A file that breaks off is not taken for a shorter one.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := rte.Decode(&failing{strings.NewReader(goodRow(rte, 0) + "\n"), broken}, "x.jsonl")
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "x.jsonl:2") {
		t.Errorf("%v; want %v at x.jsonl:2", err, broken)
	}
}

type failing struct {
	r   *strings.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, f.err
	}
	return f.r.Read(p)
}

// Only the test split may lack labels, ReCoRD's answers among them.
func TestUnlabelled(t *testing.T) {
	strip := map[string]string{
		"BoolQ": `, "label": true`, "CB": `, "label": "neutral"`, "COPA": `, "label": 1`, "MultiRC": `, "label": 0`,
		"ReCoRD": `, "answers": [{"start": 0, "end": 2, "text": "Bea"}]`, "RTE": `, "label": "entailment"`,
		"WiC": `, "label": false`, "WSC": `, "label": true`,
	}
	dir := t.TempDir()
	for _, task := range All() {
		row := []byte(strings.Replace(goodRow(task, 0), strip[task.Name], "", 1))
		folder := filepath.Join(dir, task.Name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, split := range []string{"test", "val"} {
			if err := os.WriteFile(filepath.Join(folder, split+".jsonl"), row, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		examples := mustSplit(t, task, dir, "test")
		if examples[0].Class() != Unlabelled {
			t.Errorf("%s: class %d; want none", task.Name, examples[0].Class())
		}
		if _, target := task.Text(examples[0], Format{}); target != "<unk>" {
			t.Errorf("%s: target %q; want <unk>", task.Name, target)
		}
		if _, err := task.Score(Format{}, examples, []string{"0"}); err == nil {
			t.Errorf("%s: unlabelled examples were scored", task.Name)
		}
		field := filepath.Join(task.Name, "val.jsonl") + ":1: field"
		if _, err := task.ReadSplit(dir, "val"); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: val without labels: %v; want an error with file, line and field", task.Name, err)
		}
		_, err := task.ReadSplit(dir, "train")
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/"+task.Name+".zip") {
			t.Errorf("%s: no train file: %v; want an error that says how to get it", task.Name, err)
		}
		if _, err := task.ReadSplit(dir, "dev"); err == nil || !strings.Contains(err.Error(), `"val"`) {
			t.Errorf("%s: split dev: %v; want an error that lists the splits", task.Name, err)
		}
	}
}

// What a row's examples are where a row has several.
func TestRowsOfSeveral(t *testing.T) {
	questions := `{"idx": 3, "passage": {"text": "p", "questions": [
		{"question": "q", "idx": 7, "answers": [{"text": "a", "idx": 20, "label": 0}, {"text": "b", "idx": 21, "label": 1}]},
		{"question": "r", "idx": 8, "answers": []},
		{"question": "s", "idx": 9, "answers": [{"text": "c", "idx": 22, "label": 1}]}]}}`
	if got, want := ids(decode(t, multirc, questions)), "3/7/20 3/7/21 3/9/22"; got != want {
		t.Errorf("MultiRC: %s; want %s", got, want)
	}
	queries := `{"idx": 4, "passage": {"text": "Bea and Al", "entities": []}, "qas": [
		{"idx": 5, "query": "q", "answers": [
			{"start": 8, "end": 9, "text": "Al"}, {"start": 0, "end": 2, "text": "Bea"}, {"start": 8, "end": 9, "text": "Al"}]},
		{"idx": 6, "query": "r", "answers": [{"start": 0, "end": 2, "text": "Bea"}]}]}`
	examples := decode(t, record, queries)
	training := record.Training(examples)
	if got, want := ids(examples), "4/5 4/6"; got != want {
		t.Errorf("ReCoRD: %s; want %s", got, want)
	}
	if got, want := ids(training), "4/5 4/5 4/6"; got != want {
		t.Errorf("ReCoRD to train on: %s; want %s, one per distinct answer", got, want)
	}
	var answers []string
	for _, x := range training {
		answers = append(answers, x.(ReCoRD).Answer)
	}
	if got, want := strings.Join(answers, " "), "Al Bea Bea"; got != want {
		t.Errorf("ReCoRD's answers: %s; want %s", got, want)
	}
	if got, want := ids(record.Evaluation(training)), "4/5 4/6"; got != want {
		t.Errorf("ReCoRD to evaluate: %s; want %s, each query once", got, want)
	}
}

func ids(examples []Example) string {
	var all []string
	for _, x := range examples {
		all = append(all, x.ID())
	}
	return strings.Join(all, " ")
}

// fuzzReader checks that for any bytes a reader returns an error that names the file, or examples that can be written
// in every format and scored.
func fuzzReader(f *testing.F, task Task) {
	f.Add([]byte(goodRow(task, 0)))
	f.Add([]byte(goodRow(task, 0) + "\r\n" + goodRow(task, 1) + "\n"))
	f.Add([]byte("\ufeff\n" + strings.ReplaceAll(flatForms[task.Name].row, "\n", " ")))
	for _, d := range damages[task.Name] {
		f.Add([]byte(strings.Replace(goodRow(task, 1), d.old, d.new, 1)))
	}
	for _, c := range formatCases[task.Name] {
		f.Add([]byte(strings.ReplaceAll(c.row, "\n", " ")))
	}
	f.Fuzz(func(t *testing.T, rows []byte) {
		for _, unlabelled := range []bool{false, true} {
			examples, err := task.decode(bytes.NewReader(rows), "x.jsonl", unlabelled)
			if err != nil {
				if examples != nil || !strings.HasPrefix(err.Error(), "x.jsonl:") {
					t.Fatalf("%d examples and %v; want none, and an error that names the file", len(examples), err)
				}
				continue
			}
			if err := writable(task, examples); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// writable writes and scores examples: their own targets are right answers.
func writable(task Task, examples []Example) error {
	for _, format := range []Format{{DPT, Digits}, {DPTOct, Words}, {T5, Words}} {
		var labelled []Example
		var targets []string
		for _, x := range task.Evaluation(task.Training(examples)) {
			source, target := task.Text(x, format)
			if source == "" || strings.ToValidUTF8(source+target, "") != source+target {
				return fmt.Errorf("%s: source %q and target %q; want UTF-8, and a source that is not empty", x.ID(),
					source, target)
			}
			if x.Class() != Unlabelled {
				labelled, targets = append(labelled, x), append(targets, target)
			}
		}
		// free text may be empty or a determiner, which names nothing
		if len(labelled) == 0 || task.spec.Target != nil {
			continue
		}
		scores, err := task.Score(format, labelled, targets)
		if err != nil {
			return err
		}
		if scores.Invalid > 0 || task.Name != "MultiRC" && scores.Metrics[0].Value != 100 {
			return fmt.Errorf("targets score %v, %d of them invalid", scores.Metrics[0], scores.Invalid)
		}
	}
	return nil
}

func FuzzBoolQ(f *testing.F)   { fuzzReader(f, boolq) }
func FuzzCB(f *testing.F)      { fuzzReader(f, cb) }
func FuzzCOPA(f *testing.F)    { fuzzReader(f, copa) }
func FuzzMultiRC(f *testing.F) { fuzzReader(f, multirc) }
func FuzzReCoRD(f *testing.F)  { fuzzReader(f, record) }
func FuzzRTE(f *testing.F)     { fuzzReader(f, rte) }
func FuzzWiC(f *testing.F)     { fuzzReader(f, wic) }
func FuzzWSC(f *testing.F)     { fuzzReader(f, wsc) }

// A pipe without a writer and a device without an end are errors; neither is waited for.
func TestReadRefusesWhatIsNoFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "train.jsonl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	task, err := Lookup("BoolQ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", t.TempDir()} {
		if _, err := task.Read(path); err == nil || !strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s: error %v, must mention a regular file", path, err)
		}
	}
}
