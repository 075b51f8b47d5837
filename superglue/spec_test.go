// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// spelling is a task with free-text targets, made from any row with the members id, in and out.
func spelling() TaskSpec {
	return TaskSpec{
		Name: "spelling",
		Read: func(row Object) []Example {
			return []Example{TextRow{Row: Row{Index: row.Number("id")}, Task: "spell", Text: row.Text("in"),
				Target: row.Text("out")}}
		},
		Target: func(x Example, _ Style) string { return x.(TextRow).Target },
	}
}

func newTask(t *testing.T, spec TaskSpec) Task {
	t.Helper()
	task, err := NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Free text: any text is an answer, right if it is the target.
func TestFreeText(t *testing.T) {
	task := newTask(t, spelling())
	examples := decode(t, task, `{"id": 1, "in": "a b", "out": "not  good"}`, `{"id": 2, "in": "c", "out": "C"}`,
		`{"id": 3, "in": "d", "out": "D"}`)
	if task.Targets(Format{}) != nil || task.Classes != nil || task.Metric != "Exact match" {
		t.Errorf("targets %v, classes %v, metric %s", task.Targets(Format{}), task.Classes, task.Metric)
	}
	for format, want := range map[string]string{"dpt": "a b", "dpt-oct": "spell a b", "t5": "spell a b"} {
		source, target := task.Text(examples[0], mustFormat(t, format))
		if source != want || target != "not  good" {
			t.Errorf("%s: %q -> %q, want %q", format, source, target, want)
		}
	}
	predictions := []string{" not good\n", "c", ""}
	scores, err := task.Score(Format{}, examples, predictions)
	if err != nil || fmt.Sprint(values(scores)) != "map[em:33.333333]" || scores.Invalid != 1 {
		t.Errorf("%v, %d invalid, %v; want 1 of 3, and the empty one invalid", scores.Metrics, scores.Invalid, err)
	}
	scores, err = task.CompareBy(strings.ToLower).Score(Format{}, examples, predictions)
	if err != nil || fmt.Sprint(values(scores)) != "map[em:66.666667]" {
		t.Errorf("%v, %v; want 2 of 3 in lower case", scores.Metrics, err)
	}
	s := task.Statistics("val", examples, Format{}, words)
	if s.Majority != nil || s.Classes != nil || s.Notes != nil || s.Examples != 3 || !s.FreeText {
		t.Errorf("%+v; want 3 examples without classes", s)
	}
}

// TestChecks tests the checks that NewTask makes of a row, even if the task's Read forgets them.
func TestChecks(t *testing.T) {
	classes := newTask(t, TaskSpec{Name: "classes", Classes: []string{"a", "b"}, Read: func(row Object) []Example {
		if row.Has("none") {
			return nil
		}
		if row.Has("nil") {
			return []Example{nil}
		}
		label := row.Number("class")
		if row.Has("unlabelled") {
			label = Unlabelled
		}
		return []Example{TextRow{Row: Row{Index: row.Number("id"), Label: label}, Text: "x"}}
	}})
	free := newTask(t, spelling())
	spec := spelling()
	spec.Evaluation = func([]Example) []Example { return []Example{nil} }
	chosen := newTask(t, spec)
	for _, c := range []struct {
		task       Task
		rows, want string
	}{
		{classes, `{"id": 0, "class": 2}`, `x.jsonl:1: field "label": want a class below 2, found 2`},
		{classes, `{"id": 0, "class": 0, "unlabelled": true}`, `x.jsonl:1: field "label": want a label, found none`},
		{classes, "{\"id\": 0, \"class\": 1}\n\n{\"id\": 0, \"class\": 1}",
			`x.jsonl:3: field "idx": want each example once, found 0 again; line 1 has it`},
		{classes, `{"id": 0, "class": "a"}`, `x.jsonl:1: field "class": want an integer that is not negative, found "a"`},
		{classes, `{"none": true}`, "x.jsonl: want one row of classes a line, found no row"},
		{classes, "\n{\"nil\": true}", "x.jsonl:2: classes: Read must return examples, found nil"},
		{chosen, `{"id": 0, "in": "x", "out": "X"}`, "x.jsonl: spelling: Evaluation must return examples, found nil"},
		{free, `{"id": 0, "in": "x", "out": " "}`, "x.jsonl:1: want a target text, found a blank one"},
		{free, `{"id": 0, "in": "x"}`, `x.jsonl:1: field "out": missing; want a string`},
		{free, `{"id": 0, "in": "x", "out": null}`, `x.jsonl:1: field "out": want a string, found null`},
	} {
		wantError(t, c.task, c.rows, c.want)
	}
	if x := decodeLine(t, classes, `{"id": 0, "class": 0, "unlabelled": true}`)[0]; x.Class() != Unlabelled {
		t.Errorf("class %d; want none, which lines of a stream may lack", x.Class())
	}
}

// The reader's methods that the eight tasks leave unused.
func TestObject(t *testing.T) {
	task := newTask(t, TaskSpec{Name: "any", Classes: []string{"a", "b"}, Read: func(row Object) []Example {
		text := fmt.Sprintf("%d %s %s %d %s", row.Line(), row.Texts("list"), row.Scalar("scalar"),
			row.OneOf("one", true, 2, "x"),
			row.Object("o").Scalar("p"))
		return []Example{TextRow{Row: Row{Index: row.Line()}, Text: text}}
	}})
	const row = `{"list": ["p", "q"], "scalar": 1.50, "one": 2, "o": {"p": false}}`
	if source, _ := task.Text(decode(t, task, "", row)[0], Format{}); source != "2 [p q] 1.50 1 false" {
		t.Error(source)
	}
	for _, c := range []struct{ old, new, want string }{
		{`1.50`, `[]`, `field "scalar": want a string, a number, true or false, found []`},
		{`"one": 2`, `"one": "2"`, `field "one": want true or 2 or "x", found "2"`},
		{`["p", "q"]`, `["p", 7]`, `field "list[1]": want a string, found 7`},
		{`["p", "q"]`, `{"p": 7}`, `field "list": want an array of strings, found {"p":`},
		{`{"p": false}`, `{}`, `field "o.p": missing`},
		{`{"p": false}`, `[1]`, `field "o": want an object, found [1]`},
	} {
		wantError(t, task, strings.Replace(row, c.old, c.new, 1), "x.jsonl:1: "+c.want)
	}
}

func TestNewTaskRefuses(t *testing.T) {
	for want, change := range map[string]func(*TaskSpec){
		"a name, found none":                 func(s *TaskSpec) { s.Name = " " },
		"without slashes":                    func(s *TaskSpec) { s.Name = "../x" },
		`UTF-8, found "\xff"`:                func(s *TaskSpec) { s.Name = "\xff" },
		"spelling: a task needs a Read":      func(s *TaskSpec) { s.Read = nil },
		"needs Classes, or a Target where":   func(s *TaskSpec) { s.Classes, s.Target = []string{}, nil },
		"needs Classes, or a Target":         func(s *TaskSpec) { s.Target = nil },
		"at least two labels":                func(s *TaskSpec) { s.Classes, s.Target = []string{"a"}, nil },
		`label " " must be written`:          func(s *TaskSpec) { s.Classes, s.Target = []string{"a", " "}, nil },
		`told apart, found "a" and " a"`:     func(s *TaskSpec) { s.Classes, s.Target = []string{"a", "b", " a"}, nil },
		`told apart, found "c d" and "c  d"`: func(s *TaskSpec) { s.Classes, s.Target = []string{"c d", "c  d"}, nil },
		`told apart, found "b" and "b" `:     func(s *TaskSpec) { s.Classes, s.Target = []string{"a", "b", "b"}, nil },
	} {
		spec := spelling()
		change(&spec)
		if _, err := NewTask(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}

// Labels are checked as a vocabulary writes them.
func TestCheckTargets(t *testing.T) {
	ascii := func(text string) bool { return !strings.ContainsFunc(text, func(r rune) bool { return r > 127 }) }
	strip := func(text string) string { return strings.Trim(text, "~") } // a vocabulary without ~
	for _, c := range []struct {
		labels []string
		want   string
	}{
		{[]string{"yes", "no"}, ""},
		{[]string{"yes", "~~"}, `label "~~" must be written with some text`},
		{[]string{"yes", "no", "~yes"}, `found "yes" and "~yes" both written "yes"`},
		{[]string{"yes", "はい"}, `label "はい" is written "はい", which the vocabulary has no pieces for`},
	} {
		task := newTask(t, TaskSpec{Name: "t", Classes: c.labels, Read: spelling().Read})
		err := task.CheckTargets(Format{Labels: Words}, strip, ascii)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.labels, err, c.want)
		}
		if err := task.CheckTargets(Format{Labels: Digits}, strip, ascii); err != nil {
			t.Errorf("%q as digits: %v", c.labels, err)
		}
	}
	task := newTask(t, TaskSpec{Name: "t", Classes: []string{"not  good", " good"}, Read: spelling().Read})
	for text, want := range map[string]int{"not good": 0, "not\tgood ": 0, "good": 1, "Good": -1, "notgood": -1,
		"not": -1, "": -1} {
		if got, _ := task.ParseTarget(text, Format{Labels: Words}); got != want {
			t.Errorf("%q is class %d, want %d", text, got, want)
		}
	}
	if got, _ := task.CompareBy(strings.ToLower).ParseTarget("NOT good", Format{Labels: Words}); got != 0 {
		t.Errorf("in lower case NOT good is class %d, want 0", got)
	}
	for _, task := range All() {
		if err := task.CheckTargets(Format{T5, Words}, strings.ToLower, ascii); err != nil {
			t.Error(err)
		}
	}
}

// What a spec leaves out.
func TestDefaults(t *testing.T) {
	spec := spelling()
	spec.Training = func(examples []Example) []Example { return examples[:1] }
	spec.Evaluation = func(examples []Example) []Example { return examples[1:] }
	task := newTask(t, spec)
	examples := decode(t, task, `{"id": 1, "in": "a", "out": "A"}`, `{"id": 2, "in": "b", "out": "B"}`)
	if got, want := ids(task.Training(examples))+", "+ids(task.Evaluation(examples)), "1, 2"; got != want {
		t.Errorf("trains on and scores %s, want %s", got, want)
	}
	digits, words := Format{}, Format{Labels: Words}
	got := fmt.Sprint(task.Candidates(examples[0], digits), cb.Candidates(nil, digits), rte.Candidates(nil, words))
	if got != "[] [0 1 2] [entailment not_entailment]" {
		t.Error(got)
	}
	if got := record.Candidates(decode(t, record, goodRow(record, 0))[0], Format{}); fmt.Sprint(got) != "[Bea]" {
		t.Error(got)
	}
	for _, task := range All() {
		want := "Accuracy"
		if task.Table2.Metric == "F1" {
			want = "F1"
		}
		if task.Metric != want {
			t.Errorf("%s is measured by %s, want %s as in Table 2", task.Name, task.Metric, want)
		}
	}
	spec.Metrics = func([]Answer) []Metric { return nil }
	if task = newTask(t, spec); task.Metric != "Score" {
		t.Errorf("metric %s", task.Metric)
	}
}

// Metrics that a record cannot hold are refused where they are computed.
func TestMetricsOfYourOwn(t *testing.T) {
	for want, metrics := range map[string][]Metric{
		"":                     {{Name: "matthews", Value: 50, Low: 0, High: 100, N: 2}},
		"at least one metric":  nil,
		`"matthews" must be`:   {{Name: "f1", High: 1, N: 2}, {Name: "matthews", Value: -0.1, High: 1, N: 2}},
		`"perplexity" must be`: {{Name: "perplexity", Value: 100.1, High: 100, N: 2}},
		`"empty" must be`:      {{Name: "empty", Value: math.NaN(), N: 2}},
		`"bounds" must be`:     {{Name: "bounds", Value: 50, Low: 60, High: 40, N: 2}},
		`"nobody's" must be`:   {{Name: "nobody's", Value: 50, High: 100}},
	} {
		spec := spelling()
		spec.Metrics = func([]Answer) []Metric { return metrics }
		task := newTask(t, spec)
		_, err := task.Score(Format{}, decode(t, task, `{"id": 1, "in": "a", "out": "A"}`), []string{"A"})
		if (err != nil) != (want != "") ||
			err != nil && !(strings.HasPrefix(err.Error(), "spelling: ") && strings.Contains(err.Error(), want)) {
			t.Errorf("%v; want an error that names the task and has %q", err, want)
		}
	}
}
