// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/prompt"
)

// tanh is a method of one's own: P = tanh(A·B)ᵀ.
type tanh struct {
	Length, Bottleneck int
	Layers             []string
}

func (tanh) Name() string   { return "tanh DPT" }
func (m tanh) Vectors() int { return m.Length }

func (m tanh) Init(b prompt.Backbone, random *rand.Rand) ([]prompt.Variable, error) {
	return prompt.DPT{Length: m.Length, Bottleneck: m.Bottleneck, Start: prompt.Uniform}.Init(b, random)
}

func (tanh) Prompt(v prompt.Variables) *Node {
	return Tanh(Dot(v("B"), v("A")).General([]int{0}, nil, []int{1}, nil))
}

var _ = prompt.Register(tanh{Length: 20, Bottleneck: 10, Layers: []string{"a", "b"}})

// A method is written as its name and fields, and read back as what it was; fields that are left out are the registered
// defaults.
func TestSpecJSON(t *testing.T) {
	for text, want := range map[string]prompt.Method{
		`{"name":"DPT","length":7,"bottleneck":2,"start":"uniform"}`: prompt.DPT{Length: 7, Bottleneck: 2,
			Start: prompt.Uniform},
		`{"name":"Fine-tuning"}`:                        prompt.FineTuning{},
		`{"name":"PT","length":100,"start":"frequent"}`: prompt.PT{Length: 100, Start: prompt.Frequent},
	} {
		var spec prompt.Spec
		if err := json.Unmarshal([]byte(text), &spec); err != nil || spec.Method != want {
			t.Errorf("%s: read as %+v (%v)", text, spec.Method, err)
		}
		if back, err := json.Marshal(prompt.Spec{Method: want}); err != nil || string(back) != text {
			t.Errorf("%+v: written as %s (%v), want %s", want, back, err, text)
		}
	}
	var spec prompt.Spec
	if err := json.Unmarshal([]byte(`{"name":"DPT","length":7}`), &spec); err != nil ||
		spec.Method != (prompt.DPT{Length: 7, Bottleneck: 10, Start: prompt.Uniform}) {
		t.Errorf("read as %+v (%v), want the paper's bottleneck and start", spec.Method, err)
	}
	for text, want := range map[string]string{
		`{"name":"DPT","rank":7}`:               "rank",
		`{"name":"DPT","Length":7}`:             "Length",
		`{"name":"DPT","length":7,"length":8}`:  "length",
		`{"length":7}`:                          "name",
		`{"name":"DPT","length":"seven"}`:       "length",
		`"DPT"`:                                 "object",
		`{"name":"Fine-tuning","bottleneck":3}`: "bottleneck",
	} {
		if err := json.Unmarshal([]byte(text), &spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error must name %q, found %v", text, want, err)
		}
	}
}

// What one experiment sets never changes the registered defaults.
func TestDefaultsStay(t *testing.T) {
	for range 2 {
		var changed, unchanged prompt.Spec
		if err := json.Unmarshal([]byte(`{"name":"tanh DPT","Layers":["x","y"]}`), &changed); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(`{"name":"tanh DPT"}`), &unchanged); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(changed.Method, unchanged.Method); got != "{20 10 [x y]} {20 10 [a b]}" {
			t.Fatalf("got %s", got)
		}
	}
}

// A method that is not registered is read, written back as it was, and refused only where it would have to do
// something.
func TestUnknownMethod(t *testing.T) {
	const text = `{"name":"LoRA of mine","rank":8,"Length":3,"nested":{"b":1,"a":[2]}}`
	var spec prompt.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(spec); err != nil || string(back) != text {
		t.Errorf("written back as %s (%v)", back, err)
	}
	if spec.Name() != "LoRA of mine" || spec.Vectors() != 3 {
		t.Errorf("%s has %d vectors", spec.Name(), spec.Vectors())
	}
	if _, err := spec.Init(prompt.Backbone{}, nil); err == nil || !strings.Contains(err.Error(), "Register") ||
		!strings.Contains(err.Error(), spec.Name()) {
		t.Errorf("the error must say what to register, found %v", err)
	}
	if err := prompt.CheckRegistered(spec.Method); err == nil {
		t.Error("an unknown method must not pass as registered")
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{"dpt": "DPT", "residual": "Residual PT", "residual-pt": "Residual PT",
		"FINETUNING": "Fine-tuning", "Rank Probe": "rank probe"} {
		if m, err := prompt.Named(name); err != nil || m.Name() != want {
			t.Errorf("%s: %v (%v), want %s", name, m, err, want)
		}
	}
	for _, name := range []string{"", "x", "-"} {
		if m, err := prompt.Named(name); err == nil {
			t.Errorf("%q names %s", name, m.Name())
		}
	}
}

// thief takes DPT's name; nameless embeds DPT and forgets to have one of its own.
type (
	thief    struct{ tanh }
	nameless struct{ prompt.DPT }
	hidden   struct {
		tanh
		size int
	}
)

func (thief) Name() string  { return "d.P.t" }
func (hidden) Name() string { return "hidden" }

func TestRegisterRefuses(t *testing.T) {
	for what, method := range map[string]prompt.Method{
		"a taken name": thief{}, "no name of its own": nameless{}, "a pointer": &tanh{},
		"a field that JSON cannot hold": hidden{size: 3},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was registered", what)
				}
			}()
			prompt.Register(method)
		}()
	}
	if err := prompt.CheckRegistered(nameless{}); err == nil || !strings.Contains(err.Error(), "Name of its own") {
		t.Errorf("a type that embeds DPT must not pass as DPT, found %v", err)
	}
	if err := prompt.CheckRegistered(tanh{}); err != nil {
		t.Error(err)
	}
	if err := prompt.CheckRegistered(tanh{Layers: []string{}}); err != nil {
		t.Errorf("an empty list is as good as none: %v", err)
	}
	for _, method := range []prompt.Method{prompt.DPT{Length: 3, RateB: math.NaN()}, prompt.LoRA{Alpha: math.Inf(1)},
		tanh{Layers: []string{"\xff"}}, prompt.PT{Start: "text:\xff"}} {
		err := prompt.CheckRegistered(method)
		if err == nil || !strings.Contains(err.Error(), "method "+method.Name()+": its fields") {
			t.Errorf("%+v: the error must name the method, found %v", method, err)
		}
	}
	if prompt.Foreign(prompt.DPT{}) {
		t.Error("DPT is this module's own")
	}
}
