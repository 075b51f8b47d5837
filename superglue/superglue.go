// SPDX-License-Identifier: Apache-2.0

// Package superglue turns the eight SuperGLUE tasks of the paper, and tasks of your own, into text, and text back into
// scores.
//
// A task reads a row of a jsonl file as one or more typed examples, writes each as a source and a target text in one of
// three formats, and scores decoded predictions as SuperGLUE and T5 define their metrics. Each of the eight is one file
// (boolq.go, cb.go, ...) that fills in one [TaskSpec]. A task of your own is another [TaskSpec], which [NewTask] checks
// and [Register] makes known by name; nothing in this package knows which of them a task is.
package superglue

import "strconv"

// Task is a task. Get one from [Lookup], [All] or [NewTask].
type Task struct {
	Name    string   // its folder's name, too: "CB"
	Classes []string // the labels in T5's words, in class order; nil for ReCoRD, which has none
	Metric  string   // the first metric's name on an axis: "Accuracy", "F1"
	Table2  Table2   // the paper's; zero if the paper lacks the task

	spec   TaskSpec            // without nil functions, but for Target
	normal func(string) string // applied to targets and predictions before they are compared
}

// Example is one instance of a task. The eight tasks have a type each ([CB], [RTE], ...) that holds the row's fields.
// Its JSON identifies the data of a run: give fields JSON tags, so that renaming one does not change it.
type Example interface {
	// ID is the row's idx. No two examples of a file share it.
	ID() string
	// Class is the gold label as an index into the task's classes, or [Unlabelled]. It is 0 where a task has no
	// classes.
	Class() int
	// Source is the text that the encoder reads.
	Source(Style) string
}

// Unlabelled is the class of an example whose row has no label, as in the official test splits.
const Unlabelled = -1

// Row holds the fields that most tasks' rows share.
type Row struct {
	Index int `json:"Index"` // idx
	Label int `json:"Label"` // class, or Unlabelled
}

// ID returns idx in decimal.
func (r Row) ID() string { return strconv.Itoa(r.Index) }

// Class returns the row's label.
func (r Row) Class() int { return r.Label }

// Training returns the examples that the task is trained on. Those are all of them, except for two tasks: WSC keeps
// those whose label is True, since only they name the pronoun's referent; ReCoRD has one example per distinct answer of
// a query.
func (t Task) Training(examples []Example) []Example { return t.spec.Training(examples) }

// Evaluation returns the examples that the task is scored on: each ID once, the first of equals. Only ReCoRD's training
// examples repeat an ID, once per answer; its score counts a query once.
func (t Task) Evaluation(examples []Example) []Example {
	seen := make(map[string]bool, len(examples))
	kept := make([]Example, 0, len(examples))
	for _, x := range t.spec.Evaluation(examples) {
		if x == nil {
			continue // an error where a file is read
		}
		if id := x.ID(); !seen[id] {
			seen[id] = true
			kept = append(kept, x)
		}
	}
	return kept
}
