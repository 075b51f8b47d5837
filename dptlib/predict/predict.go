// SPDX-License-Identifier: Apache-2.0

// Package predict answers rows or lines of text with a tuned T5, as they arrive.
package predict

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/gomlx/compute"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5/tokenizer"
)

// Spec describes the input and output of a [Predictor].
type Spec struct {
	Task      superglue.Task
	Format    superglue.Format
	MaxSource int  // tokens that a source keeps, the last of them </s>
	MaxTokens int  // of a prediction; 0: as many as the longest label needs, or 64 if the task's targets are free text
	BatchSize int  // examples decoded at a time
	Lines     bool // each line of the input is a source text, and not a row of the task
	Scores    bool // give each label's probability; not for tasks whose targets are free text
}

// Prediction holds a [Predictor]'s answer to an example.
type Prediction struct {
	Line  int     `json:"line"`         // of the input, from 1
	ID    string  `json:"id,omitempty"` // of the row's example
	Text  string  `json:"text"`         // as decoded, greedily; a label that was cut off ends with "…"
	Label *string `json:"label"`        // name of the class that Text stands for; nil if it is none

	// Scores are the classes' probabilities: each target text's likelihood, </s> included, as the decoder gives it with
	// teacher forcing, over the sum of all. The likeliest need not be Label, since Text may be any text.
	Scores map[string]float64 `json:"scores,omitempty"`
}

// badLine is written in place of the predictions for a line that cannot be read.
type badLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

// freeText is the greatest number of tokens of a prediction if targets are free text; SuperGLUE's longest has about 30.
const freeText = 64

// Predictor answers a stream of examples with a method's prompt.
type Predictor struct {
	Spec

	vocabulary *tokenizer.Tokenizer
	evaluator  *train.Evaluator
	scorer     *scorer // nil without scores
}

// NewPredictor predicts with a method without randomness, such as a prompt from [prompt.Load].
func NewPredictor(backend compute.Backend, b prompt.Backbone, method prompt.Method, spec Spec) (*Predictor, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if err := prompt.CheckSource(method, spec.MaxSource); err != nil {
		return nil, err
	}
	var err error
	if spec.Task, err = train.Comparable(spec.Task, spec.Format, b.Vocabulary); err != nil {
		return nil, err
	}
	var targets [][]int32
	longest := 0
	for _, text := range spec.Task.Targets(spec.Format) {
		targets = append(targets, b.Vocabulary.Encode(text))
		longest = max(longest, len(targets[len(targets)-1]))
	}
	switch {
	case spec.Scores && targets == nil:
		return nil, fmt.Errorf("%s has no labels to score: its targets are free text", spec.Task.Name)
	case spec.MaxTokens > 0:
	case targets == nil:
		spec.MaxTokens = freeText
	default:
		spec.MaxTokens = longest
	}
	installed, err := prompt.Install(b, []prompt.Method{method}, nil)
	if err != nil {
		return nil, err
	}
	p := &Predictor{Spec: spec, vocabulary: b.Vocabulary}
	if p.evaluator, err = train.NewEvaluator(backend, b.Model, spec.BatchSize, spec.MaxTokens,
		installed...); err != nil {
		return nil, err
	}
	if spec.Scores {
		if p.scorer, err = newScorer(backend, b.Model, installed[0], targets, spec.BatchSize); err != nil {
			p.evaluator.Close()
			return nil, err
		}
	}
	return p, nil
}

// maxBatch and maxTokens bound what predictions may ask for.
const maxBatch, maxTokens = 1 << 16, 1 << 16

func (s Spec) check() error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{{"max source", s.MaxSource, 1, train.MaxLength}, {"batch", s.BatchSize, 1, maxBatch},
		{"max tokens", s.MaxTokens, 0, maxTokens}} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("a prediction's %s must be from %d to %d, found %d", n.name, n.least, n.most, n.value)
		}
	}
	return nil
}

// Close frees the compiled graphs.
func (p *Predictor) Close() {
	p.evaluator.Close()
	if p.scorer != nil {
		p.scorer.exec.Finalize()
	}
}

// Run reads lines until in ends and writes each line's predictions to out as lines of JSON, in the input's order: a
// [Prediction] per example, so that a row of MultiRC or ReCoRD gives several, or {"line": 3, "error": "..."} for a line
// that cannot be read. It returns how many lines were bad; err is that of the device, of in or of out.
//
// Predictions appear as the input arrives: once BatchSize examples are there, or 50 ms after the first. Memory does not
// grow with the input. When ctx ends, Run returns the error of ctx; a pending read of in is abandoned, not interrupted.
func (p *Predictor) Run(ctx context.Context, in io.Reader, out io.Writer) (bad int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := readLines(ctx, in)
	buffered := bufio.NewWriter(out)
	for open := true; open; {
		var items []item
		var end error
		items, open, end = p.gather(ctx, lines)
		for some := range slices.Chunk(items, p.BatchSize) { // a row may have thousands of examples
			failed, err := p.write(ctx, some, buffered)
			bad += failed
			if err := errors.Join(err, buffered.Flush()); err != nil {
				return bad, err
			}
		}
		if end != nil {
			return bad, end
		}
	}
	return bad, nil
}

// item is an example of the input, or a bad line.
type item struct {
	line   int
	x      superglue.Example // nil for a line that is a source text
	source []int32
	err    error
}

// flushAfter is the time that an example waits for others to share its batch.
const flushAfter = 50 * time.Millisecond

// gather collects the examples of a batch, and reports whether more may come.
func (p *Predictor) gather(ctx context.Context, lines <-chan line) (items []item, open bool, end error) {
	var late <-chan time.Time
	for len(items) < p.BatchSize {
		select {
		case l, open := <-lines:
			if !open || l.end != nil {
				return items, false, errors.Join(l.end, ctx.Err())
			}
			items = append(items, p.read(l)...)
			if late == nil {
				late = time.After(flushAfter)
			}
		case <-late:
			return items, true, nil
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	return items, true, nil
}

// read makes examples of a line.
func (p *Predictor) read(l line) []item {
	bad := func(err error) []item { return []item{{line: l.n, err: err}} }
	switch {
	case l.bad != nil:
		return bad(l.bad)
	case p.Lines && !utf8.Valid(l.text):
		return bad(errors.New("a source text must be UTF-8"))
	case p.Lines:
		return []item{{line: l.n, source: p.vocabulary.EncodeMax(string(l.text), p.MaxSource)}}
	}
	examples, err := p.Task.DecodeLine(l.text, "input", l.n)
	if err != nil {
		return bad(err)
	}
	var items []item
	for _, x := range p.Task.Evaluation(examples) {
		source, _ := train.EncodeSource(p.Task, x, p.Format, p.vocabulary, p.MaxSource)
		items = append(items, item{line: l.n, x: x, source: source})
	}
	return items
}

// write predicts and writes a batch's items, and counts the bad ones.
func (p *Predictor) write(ctx context.Context, items []item, out io.Writer) (bad int, err error) {
	var examples []train.Pair
	for _, it := range items {
		if it.err == nil {
			examples = append(examples, train.Pair{Source: it.source})
		}
	}
	decoded, err := p.evaluator.Predict(ctx, nil, examples)
	if err != nil {
		return 0, err
	}
	var scores [][]float64
	if p.scorer != nil {
		if scores, err = p.scorer.probabilities(ctx, examples); err != nil {
			return 0, err
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	next := 0
	for _, it := range items {
		if it.err != nil {
			bad++
			err = encoder.Encode(badLine{it.line, it.err.Error()})
		} else {
			prediction := p.prediction(it, train.Decode(p.Task, p.Format, p.vocabulary, decoded[0][next], p.MaxTokens))
			if scores != nil {
				prediction.Scores = make(map[string]float64)
				for class, name := range p.Task.Classes {
					prediction.Scores[name] = scores[next][class]
				}
			}
			next++
			err = encoder.Encode(prediction)
		}
		if err != nil {
			return bad, err
		}
	}
	return bad, nil
}

func (p *Predictor) prediction(it item, text string) Prediction {
	prediction := Prediction{Line: it.line, Text: text}
	class, _ := p.Task.ParseTarget(text, p.Format)
	if it.x != nil {
		prediction.ID, class = it.x.ID(), p.Task.Answer(it.x, p.Format, text)
	}
	if class >= 0 && class < len(p.Task.Classes) { // ReCoRD has no classes
		prediction.Label = &p.Task.Classes[class]
	}
	return prediction
}
