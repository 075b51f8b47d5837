// SPDX-License-Identifier: Apache-2.0

package superglue_test

import (
	"fmt"
	"strings"
	"testing"

	"dpt/superglue"
)

var tickets = superglue.Own{
	Name: "tickets", Labels: []string{"question", "fault", "3"}, Label: "kind",
	Source: "subject: {subject} text: {text}",
}

func ExampleOwn() {
	task, err := tickets.NewTask()
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := task.Decode(strings.NewReader(`{"kind": "fault", "subject": 7, "text": "The lamp is \"dark\"."}`),
		"rows")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, format := range []string{"dpt", "t5"} {
		f, _ := superglue.ParseFormat(format)
		source, target := task.Text(rows[0], f)
		fmt.Printf("%s -> %s\n", source, target)
	}
	scores, err := task.Score(superglue.Format{}, rows, []string{"1"})
	fmt.Println(scores.Metrics[0], err)
	// Output:
	// subject: 7 text: The lamp is "dark". -> 1
	// tickets subject: 7 text: The lamp is "dark". -> fault
	// accuracy 100.00 [20.7 to 100.0] (1 examples) <nil>
}

func TestOwn(t *testing.T) {
	task, err := tickets.NewTask()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := task.Decode(strings.NewReader(`{"kind": 3, "subject": true, "text": "a"}
		{"kind": "question", "subject": "b", "text": "a {text} b"}`), "rows")
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Class() != 2 || rows[1].Class() != 0 || rows[0].ID() == rows[1].ID() {
		t.Errorf("got classes %d and %d, ids %s and %s", rows[0].Class(), rows[1].Class(), rows[0].ID(), rows[1].ID())
	}
	if source, _ := task.Text(rows[1], superglue.Format{}); source != "subject: b text: a {text} b" {
		t.Errorf("got %q: braces in a row's text stay as they are", source)
	}
	unlabelled, err := task.DecodeLine([]byte(`{"subject": "b", "text": "a"}`), "stdin", 5)
	if err != nil || unlabelled[0].Class() != superglue.Unlabelled {
		t.Errorf("a row to predict needs no label: %v", err)
	}
	for row, want := range map[string]string{
		`{"kind": "other", "subject": "b", "text": "a"}`:         `rows:1: field "kind": want one of ["question" "fault" "3"], found "other"`,
		`{"subject": "b", "text": "a"}`:                          `rows:1: field "kind": missing`,
		`{"kind": "fault", "subject": "b"}`:                      `rows:1: field "text": missing`,
		`{"kind": "fault", "subject": ["b"], "text": "a"}`:       `rows:1: field "subject": want a string, a number`,
		`{"kind": "fault", "subject": "b", "text": "a", "kind":`: `rows:1: field "kind"`,
	} {
		if _, err := task.Decode(strings.NewReader(row), "rows"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", row, err, want)
		}
	}
	for _, own := range []superglue.Own{
		{Labels: []string{"a", "b"}, Source: "{text}"}, {Name: "t", Labels: []string{"a"}, Source: "{text}"},
		{Name: "t", Labels: []string{"a", "b", "a"}, Source: "{text}"},
		{Name: "t", Labels: []string{"a", "b"}, Source: "text"},
	} {
		if _, err := own.NewTask(); err == nil {
			t.Errorf("%+v must be refused", own)
		}
	}
}
