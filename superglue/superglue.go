// SPDX-License-Identifier: Apache-2.0

// Package superglue turns the eight SuperGLUE tasks of the paper into text, and text back into scores.
//
// A task reads a row of the official jsonl files as one or more typed examples, writes each as a source and a target text
// in one of three formats, and scores decoded predictions as SuperGLUE and T5 define their metrics. Each task is one file
// (boolq.go, cb.go, ...) that fills in one [Task]; everything the tasks share is beside them.
package superglue

import (
	"fmt"
	"strconv"
	"strings"
)

// Task is one SuperGLUE task. Get one from [Lookup] or [All].
type Task struct {
	Name    string   // official name, which is also its folder's: "CB"
	Classes []string // what the labels are called, in T5's words and in class order; nil for ReCoRD, which has none
	Table2  Table2

	read     func(row object) []Example         // the examples of one line
	training func(examples []Example) []Example // those to train on; nil: all
	metrics  func(answers []answer) []Metric    // the one that the paper reports first

	// Where the target is free text (WSC, ReCoRD), what it is and which class a prediction stands for, or -1.
	target func(x Example, s Style) string
	class  func(x Example, prediction string) int
}

// Example is one instance of a task. Its dynamic type is named after its task ([CB], [RTE], ...) and holds the row's fields.
type Example interface {
	// ID is the row's idx. No two examples of a file share it.
	ID() string
	// Class is the gold label as an index into the task's classes, or [Unlabelled].
	Class() int

	source(Style) string
}

// Unlabelled is the class of an example whose row has no label, as in the official test splits.
const Unlabelled = -1

// Row is what all tasks' rows have in common.
type Row struct {
	Index int // idx
	Label int // class, or Unlabelled
}

// ID is idx in decimal.
func (r Row) ID() string { return strconv.Itoa(r.Index) }

// Class is the row's label.
func (r Row) Class() int { return r.Label }

// All returns the eight tasks in the order of the paper's Table 2.
func All() []Task { return []Task{boolq, cb, copa, multirc, record, wic, wsc, rte} }

// Lookup finds a task by its official name; upper and lower case are the same.
func Lookup(name string) (Task, error) {
	var names []string
	for _, t := range All() {
		if strings.EqualFold(t.Name, name) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Task{}, fmt.Errorf("a SuperGLUE task is one of %s; found %q", strings.Join(names, ", "), name)
}

// Training returns the examples that the task is trained on. That is all of them, but for two tasks: WSC keeps those whose
// label is True, since only they name what the pronoun refers to; ReCoRD has one example per distinct answer of a query.
func (t Task) Training(examples []Example) []Example {
	if t.training == nil {
		return examples
	}
	return t.training(examples)
}

// Evaluation returns the examples that the task is scored on: each ID once, the first of equals. Only ReCoRD's training
// examples repeat an ID, once per answer; its score counts a query once.
func (t Task) Evaluation(examples []Example) []Example {
	seen := make(map[string]bool, len(examples))
	kept := make([]Example, 0, len(examples))
	for _, x := range examples {
		if id := x.ID(); !seen[id] {
			seen[id] = true
			kept = append(kept, x)
		}
	}
	return kept
}
