// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5/safetensors"
)

// broken is a method of one's own, of which one function panics.
type broken struct {
	Panics string `json:"panics"`
}

func (broken) Name() string { return "broken" }
func (broken) Vectors() int { return 3 }

func (m broken) Init(b prompt.Backbone, random *rand.Rand) ([]prompt.Variable, error) {
	if m.Panics == "Init" {
		panic("no Init")
	}
	v, err := prompt.Uniform.Variable("E", random, 1, 3, b.DModel)
	return []prompt.Variable{v}, err
}

func (m broken) Prompt(v prompt.Variables) *Node {
	if m.Panics == "Prompt" {
		panic("no Prompt")
	}
	return v("E")
}

var _ = prompt.Register(broken{})

// An experiment that no run can be made of is refused by what is wrong with it, and stops no other.
func TestSweepRefuses(t *testing.T) {
	library, list := sweepCase(t)
	wrong := map[string]func(e *Experiment){
		`"few_shot" must be from 0 to 1073741824, found -1`: func(e *Experiment) { e.FewShot = -1 },
		`"max_source" must be from 1 to 65536, found -1`:    func(e *Experiment) { e.MaxSource = -1 },
		"a batch must have at most 256 rows":                func(e *Experiment) { e.Recipe.BatchSize = 65536 },
		"epochs must be from 0":                             func(e *Experiment) { e.Recipe.Epochs = -1 },
		`a "model", a "task" and a "method"`:                func(e *Experiment) { e.Method.Method = nil },
		"method DPT: its fields must be finite": func(e *Experiment) {
			e.Method.Method = prompt.DPT{Length: 3, Bottleneck: 2, Start: prompt.Uniform, RateB: math.NaN()}
		},
		"variables could not be made: no Init":   func(e *Experiment) { e.Method.Method = broken{"Init"} },
		"its graph could not be made: no Prompt": func(e *Experiment) { e.Method.Method = broken{"Prompt"} },
		"method DPT: variable A must have": func(e *Experiment) {
			e.Method.Method = prompt.DPT{Length: 3, Bottleneck: 9007199254740993, Start: prompt.Uniform}
		},
		"from 0 to 65536 vectors, found 4611686018427387904": func(e *Experiment) {
			e.Method.Method = prompt.PT{Length: 1 << 62, Start: prompt.Frequent}
		},
	}
	all := list[:2:2]
	for _, change := range wrong {
		e := list[0]
		change(&e)
		all = append(all, e)
	}
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	plan := cases.Must(sweep.Plan(all))
	if plan.Runs != 2 || len(plan.Refused) != len(wrong) {
		t.Errorf("%d runs and %d refused", plan.Runs, len(plan.Refused))
	}
	reasons := strings.Join(Reasons(plan.Refused), "\n")
	for want := range wrong {
		if !strings.Contains(reasons, want) {
			t.Errorf("a reason must have %q, found\n%s", want, reasons)
		}
	}
	b, data, recipe := toyCase(t)
	if _, err := NewJob(b.Model, data, Settings{FewShot: -1, Method: prompt.Spec{Method: small}, Recipe: recipe},
		nil); err == nil || !strings.Contains(err.Error(), "few_shot") {
		t.Errorf("a run of -1 rows was made, %v", err)
	}
}

// Whoever opens a model learns what its files hold besides; with the vocabulary of another it is not opened.
func TestModelFiles(t *testing.T) {
	library, list := sweepCase(t)
	dir := list[0].Model
	weights := filepath.Join(dir, "model.safetensors")
	file := cases.Must(safetensors.Open(weights))
	const spare = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
	tensors := []safetensors.Tensor{{Name: spare, DType: safetensors.Float32, Shape: []int{1}, Data: make([]byte, 4)}}
	for _, name := range file.Names() {
		tensor, _ := file.Tensor(name)
		tensor.Data = bytes.Clone(tensor.Data)
		tensors = append(tensors, tensor)
	}
	file.Close()
	if err := safetensors.Write(weights, tensors, nil); err != nil {
		t.Fatal(err)
	}
	var notes []string
	library.Note = func(note string) { notes = append(notes, note) }
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	if plan := cases.Must(sweep.Plan(list)); plan.Runs != len(list) || len(notes) != 1 ||
		!strings.Contains(notes[0], spare) {
		t.Errorf("%d runs and the notes %q", plan.Runs, notes)
	}

	config := filepath.Join(dir, "config.json")
	text := cases.Must(os.ReadFile(config))
	other := bytes.Replace(text, []byte(`"eos_token_id": 1`), []byte(`"eos_token_id": 2`), 1)
	if err := os.WriteFile(config, other, 0o644); err != nil || bytes.Equal(text, other) {
		t.Fatal(err)
	}
	library = &Library{Backend: library.Backend}
	_, err := library.Model(ModelRef{Name: dir})
	for _, err := range append(library.Outline(list[:1], Hardware{}, 0).Refused, err) {
		if err == nil || !strings.Contains(err.Error(), dir) ||
			!strings.Contains(err.Error(), "eos_token_id must be the id of the vocabulary's </s>, 1, found 2") {
			t.Errorf("the error must name the folder and both ids, found %v", err)
		}
	}
}
