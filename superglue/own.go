// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"regexp"
	"slices"
)

// Own describes a classification task of your own, whose rows are lines of JSON: {"text": "...", "label": "..."}. Rows
// need no idx; the line's number takes its place. [TaskSpec] describes any other task.
type Own struct {
	Name   string   // in front of the text, in the styles that have a prefix
	Labels []string // the values of a row's label, at least two; in class order
	Label  string   // member of a row that is its label; "label" if empty
	Source string   // the source text, "premise: {premise} hypothesis: {hypothesis}": {name} stands for a row's member
}

// TextRow is a row whose texts are ready-made.
type TextRow struct {
	Row
	Task   string `json:"Task"`             // in front of the source text, in the styles that have a prefix
	Text   string `json:"Text"`             // the source text without it
	Target string `json:"Target,omitempty"` // the target text where it is free text
}

// Source is the text, after the task's name in the styles that have a prefix.
func (x TextRow) Source(s Style) string {
	if s == DPT {
		return x.Text
	}
	return x.Task + " " + x.Text
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// NewTask makes the task. It is scored by accuracy, and by F1 averaged over the classes.
func (o Own) NewTask() (Task, error) {
	if o.Label == "" {
		o.Label = "label"
	}
	if !placeholder.MatchString(o.Source) {
		return Task{}, fmt.Errorf("a task's source must name a member of the rows, such as {text}; found %q", o.Source)
	}
	if len(o.Labels) < 2 {
		return Task{}, fmt.Errorf("%s: a task needs at least two labels, found %q", o.Name, o.Labels)
	}
	return NewTask(TaskSpec{Name: o.Name, Classes: o.Labels, Read: o.read})
}

func (o Own) read(row Object) []Example {
	class := Unlabelled
	if row.Has(o.Label) || !row.file.unlabelled {
		label := row.Scalar(o.Label)
		if class = slices.Index(o.Labels, label); class < 0 {
			row.Fail(o.Label, "want one of %q, found %q", o.Labels, label)
		}
	}
	text := placeholder.ReplaceAllStringFunc(o.Source, func(braced string) string {
		return row.Scalar(braced[1 : len(braced)-1])
	})
	return []Example{TextRow{Row: Row{Index: row.Line(), Label: class}, Task: o.Name, Text: text}}
}
