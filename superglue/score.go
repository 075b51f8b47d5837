// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"strings"
)

// Scores is how well predictions did.
type Scores struct {
	Metrics []Metric `json:"metrics"`           // the one the paper reports first
	Invalid int      `json:"invalid,omitempty"` // predictions that are no possible answer
	Notes   []string `json:"notes,omitempty"`   // what a reader of the numbers must know
}

// Metric is one number and how sure it is.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // percent
	N     int     `json:"n"`
	Unit  string  `json:"unit"` // what n counts: "examples", "questions" or "queries"
	Low   float64 `json:"low"`  // 95 % interval, percent: Wilson's for shares of units, bootstrap over units for F1
	High  float64 `json:"high"`
}

// String is like "accuracy 78.57 [66.19, 87.27] (56 examples)".
func (m Metric) String() string {
	return fmt.Sprintf("%s %.2f [%.2f, %.2f] (%d %s)", m.Name, m.Value, m.Low, m.High, m.N, m.Unit)
}

// answer is a prediction beside its example.
type answer struct {
	example Example
	text    string // prediction without surrounding space
	class   int    // what it stands for, or -1 if it is no possible answer
}

func (a answer) right() bool { return a.class == a.example.Class() }

// manyInvalid is the share of invalid predictions from which Scores has a note.
const manyInvalid = 0.05

// Answer is the class that a decoded prediction for x stands for, or -1 if it is no possible answer. Surrounding space is
// ignored. WSC's rule is T5's: whether the prediction names the candidate. A possible answer to ReCoRD, an entity, is class 0.
func (t Task) Answer(x Example, f Format, prediction string) int {
	prediction = strings.TrimSpace(prediction)
	if t.class != nil {
		return t.class(x, prediction)
	}
	class, _ := t.ParseTarget(prediction, f)
	return class
}

// Score compares decoded predictions with labelled examples of the task, which should be those of [Task.Evaluation]; a
// format's labels are the texts that count as answers. Surrounding space is ignored, nothing else is: a prediction that is
// no possible answer is wrong (ReCoRD's F1 still counts the words that it shares with an answer).
func (t Task) Score(f Format, examples []Example, predictions []string) (Scores, error) {
	if len(examples) == 0 || len(examples) != len(predictions) {
		return Scores{}, fmt.Errorf("%s: want as many predictions as examples and at least one, found %d for %d", t.Name, len(predictions), len(examples))
	}
	var scores Scores
	answers := make([]answer, len(examples))
	constant := true
	for i, x := range examples {
		if x.Class() == Unlabelled {
			return Scores{}, fmt.Errorf("%s: want labelled examples, found %s without a label; only SuperGLUE's server can score a test split", t.Name, x.ID())
		}
		a := answer{example: x, text: strings.TrimSpace(predictions[i])}
		if a.class = t.Answer(x, f, a.text); a.class < 0 {
			scores.Invalid++
		}
		answers[i] = a
		constant = constant && a.text == answers[0].text
	}
	scores.Metrics = t.metrics(answers)
	if constant && len(answers) > 1 {
		scores.Notes = append(scores.Notes, fmt.Sprintf("all %d predictions are %q", len(answers), answers[0].text))
	}
	if share := float64(scores.Invalid) / float64(len(answers)); share >= manyInvalid {
		scores.Notes = append(scores.Notes, fmt.Sprintf("%d of %d predictions (%.0f %%) are no possible answer", scores.Invalid, len(answers), 100*share))
	}
	return scores, nil
}
