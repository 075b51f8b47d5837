// SPDX-License-Identifier: Apache-2.0

package predict

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/safetensors"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// answered is a line of a Predictor's output.
type answered struct {
	Prediction
	Error string
}

// predictor is of the toy T5, untrained, with a prompt of 3 vectors.
func predictor(t testing.TB, spec Spec) (*Predictor, *t5.Model, *tokenizer.Tokenizer) {
	t.Helper()
	m, err := toy.Untrained(cases.Backend(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := toy.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, 3*m.DModel)
	for i := range values {
		values[i] = float32(math.Sin(float64(i)))
	}
	spec.MaxSource = 64
	p, err := NewPredictor(cases.Backend(t), prompt.Backbone{Model: m, Vocabulary: tok}, promptOf(3, m.DModel, values),
		spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, m, tok
}

// promptOf is a prompt of the given elements, row after row.
func promptOf(length, width int, values []float32) *prompt.Trained {
	p := safetensors.Tensor{Name: "prompt", DType: safetensors.Float32, Shape: []int{length, width}}
	for _, x := range values {
		p.Data = binary.LittleEndian.AppendUint32(p.Data, math.Float32bits(x))
	}
	return prompt.FromTensors(nil, []safetensors.Tensor{p})
}

func answers(t testing.TB, p *Predictor, input string) (lines []answered, bad int) {
	t.Helper()
	var out bytes.Buffer
	bad, err := p.Run(context.Background(), strings.NewReader(input), &out)
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var a answered
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, a)
	}
	return lines, bad
}

// Each line has its answer or its error in its place; other lines do not notice.
func TestPredictBadLines(t *testing.T) {
	p, _, _ := predictor(t, Spec{Task: cases.Task(t, "RTE"), BatchSize: 4})
	row := func(idx int) string {
		return fmt.Sprintf(`{"premise": "It rained %d days.", "hypothesis": "it rained", "idx": %d}`, idx, idx)
	}
	input := strings.Join([]string{
		row(7), `{"premise": `, row(7) /* idx again */, "[]",
		`{"question": "q", "passage": "p", "idx": 1, "label": true}`,
		`{"premise": "` + "\xff" + `", "hypothesis": "h", "idx": 2}`, strings.Repeat("x", maxLine+1), row(8) + "\r",
		row(9) + row(9),
		`{"premise": "p", "hypothesis": "h", "idx": 3, "label": "neutral"}`, row(10), // no line feed after it
	}, "\n")
	want := []string{"", `"premise"`, "", "JSON object", `"label"`, `"premise"`, "bytes", "", "another value",
		`"label"`, ""}
	lines, bad := answers(t, p, input)
	if len(lines) != len(want) || bad != 7 {
		t.Fatalf("there must be %d answers and 7 bad lines, found %d and %d", len(want), len(lines), bad)
	}
	for i, a := range lines {
		if a.Line != i+1 || (a.Error == "") != (want[i] == "") || !strings.Contains(a.Error, want[i]) {
			t.Errorf("line %d: error must contain %q, found %+v", i+1, want[i], a)
		}
	}
	if lines[0].ID != "7" || lines[10].ID != "10" || lines[0].Text != lines[2].Text {
		t.Errorf("answers %+v, %+v, %+v", lines[0], lines[2], lines[10])
	}
	if lines, bad := answers(t, p, ""); len(lines)+bad != 0 {
		t.Errorf("no input gave %v", lines)
	}
	if lines, bad := answers(t, p, "\ufeff\n\n"+row(7)+"\n \r\n"); bad != 0 || len(lines) != 1 || lines[0].Line != 3 {
		t.Errorf("one row on line 3 among blank lines gave %+v", lines)
	}
}

// What a row is answered does not depend on the batches, and is the Evaluator's.
func TestPredictOrder(t *testing.T) {
	task := cases.Task(t, "CB")
	examples := cases.Rows(t, 13)
	var input strings.Builder
	for _, x := range examples {
		if err := json.NewEncoder(&input).Encode(map[string]any{"premise": x.(superglue.CB).Premise,
			"hypothesis": x.(superglue.CB).Hypothesis, "idx": x.(superglue.CB).Index}); err != nil {
			t.Fatal(err)
		}
	}
	var first []answered
	for _, size := range []int{1, 8} {
		p, _, tok := predictor(t, Spec{Task: task, BatchSize: size, MaxTokens: 5})
		lines, bad := answers(t, p, input.String())
		if len(lines) != len(examples) || bad != 0 {
			t.Fatalf("there must be %d answers, found %d and %d bad", len(examples), len(lines), bad)
		}
		decoded, err := p.evaluator.Predict(context.Background(), nil,
			cases.Must(train.NewDataset(task, superglue.Format{}, nil, examples, tok, 64)).Dev.Pairs)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range lines {
			want := tok.Decode(decoded[0][i])
			if len(decoded[0][i]) == 5 {
				want += "…"
			}
			if a.Line != i+1 || a.ID != examples[i].ID() || a.Text != want {
				t.Errorf("batches of %d, line %d: %+v, want %q", size, i+1, a, want)
			}
			if first != nil && a.Text != first[i].Text {
				t.Errorf("line %d: %q in batches of %d, %q alone", i+1, a.Text, size, first[i].Text)
			}
		}
		first = lines
	}
}

// Scores sum to 1, and the logarithm of two classes' ratio is the difference of their texts' losses, as t5.Loss
// computes them for an example alone and without padding, within 1e-3 nats.
func TestPredictScores(t *testing.T) {
	p, m, tok := predictor(t, Spec{Task: cases.Task(t, "CB"), Format: superglue.Format{Labels: superglue.Words},
		BatchSize: 4, Lines: true, Scores: true})
	sources := []string{"", "a longer source, of more tokens than the other has"}
	lines, _ := answers(t, p, strings.Join(sources, "\n")+"\n")
	if len(lines) != len(sources) {
		t.Fatalf("there must be %d answers, found %d", len(sources), len(lines))
	}
	for i, source := range sources {
		losses, sum, best := map[string]float64{}, 0.0, ""
		for _, name := range p.Task.Classes {
			ids := tok.Encode(name)
			loss, err := model.CallOnce(cases.Backend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
				encoded := m.Encode(m.Scope(), in[0], OnesLike(GreaterOrEqual(in[0], in[0])),
					m.Store.GetVariable("/prompt/0/prompt").NodeValue(in[0].Graph()), nil)
				return t5.Loss(m.Decode(m.Scope(), encoded, in[1], nil), in[1])
			}, [][]int32{tok.Encode(source)}, [][]int32{ids})
			if err != nil {
				t.Fatal(err)
			}
			losses[name] = float64(loss.Value().(float32)) * float64(len(ids))
			sum += lines[i].Scores[name]
			if best == "" || losses[name] < losses[best] {
				best = name
			}
		}
		if !(math.Abs(sum-1) <= 1e-12) {
			t.Errorf("%q: scores must sum to 1, found %v", source, sum)
		}
		for name, loss := range losses {
			got, want := math.Log(lines[i].Scores[name]/lines[i].Scores[best]), losses[best]-loss
			if math.Abs(got-want) > 1e-3 || lines[i].Scores[name] > lines[i].Scores[best] {
				t.Errorf("%q: %s over %s must be %g nats, found %g", source, name, best, want, got)
			}
		}
	}
}

// MultiRC has an example for each answer, ReCoRD for each query; WSC's label is whether the text names the candidate.
func TestPredictOtherTasks(t *testing.T) {
	for name, c := range map[string]struct {
		row string
		ids []string
	}{
		"MultiRC": {`{"idx": 4, "passage": {"text": "p", "questions": [{"question": "q", "idx": 2, "answers": [{"text": "a", "idx": 1}, {"text": "b", "idx": 3}]}]}}`, []string{"4/2/1", "4/2/3"}},
		"ReCoRD":  {`{"idx": 4, "passage": {"text": "Bea left", "entities": [{"start": 0, "end": 2}]}, "qas": [{"idx": 1, "query": "@placeholder"}, {"idx": 2, "query": "it was @placeholder"}]}`, []string{"4/1", "4/2"}},
		"WSC":     {`{"text": "Bea won since she ran .", "target": {"span1_index": 0, "span1_text": "Bea", "span2_index": 3, "span2_text": "she"}, "idx": 5}`, []string{"5"}},
	} {
		p, _, _ := predictor(t, Spec{Task: cases.Task(t, name), BatchSize: 3, MaxTokens: 4})
		lines, bad := answers(t, p, c.row+"\nno row\n"+c.row+"\n")
		if bad != 1 || len(lines) != 2*len(c.ids)+1 {
			t.Fatalf("%s: %d bad lines, %+v", name, bad, lines)
		}
		for i, id := range c.ids {
			if lines[i].ID != id || lines[i].Line != 1 || lines[len(c.ids)+1+i].Line != 3 {
				t.Errorf("%s: example %s: %+v", name, id, lines)
			}
		}
		if name == "WSC" {
			x := item{x: mustRow(t, p.Task, c.row)}
			if label := p.prediction(x, "the Bea").Label; label == nil || *label != "True" {
				t.Error("WSC: a text that names the candidate must be True")
			}
		}
	}
}

func mustRow(t *testing.T, task superglue.Task, row string) superglue.Example {
	examples, err := task.DecodeLine([]byte(row), "row", 1)
	if err != nil {
		t.Fatal(err)
	}
	return examples[0]
}

// The label is the class's name, in either of the formats' labels, and none for other text.
func TestPredictLabel(t *testing.T) {
	task := cases.Task(t, "RTE")
	for _, c := range []struct {
		labels superglue.Labels
		text   string
		want   string
	}{{superglue.Digits, " 1", "not_entailment"}, {superglue.Digits, "entailment", ""},
		{superglue.Words, "entailment", "entailment"}, {superglue.Words, "1", ""}} {
		p := &Predictor{Spec: Spec{Task: task, Format: superglue.Format{Labels: c.labels}}}
		got := ""
		if label := p.prediction(item{}, c.text).Label; label != nil {
			got = *label
		}
		if got != c.want {
			t.Errorf("%s %q: label %q, want %q", c.labels, c.text, got, c.want)
		}
	}
}

// An answer comes before the next line is written, as after tail -f.
func TestPredictStreams(t *testing.T) {
	p, _, _ := predictor(t, Spec{Task: cases.Task(t, "CB"), BatchSize: 8, Lines: true})
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := p.Run(context.Background(), inRead, outWrite)
		outWrite.CloseWithError(err)
		done <- err
	}()
	out := bufio.NewReader(outRead)
	for i := range 3 {
		fmt.Fprintf(inWrite, "source %d\n", i)
		if line, err := out.ReadString('\n'); err != nil || !strings.Contains(line, fmt.Sprintf(`"line":%d`, i+1)) {
			t.Fatalf("answer %d: %q, %v", i+1, line, err)
		}
	}
	inWrite.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Of 10,000 lines no more are read ahead of their answers than a batch, one on its way and what a buffer of 64 KiB
// holds.
func TestPredictReadsNoFurther(t *testing.T) {
	p, _, _ := predictor(t, Spec{Task: cases.Task(t, "CB"), BatchSize: 500, Lines: true, MaxTokens: 1})
	const n, width = 10_000, 1000
	in := &counted{from: strings.NewReader(strings.Repeat(strings.Repeat(" ", width-4)+"end\n", n))}
	answered, most := 0, 0
	bad, err := p.Run(context.Background(), in, writerFunc(func(data []byte) (int, error) {
		most = max(most, int(in.bytes.Load())-answered*width)
		answered += bytes.Count(data, []byte("\n"))
		return len(data), nil
	}))
	if err != nil || bad != 0 || answered != n {
		t.Fatalf("%d answers, %d bad lines, %v", answered, bad, err)
	}
	if limit := (2*p.BatchSize+1)*width + 2<<16; most > limit {
		t.Errorf("%d bytes were read ahead, more than %d", most, limit)
	}
}

// counted counts the bytes that are read, on one goroutine, for another.
type counted struct {
	from  io.Reader
	bytes atomic.Int64
}

func (c *counted) Read(data []byte) (int, error) {
	n, err := c.from.Read(data)
	c.bytes.Add(int64(n))
	return n, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(data []byte) (int, error) { return f(data) }

func TestPredictFailures(t *testing.T) {
	p, m, tok := predictor(t, Spec{Task: cases.Task(t, "CB"), BatchSize: 2, Lines: true})
	broken := errors.New("broken")
	var out bytes.Buffer
	in := io.MultiReader(strings.NewReader("one\n"), iotest.ErrReader(broken))
	if _, err := p.Run(context.Background(), in, &out); !errors.Is(err, broken) ||
		!strings.Contains(out.String(), `"line":1`) {
		t.Errorf("a broken input, after %q: %v", out.String(), err)
	}
	full := writerFunc(func([]byte) (int, error) { return 0, os.ErrClosed })
	if _, err := p.Run(context.Background(), strings.NewReader("one\n"), full); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed output: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	forever, _ := io.Pipe()
	if _, err := p.Run(ctx, forever, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt while the input is silent: %v", err)
	}
	lines, bad := answers(t, p, "\xff\nfine\n")
	if bad != 1 || len(lines) != 2 || !strings.Contains(lines[0].Error, "UTF-8") {
		t.Errorf("a source that is not UTF-8: %+v", lines)
	}
	for _, spec := range []Spec{
		{Task: cases.Task(t, "WSC"), MaxSource: 9, BatchSize: 1, Scores: true},
		{Task: cases.Task(t, "CB"), MaxSource: 0, BatchSize: 1}, {Task: cases.Task(t, "CB"), MaxSource: 9},
	} {
		if _, err := NewPredictor(cases.Backend(t), prompt.Backbone{Model: m, Vocabulary: tok}, prompt.None{},
			spec); err == nil {
			t.Errorf("%+v must be refused", spec)
		}
	}
}
