// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"errors"
	"fmt"
	"strings"
)

// Scores are the metrics of predictions.
type Scores struct {
	Metrics []Metric `json:"metrics"`           // the one the paper reports first
	Invalid int      `json:"invalid,omitempty"` // predictions that are not possible answers
	Notes   []string `json:"notes,omitempty"`   // remarks that a reader of the numbers needs
}

// Metric is a number with its uncertainty.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // percent
	N     int     `json:"n"`
	Unit  string  `json:"unit"` // the things that n counts: "examples", "questions" or "queries"
	Low   float64 `json:"low"`  // 95 % interval, percent: Wilson's for shares of units, for F1 a bootstrap over units,
	High  float64 `json:"high"` // which are questions for MultiRC, whose answers to one question are not independent
}

// String writes the metric as "accuracy 78.57 [66.2 to 87.3] (56 examples)".
func (m Metric) String() string {
	return fmt.Sprintf("%s %.2f [%s] (%d %s)", m.Name, m.Value, m.Interval(), m.N, m.Unit)
}

// Interval writes the 95 % interval as "66.2 to 87.3", and as "–" where there is none: where all samples of a bootstrap
// have the same value, as they have if all answers are right, the width of 0 says nothing.
func (m Metric) Interval() string {
	if m.Low == m.High {
		return "–"
	}
	return fmt.Sprintf("%.1f to %.1f", m.Low, m.High)
}

// Check ensures that there are metrics, and that each is a percentage with an interval.
func (s Scores) Check() error {
	if len(s.Metrics) == 0 {
		return errors.New("scores must have at least one metric, found none")
	}
	for _, m := range s.Metrics {
		if !(0 <= m.Value && m.Value <= 100 && 0 <= m.Low && m.Low <= m.High && m.High <= 100) || m.N < 1 {
			return fmt.Errorf("metric %q must be from 0 to 100 percent, with an interval, of at least 1 prediction, "+
				"found %v", m.Name, m)
		}
	}
	return nil
}

// Answer is a prediction for an example.
type Answer struct {
	Example Example
	Text    string // the prediction without surrounding space
	Class   int    // the class that it names, or -1 if it is no possible answer
}

// Right reports whether the prediction names the example's class.
func (a Answer) Right() bool { return a.Class == a.Example.Class() }

// manyInvalid is the share of invalid predictions from which Scores has a note.
const manyInvalid = 0.05

// Answer returns the class that a decoded prediction for x names, or -1 if it is no possible answer. Surrounding space
// is ignored. WSC's rule is T5's: whether the prediction names the candidate. A possible answer to ReCoRD, an entity,
// is class 0. Where the target is other free text, class 0 is the target, class 1 another text, and -1 no text.
func (t Task) Answer(x Example, f Format, prediction string) int {
	prediction = strings.TrimSpace(prediction)
	switch {
	case t.spec.Answer != nil:
		return t.spec.Answer(x, prediction)
	case t.spec.Target == nil:
		class, _ := t.ParseTarget(prediction, f)
		return class
	case prediction == "":
		return -1
	case t.comparable(prediction) == t.comparable(t.spec.Target(x, f.Style)):
		return 0
	}
	return 1
}

// Score compares decoded predictions with labelled examples of the task, which should be those of [Task.Evaluation]; a
// format's labels are the texts that count as answers. Texts are compared as in [Task.ParseTarget]. A prediction that
// is no possible answer is wrong (ReCoRD's F1 still counts the words that it shares with an answer).
func (t Task) Score(f Format, examples []Example, predictions []string) (Scores, error) {
	if len(examples) == 0 || len(examples) != len(predictions) {
		return Scores{}, fmt.Errorf("%s: want as many predictions as examples and at least one, found %d for %d",
			t.Name, len(predictions), len(examples))
	}
	var scores Scores
	answers := make([]Answer, len(examples))
	constant := true
	for i, x := range examples {
		if x.Class() == Unlabelled {
			return Scores{}, fmt.Errorf("%s: want labelled examples, found %s without a label; "+
				"only SuperGLUE's server can score a test split", t.Name, x.ID())
		}
		a := Answer{Example: x, Text: strings.TrimSpace(predictions[i])}
		if a.Class = t.Answer(x, f, a.Text); a.Class < 0 {
			scores.Invalid++
		}
		answers[i] = a
		constant = constant && a.Text == answers[0].Text
	}
	scores.Metrics = t.spec.Metrics(answers)
	if err := scores.Check(); err != nil {
		return Scores{}, fmt.Errorf("%s: %w; see TaskSpec.Metrics", t.Name, err)
	}
	if constant && len(answers) > 1 {
		scores.Notes = append(scores.Notes, fmt.Sprintf("all %d predictions are %q", len(answers), answers[0].Text))
	}
	if share := float64(scores.Invalid) / float64(len(answers)); share >= manyInvalid {
		scores.Notes = append(scores.Notes, fmt.Sprintf("%d of %d predictions (%.0f %%) are no possible answer",
			scores.Invalid, len(answers), 100*share))
	}
	return scores, nil
}
