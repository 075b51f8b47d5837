// SPDX-License-Identifier: Apache-2.0

package train

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"time"

	"dpt/dptlib/prompt"
	"dpt/superglue"
)

// Run is the outcome of training: a result and two prompts.
type Run struct {
	Result
	BestPrompt *prompt.Trained // of the best evaluation; nil if there was none
	LastPrompt *prompt.Trained // of the last update
}

// Result describes one run: how it was trained, and how it scored.
type Result struct {
	TrainSize int      `json:"train_examples"`
	DevSize   int      `json:"dev_examples"`
	Draw      []string `json:"few_shot_draw,omitempty"` // IDs of the rows trained on, in the draw's order
	Trainable int      `json:"trainable_parameters"`

	Evaluations []Evaluation `json:"evaluations"`
	// index of the highest first metric, the first of equals: chosen on the split it is reported on, as the paper does,
	// unless there is a holdout
	Best int `json:"best"`
	Last int `json:"last"` // index
	// of the best evaluation, for the development split in its order
	Predictions Texts  `json:"predictions,omitempty"`
	Failure     string `json:"failure,omitempty"` // why the run ended early
	// observations after a number of "updates": by a [prompt.Observer] at the start and at every evaluation; for a
	// [prompt.Router], how many rows get each prompt, at every evaluation
	Probes   []map[string]float64 `json:"probes,omitempty"`
	Spectrum []float64            `json:"spectrum,omitempty"` // singular values of the last prompt, falling

	// of each update's batch, nats per target token, dropout on
	Losses        []float32 `json:"losses"`
	GradientNorms []float32 `json:"gradient_norms,omitempty"` // before clipping; nil if they were not kept

	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"` // of all runs in the batch together
	// this run's training examples over all the time, evaluation included
	ExamplesPerSec float64 `json:"examples_per_second"`
	PeakRSSMiB     int     `json:"peak_rss_mib"` // of the process
}

// Evaluation holds the scores after a number of updates.
type Evaluation struct {
	Updates int               `json:"updates"`
	Loss    float64           `json:"loss"` // mean over the updates since the previous evaluation
	Scores  superglue.Scores  `json:"scores"`
	Held    *superglue.Scores `json:"held,omitempty"` // on the rows that the best evaluation is selected on
}

// Score returns the number that the paper reports: the first metric, in percent.
func (e Evaluation) Score() float64 { return e.Scores.Metrics[0].Value }

// selection returns the number that is highest for the best evaluation.
func (e Evaluation) selection() float64 {
	if e.Held != nil {
		return e.Held.Metrics[0].Value
	}
	return e.Score()
}

// BestScore returns the best evaluation's score, in percent, or NaN if there was no evaluation.
func (r *Result) BestScore() float64 { return r.scoreOf(r.Best) }

// LastScore returns the last evaluation's score, in percent, or NaN if there was no evaluation.
func (r *Result) LastScore() float64 { return r.scoreOf(r.Last) }

func (r *Result) scoreOf(i int) float64 {
	if len(r.Evaluations) == 0 {
		return math.NaN()
	}
	return r.Evaluations[i].Score()
}

// ended reports whether the run is neither trained nor evaluated any more: it failed, or its patience has run out.
func (r *Result) ended(recipe Recipe) bool {
	return r.Failure != "" || recipe.Patience > 0 && len(r.Evaluations)-1-r.Best >= recipe.Patience
}

func (r *Result) addStep(loss, norm float32) {
	r.Losses, r.GradientNorms = append(r.Losses, loss), append(r.GradientNorms, norm)
}

// observe notes what the method observes of the prompt, if it is a [prompt.Observer]. Records hold finite numbers only.
func (r *Result) observe(method prompt.Method, p *prompt.Trained, updates int) error {
	o, ok := method.(prompt.Observer)
	if !ok {
		return nil
	}
	seen := map[string]float64{}
	for name, value := range o.Observe(p) {
		if seen[name] = value; math.IsNaN(value) || math.IsInf(value, 0) {
			return fmt.Errorf("method %s: what Observe returns must be finite, found %s %g", method.Name(), name, value)
		}
	}
	seen["updates"] = float64(updates)
	r.Probes = append(r.Probes, seen)
	return nil
}

// countChoices notes how many development rows get each of a [prompt.Router]'s prompts, as "prompt 2", and how many of
// each class, as "prompt 2, entailment". Prompts that were never chosen are left out.
func (r *Result) countChoices(chosen []int32, rows []superglue.Example, classes []string, updates int) {
	if chosen == nil {
		return
	}
	seen := map[string]float64{"updates": float64(updates)}
	for i, number := range chosen {
		name := fmt.Sprintf("prompt %d", number)
		seen[name]++
		if class := rows[i].Class(); class >= 0 && class < len(classes) {
			seen[name+", "+classes[class]]++
		}
	}
	if last := len(r.Probes) - 1; last >= 0 && r.Probes[last]["updates"] == seen["updates"] {
		maps.Copy(r.Probes[last], seen)
		return
	}
	r.Probes = append(r.Probes, seen)
}

// addEvaluation notes the scores, and reports whether they are the best so far.
func (r *Result) addEvaluation(e Evaluation) bool {
	before := 0
	if len(r.Evaluations) > 0 {
		before = r.Evaluations[len(r.Evaluations)-1].Updates
	}
	for _, loss := range r.Losses[before:e.Updates] {
		e.Loss += float64(loss) / float64(e.Updates-before)
	}
	r.Evaluations = append(r.Evaluations, e)
	r.Last = len(r.Evaluations) - 1
	if r.Last > 0 && e.selection() <= r.Evaluations[r.Best].selection() {
		return false
	}
	r.Best = r.Last
	return true
}

// Check ensures that the result of training agrees with itself.
func (r *Result) Check() error {
	if err := r.CheckEvaluations(); err != nil {
		return err
	}
	updates := 0
	if n := len(r.Evaluations); n > 0 {
		updates = r.Evaluations[n-1].Updates
	}
	switch {
	case r.Failure == "" && len(r.Evaluations) == 0:
		return fmt.Errorf("a run that did not fail must have evaluations, found none")
	case r.GradientNorms != nil && len(r.GradientNorms) != len(r.Losses) || r.Failure == "" &&
		len(r.Losses) != updates || len(r.Losses) < updates:
		return fmt.Errorf("there must be a loss and, if they are kept, a gradient norm for each of %d updates, found "+
			"%d and %d",
			updates, len(r.Losses), len(r.GradientNorms))
	case r.TrainSize < 0 || r.DevSize < 0 || r.Trainable < 0 || !(r.Seconds >= 0 && r.ExamplesPerSec >= 0):
		return fmt.Errorf("sizes and times must be at least 0, found %d, %d and %d examples and parameters, %g s and "+
			"%g examples/s",
			r.TrainSize, r.DevSize, r.Trainable, r.Seconds, r.ExamplesPerSec)
	}
	return nil
}

// CheckEvaluations ensures that the evaluations are in order, and that best and last are two of them.
func (r *Result) CheckEvaluations() error {
	updates := 0
	for i, e := range r.Evaluations {
		for _, scores := range []*superglue.Scores{&e.Scores, e.Held} {
			if scores == nil {
				continue
			}
			if err := scores.Check(); err != nil {
				return fmt.Errorf("evaluation %d: %w", i, err)
			}
		}
		if e.Updates <= updates {
			return fmt.Errorf("evaluations must be in the order of their updates, found %d after %d", e.Updates,
				updates)
		}
		updates = e.Updates
	}
	if last := len(r.Evaluations) - 1; last >= 0 && (r.Last != last || r.Best < 0 || r.Best > last) {
		return fmt.Errorf("best and last must be indices of %d evaluations, found %d and %d", last+1, r.Best, r.Last)
	}
	return nil
}

// Texts is a list of texts that JSON holds compressed: base64 of the DEFLATE of a JSON array.
type Texts []string

// MarshalText implements [encoding.TextMarshaler].
func (t Texts) MarshalText() ([]byte, error) {
	list, err := json.Marshal([]string(t))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	out, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(list); err != nil {
		return nil, err
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return []byte(base64.StdEncoding.EncodeToString(packed.Bytes())), nil
}

// maxTexts is the number of bytes of texts that are read at most: compressed data can expand a thousandfold.
const maxTexts = 64 << 20

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *Texts) UnmarshalText(text []byte) error {
	packed, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("predictions: %w", err)
	}
	list, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxTexts))
	if err != nil {
		return fmt.Errorf("predictions: %w", err)
	}
	return json.Unmarshal(list, (*[]string)(t))
}
