// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
)

// Table2 is a task's row in the paper's Table 2: the numbers of examples to train and evaluate on, the type of task,
// and the metric that is reported.
type Table2 struct {
	Train, Dev   int
	Examples     int // that Train rows have to train on, if that is another number; 0 otherwise
	Type, Metric string
	Note         string // why training has more or fewer examples than rows
}

// Statistics is Table 2 measured: the contents of a split and the lengths of its texts.
type Statistics struct {
	Task     string       `json:"task"`
	Split    string       `json:"split"`
	Rows     int          `json:"rows"`                // examples as read
	Examples int          `json:"examples"`            // those that are trained on, or scored
	Paper    int          `json:"paper,omitempty"`     // Table 2's number; 0 if it has no such split
	Classes  []ClassCount `json:"classes,omitempty"`   // of the labelled rows
	FreeText bool         `json:"free_text,omitempty"` // the task has no classes
	Majority *Majority    `json:"majority,omitempty"`
	Source   Lengths      `json:"source"` // of the examples
	Notes    []string     `json:"notes,omitempty"`
}

// ClassCount is the number of rows with a label.
type ClassCount struct {
	Class string `json:"class"`
	Rows  int    `json:"rows"`
}

// Majority is the best score of giving the same answer to every example, which a method has to beat. Where a task has
// no classes but candidates, as ReCoRD, it is that of the first of these. Splits to train on have none.
type Majority struct {
	Class string `json:"class"`
	Score Metric `json:"score"` // the metric that the paper reports
}

// Lengths describes source texts in tokens, the final </s> counted and the prompt not. Percentiles are nearest ranks.
type Lengths struct {
	Mean   float64 `json:"mean"`
	P50    int     `json:"p50"`
	P90    int     `json:"p90"`
	P99    int     `json:"p99"`
	Max    int     `json:"max"`
	Cut256 int     `json:"cut256"` // examples that lose text at 256 tokens, the released code's cap
	Cut512 int     `json:"cut512"`
}

// Statistics measures the rows of a split, as [Task.ReadSplit] returns them. tokens counts a text's tokens, </s>
// included.
func (t Task) Statistics(split string, rows []Example, f Format, tokens func(text string) int) Statistics {
	s := Statistics{Task: t.Name, Split: split, Rows: len(rows), FreeText: t.Classes == nil}
	var examples []Example
	switch split {
	case "train":
		s.Paper, examples = t.Table2.Train, t.Training(rows)
	case "val":
		s.Paper = t.Table2.Dev
		fallthrough
	default:
		examples = t.Evaluation(rows)
		s.Majority = t.majority(examples)
	}
	s.Examples = len(examples)
	s.Source = lengths(t, examples, f, tokens)
	for class, name := range t.Classes {
		if n := countClass(rows, class); n > 0 || countClass(rows, Unlabelled) == 0 {
			s.Classes = append(s.Classes, ClassCount{name, n})
		}
	}
	counted := s.Examples
	if t.Table2.Examples != 0 {
		counted = s.Rows
	}
	if split == "train" && s.Examples != s.Rows && t.Table2.Note != "" {
		s.Notes = append(s.Notes, fmt.Sprintf("%d rows, %d examples: %s", s.Rows, s.Examples, t.Table2.Note))
	}
	if s.Paper != 0 && counted != s.Paper {
		s.Notes = append(s.Notes, fmt.Sprintf("Table 2 has %d, not %d: this is not the official split, or not all of "+
			"it",
			s.Paper, counted))
	}
	return s
}

func countClass(examples []Example, class int) (n int) {
	for _, x := range examples {
		if x.Class() == class {
			n++
		}
	}
	return n
}

func (t Task) majority(examples []Example) *Majority {
	if len(examples) == 0 || countClass(examples, Unlabelled) > 0 {
		return nil
	}
	if t.Classes == nil && t.spec.Candidates != nil {
		return t.firstCandidate(examples)
	}
	var best *Majority
	for class, name := range t.Classes {
		answers := make([]Answer, len(examples))
		for i, x := range examples {
			answers[i] = Answer{Example: x, Text: name, Class: class}
		}
		if m := t.spec.Metrics(answers)[0]; best == nil || m.Value > best.Score.Value {
			best = &Majority{name, m}
		}
	}
	return best
}

// firstCandidate is the score of always answering the first of an example's candidates, in their order.
func (t Task) firstCandidate(examples []Example) *Majority {
	answers := make([]Answer, len(examples))
	for i, x := range examples {
		candidates := t.spec.Candidates(x)
		if len(candidates) == 0 {
			return nil
		}
		answers[i] = Answer{Example: x, Text: candidates[0], Class: t.Answer(x, Format{}, candidates[0])}
	}
	return &Majority{"the first candidate", t.spec.Metrics(answers)[0]}
}

func lengths(t Task, examples []Example, f Format, tokens func(string) int) (l Lengths) {
	if len(examples) == 0 {
		return l
	}
	counts, sum := make([]int, len(examples)), 0
	for i, x := range examples {
		source, _ := t.Text(x, f)
		counts[i] = tokens(source)
		sum += counts[i]
		if counts[i] > 256 {
			l.Cut256++
		}
		if counts[i] > 512 {
			l.Cut512++
		}
	}
	slices.Sort(counts)
	rank := func(percent int) int { return counts[(percent*len(counts)+99)/100-1] }
	l.Mean = float64(sum) / float64(len(counts))
	l.P50, l.P90, l.P99, l.Max = rank(50), rank(90), rank(99), rank(100)
	return l
}
