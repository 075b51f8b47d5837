// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// TaskSpec describes a task. Name, Read and one of Classes and Target are required.
type TaskSpec struct {
	Name    string   // also of the folder that holds its files
	Classes []string // label words in class order, at least two; nil if the targets are free text only

	// Read returns the examples of a row; most rows have one. Errors are made by the row's methods, see [Object].
	Read func(row Object) []Example

	// Target returns the target text of a labelled example where it is free text; nil if it is the label.
	Target func(x Example, s Style) string

	// Answer returns the class that a prediction names, or -1 if it is no possible answer. If nil that is the class
	// whose target text the prediction is; with a Target, 0 for the target, 1 for another text and -1 for none.
	Answer func(x Example, prediction string) int

	// Candidates returns the texts that include the right answer to an example; if it is nil they are the labels.
	Candidates func(x Example) []string

	// Training and Evaluation return the examples to train on and to score; all if nil.
	Training, Evaluation func(examples []Example) []Example

	// Metrics scores predictions in percent, each with an interval, so that a metric that can be below 0, as a
	// correlation, must be scaled; the first selects checkpoints and is shown in figures. If nil, the metrics are
	// accuracy and macro-averaged F1, or exact match where there are no classes. Metric is the first one's name on an
	// axis; if empty it is "Accuracy" or "Exact match", and "Score" for Metrics of your own.
	Metrics func(answers []Answer) []Metric
	Metric  string

	Table2  Table2  // the paper's row, if it has one
	Archive Archive // where its files are published, if they are
}

// NewTask makes the task that spec describes. [Register] makes it known by its name.
func NewTask(spec TaskSpec) (Task, error) {
	if err := spec.check(); err != nil {
		return Task{}, err
	}
	spec.Classes = append([]string(nil), spec.Classes...) // nil if empty
	switch {
	case spec.Metrics != nil:
		spec.Metric = cmp.Or(spec.Metric, "Score")
	case spec.Classes != nil:
		spec.Metric = cmp.Or(spec.Metric, "Accuracy")
		spec.Metrics = func(a []Answer) []Metric { return []Metric{Accuracy(a), MacroF1(a, len(spec.Classes))} }
	default:
		spec.Metric = cmp.Or(spec.Metric, "Exact match")
		spec.Metrics = func(a []Answer) []Metric { return []Metric{exactMatch(a)} }
	}
	all := func(examples []Example) []Example { return examples }
	if spec.Training == nil {
		spec.Training = all
	}
	if spec.Evaluation == nil {
		spec.Evaluation = all
	}
	spec.Archive.Task = spec.Name
	return Task{Name: spec.Name, Classes: spec.Classes, Metric: spec.Metric, Table2: spec.Table2, spec: spec}, nil
}

func (s TaskSpec) check() error {
	switch {
	case strings.TrimSpace(s.Name) == "":
		return errors.New("a task needs a name, found none")
	case s.Name == "." || s.Name == ".." || strings.ContainsAny(s.Name, `/\`):
		return fmt.Errorf("a task's name is that of a folder, without slashes; found %q", s.Name)
	case !utf8.ValidString(s.Name):
		return fmt.Errorf("a task's name must be UTF-8, found %q", s.Name)
	case s.Read == nil:
		return fmt.Errorf("%s: a task needs a Read, which makes examples of a row", s.Name)
	case len(s.Classes) == 1:
		return fmt.Errorf("%s: a task needs at least two labels, found %q", s.Name, s.Classes)
	case len(s.Classes) == 0 && s.Target == nil:
		return fmt.Errorf("%s: a task needs Classes, or a Target where its targets are free text", s.Name)
	}
	return Task{Name: s.Name, Classes: s.Classes}.CheckTargets(Format{Labels: Words}, nil, nil)
}

// mustTask is NewTask for this package's own.
func mustTask(spec TaskSpec) Task {
	t, err := NewTask(spec)
	if err != nil {
		panic(err)
	}
	return t
}
