// SPDX-License-Identifier: Apache-2.0

package train

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// TestChoose computes here, from the mean of each source's embeddings, which prompt a router must choose, for runs of
// unequal numbers of rows in one batch with a run that has nothing to choose.
func TestChoose(t *testing.T) {
	m, data, _, _ := toyCase(t)
	const prompts = 3
	router := prompt.SMoP{Length: 2, Prompts: prompts, Noise: 1}
	random := []*rand.Rand{stream(1, initStream, 0), stream(2, initStream, 0), stream(3, initStream, 0)}
	in := cases.Must(prompt.Install(prompt.Backbone{Model: m}, []prompt.Method{router,
		prompt.PT{Length: 3, Start: prompt.Frequent}, router}, random))
	e := cases.Must(NewEvaluator(cases.Backend(t), m, 4, 2, in...))
	defer e.Close()
	pairs := [][]Pair{data.Train.Pairs, data.Dev.Pairs, data.Dev.Pairs}
	got := cases.Must(e.Choose(t.Context(), pairs...))
	if got[1] != nil || len(got[0]) != 21 || len(got[2]) != 10 {
		t.Fatalf("21 and 10 rows have a choice, found %v", got)
	}
	used := map[int32]bool{}
	for _, run := range []int{0, 2} {
		w := tensors.MustCopyFlatData[float32](cases.Must(in[run].Scope().GetVariable("W").Value()))
		for i, p := range pairs[run] {
			logits := make([]float64, prompts)
			for at, x := range cases.Must(m.Embeddings(p.Source)) {
				for k := range logits {
					logits[k] += float64(x) * float64(w[k*m.DModel+at%m.DModel])
				}
			}
			want := int32(slices.Index(logits, slices.Max(logits)))
			if used[want] = true; got[run][i] != want {
				t.Errorf("run %d: row %d must get prompt %d of %v, found %d", run, i, want, logits, got[run][i])
			}
		}
	}
	if len(used) < 2 {
		t.Error("one prompt was chosen for all rows: the test says little")
	}
}

// TestCutOff: a prediction that reads like a label because decoding ended is none; with its </s> it is one.
// HuggingFace's generate, which the released code lets make 128 tokens, would have gone on.
func TestCutOff(t *testing.T) {
	_, data, _, _ := toyCase(t)
	label := data.Task.Targets(data.Format)[1]
	ended := data.Vocabulary.Encode(label)
	ended = ended[:len(ended)-1] // as Generate returns it
	sentinel, _ := data.Vocabulary.ID("<extra_id_0>")
	cut := append(slices.Repeat([]int32{sentinel}, data.maxTokens()-len(ended)), ended...)
	texts := data.Texts([][]int32{ended, cut})
	if class, ok := data.Task.ParseTarget(texts[0], data.Format); !ok || class != 1 {
		t.Errorf("%q must be class 1", texts[0])
	}
	if class, ok := data.Task.ParseTarget(texts[1], data.Format); ok {
		t.Errorf("%q was cut off and is taken for class %d", texts[1], class)
	}
}

// TestMeasure: what is measured is one program, whatever lengths the run's batches have.
func TestMeasure(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	for i := range data.Train.Pairs { // lengths from 2 to 24
		p := &data.Train.Pairs[i]
		p.Source = p.Source[:min(len(p.Source), 2+i)]
	}
	runner := &Runner{Backend: cases.Backend(t)}
	defer runner.Close()
	speed := cases.Must(runner.Measure(t.Context(), []*Job{{ID: "run", Model: m, Data: data, Method: method,
		Recipe: recipe}}))
	if !(speed.FLOPs > 0) || speed.Compile <= 0 || len(runner.compiled.trainer.shapes) != 1 {
		t.Errorf("found %+v, of %d programs", speed, len(runner.compiled.trainer.shapes))
	}
}
