// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Own describes a classification task of one's own, whose rows are lines of JSON: {"text": "...", "label": "..."}. Rows need
// no idx; the line's number stands for it.
type Own struct {
	Name   string   // in front of the text, in the styles that have a prefix
	Labels []string // the values of a row's label, at least two; in class order
	Label  string   // member of a row that is its label; "label" if empty
	Source string   // the source text, "premise: {premise} hypothesis: {hypothesis}": {name} stands for a row's member
}

// OwnRow is a row of a task of one's own.
type OwnRow struct {
	Row
	Task, Text string // the source text without prefix
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// NewTask makes the task. It is scored by accuracy, and by F1 averaged over the classes.
func (o Own) NewTask() (Task, error) {
	if o.Label == "" {
		o.Label = "label"
	}
	sorted := slices.Sorted(slices.Values(o.Labels))
	if o.Name == "" || len(o.Labels) < 2 || len(slices.Compact(sorted)) < len(o.Labels) || slices.Contains(o.Labels, "") {
		return Task{}, fmt.Errorf("a task needs a name and at least two labels, none of them empty or twice; found %q with %q", o.Name, o.Labels)
	}
	if !placeholder.MatchString(o.Source) {
		return Task{}, fmt.Errorf("a task's source must name a member of the rows, such as {text}; found %q", o.Source)
	}
	return Task{
		Name: o.Name, Classes: o.Labels,
		read: func(row object) []Example {
			label := Unlabelled
			if !row.file.unlabelled || row.has(o.Label) {
				label = row.oneOfTexts(o.Label, o.Labels)
			}
			text := placeholder.ReplaceAllStringFunc(o.Source, func(name string) string { return row.scalar(name[1 : len(name)-1]) })
			return []Example{OwnRow{Row{row.file.line, label}, o.Name, text}}
		},
		metrics: func(a []answer) []Metric { return []Metric{accuracy(a), macroF1(a, len(o.Labels))} },
	}, nil
}

func (x OwnRow) source(s Style) string {
	if s == T5 {
		return x.Task + " " + x.Text
	}
	return s.prefix(x.Task) + x.Text
}

// scalar reads a member that is a string, a number, true or false, as text.
func (o object) scalar(name string) string {
	v, ok := o.find(name)
	switch kind := v.raw.Kind(); {
	case !ok:
		o.fail(name, "missing; want a string, a number, true or false")
	case kind == '"':
		return o.text(name)
	case kind == '0' || kind == 't' || kind == 'f':
		return string(v.raw)
	default:
		o.fail(name, "want a string, a number, true or false, found %s", clip(v.raw))
	}
	return ""
}

// oneOfTexts reads a member whose text is one of some, as its position among them.
func (o object) oneOfTexts(name string, texts []string) int {
	text := o.scalar(name)
	i := slices.Index(texts, text)
	if i < 0 && o.file.err == nil {
		o.fail(name, "want one of %q, found %s", texts, strconv.Quote(text))
	}
	return max(i, 0)
}
