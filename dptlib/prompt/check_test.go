// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/safetensors"
)

// wrong is a method of one's own that gets something wrong.
type wrong struct {
	vectors int
	names   []string // of variables [3, e]
	prompt  func(v prompt.Variables) *Node
}

func (wrong) Name() string   { return "wrong" }
func (w wrong) Vectors() int { return w.vectors }

func (w wrong) Init(b prompt.Backbone, random *rand.Rand) (list []prompt.Variable, err error) {
	for _, name := range w.names {
		if name == "broken" {
			panic("out of order")
		}
		v, err := prompt.Uniform.Variable(name, random, 1, 3, b.DModel)
		if err != nil {
			return nil, err
		}
		if name == "none" {
			v.Value = nil
		} else if name == "whole" {
			v.Value = tensors.FromScalar(int32(3))
		}
		list = append(list, v)
	}
	return list, nil
}

func (w wrong) Prompt(v prompt.Variables) *Node { return w.prompt(v) }

// wrongInput and wrongWeight are wrong in a hook.
type (
	wrongInput  struct{ wrong }
	wrongWeight struct{ wrong }
)

func (wrongInput) Input(v prompt.Variables, in prompt.Input) (embeddings, p *Node) {
	return in.Embeddings, Concatenate([]*Node{in.Prompt, in.Prompt}, 0)
}

func (wrongWeight) Weight(_ prompt.Variables, _ string, w *Node) *Node { return Reshape(w, -1) }

// What a method of one's own gets wrong is found before it is trained.
func TestCheck(t *testing.T) {
	b := cases.Backbone(t)
	first := func(v prompt.Variables) *Node { return v("E") }
	right := wrong{3, []string{"E"}, first}
	for want, method := range map[string]prompt.Method{
		"":                                 right,
		`named "prompt"`:                   wrong{3, []string{"E", "prompt"}, first},
		`named "__metadata__"`:             wrong{3, []string{"E", "__metadata__"}, first},
		`two named "E"`:                    wrong{3, []string{"E", "E"}, first},
		`slashes, found "a/b"`:             wrong{3, []string{"E", "a/b"}, first},
		`slashes, found ""`:                wrong{3, []string{"E", ""}, first},
		`slashes, found "\xff"`:            wrong{3, []string{"E", "\xff"}, first},
		"variable none must":               wrong{3, []string{"E", "none"}, first},
		"variable whole must have a value": wrong{3, []string{"E", "whole"}, first},
		"out of order":                     wrong{3, []string{"E", "broken"}, first},
		`no variable "F"`:                  wrong{3, []string{"E"}, func(v prompt.Variables) *Node { return v("F") }},
		"[2 24], as Vectors says, found":   wrong{2, []string{"E"}, first},
		"[0 24], as Vectors says, found":   wrong{0, []string{"E"}, first},
		"[3 24], as Vectors says, found none": wrong{3, []string{"E"},
			func(prompt.Variables) *Node { return nil }},
		"check_test.go:": wrong{3, []string{"E"},
			func(prompt.Variables) *Node { return []*Node{}[b.DModel] }},
		"found (Float32)[6, 24]":                               wrongInput{right},
		"Weight must return shared.weight as a (Float32)[2304": wrongWeight{right},
	} {
		err := prompt.Check(cases.Backend(t), b, method, rand.New(rand.NewPCG(1, 2)))
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "method wrong: ")):
			t.Errorf("the error must name the method and have %q, found %v", want, err)
		}
	}
	for _, method := range prompt.Names() { // the program's own are right
		if err := prompt.Check(cases.Backend(t), b, cases.Must(prompt.Named(method)),
			rand.New(rand.NewPCG(1, 2))); err != nil {
			t.Error(err)
		}
	}
}

// A method that was not checked is named when a graph is built, whatever it panics with.
func TestPanicNamesMethod(t *testing.T) {
	method := wrong{3, []string{"E"}, func(prompt.Variables) *Node { panic("no prompt") }}
	_, err := prompt.Initial(cases.Backend(t), cases.Backbone(t), method, rand.New(rand.NewPCG(1, 2)))
	if err == nil || !strings.Contains(err.Error(), "method wrong: its graph could not be made: no prompt") {
		t.Errorf("the error must name the method, found %v", err)
	}
}

// Sizes that no memory holds are errors, before anything is allocated, and whatever their product overflows to.
func TestHugeSizes(t *testing.T) {
	b := cases.Backbone(t)
	text := prompt.DecomposedText("is it true?")
	for _, n := range []int{9007199254740993, 4611686018427387904, 100_000_000_000, 1 << 62, 1<<63 - 1} {
		for want, methods := range map[string][]prompt.Method{
			"P": {
				prompt.PT{Length: n, Start: prompt.Frequent}, prompt.PT{Length: n, Start: prompt.NoWords},
				prompt.ResidualPT{Length: n, Bottleneck: 2, Start: prompt.AllRows},
				prompt.SMoP{Length: n, Prompts: 4},
			},
			"A": {
				prompt.DPT{Length: 4, Bottleneck: n, Start: prompt.Uniform},
				prompt.DPT{Length: 4, Bottleneck: n, Start: text},
				prompt.DePT{Length: 4, Bottleneck: n, MaxSource: 32, Start: prompt.Frequent},
				prompt.DePT{Length: 4, Bottleneck: 2, MaxSource: n, Start: prompt.Frequent},
				prompt.PTMoE{Length: 4, Bottleneck: n, Prompts: 2, Start: prompt.Uniform},
				prompt.PTMoE{Length: n, Bottleneck: 4, Prompts: 4, Start: text},
			},
			"B": {
				prompt.DPT{Length: n, Bottleneck: 2, Start: prompt.Uniform},
				prompt.DPT{Length: n, Bottleneck: 2, Start: text},
			},
			"V": {prompt.RankProbe{Length: n, Start: prompt.OnesSigma}},
			"E": {prompt.PTuning{Length: n}},
			"R": {
				prompt.ULPT{Length: 4, Bottleneck: n, Bases: 4, Basis: prompt.Xavier},
				prompt.ULPT{Length: 4, Bottleneck: n, Basis: prompt.SingularVectors},
			},
			"W": {prompt.SuperPos{Length: n, Tokens: 4}, prompt.SuperPos{Length: 4, Tokens: n}},
			"W1": {prompt.ResidualPT{Length: 4, Bottleneck: n, Start: prompt.Frequent},
				prompt.ADePT{Length: 4, Bottleneck: n, Start: prompt.Frequent}, prompt.PTuning{Length: 4, Hidden: n}},
			"encoder.block.0.layer.0.SelfAttention.q.lora_A.weight": {prompt.LoRA{Rank: n, Alpha: 1}},
		} {
			for _, method := range methods {
				_, err := prompt.Install(b, []prompt.Method{method}, []*rand.Rand{rand.New(rand.NewPCG(1, 2))})
				if err == nil || !strings.Contains(err.Error(), "variable "+want+" must have at most 268435456 ele") ||
					!strings.HasPrefix(err.Error(), "method "+method.Name()+": ") {
					t.Errorf("%+v: the error must name the method and its variable %s, found %v", method, want, err)
				}
			}
		}
	}
}

// Stored weights of a model of another shape are refused by the names of their file and of a tensor.
func TestStoredForAnotherModel(t *testing.T) {
	backend, small := cases.Backend(t), cases.Backbone(t)
	other := func(change func(c *t5.Config)) prompt.Backbone {
		config := small.Config
		change(&config)
		return prompt.Backbone{Model: cases.Must(t5.Random(backend, config, dtypes.Float32, 1))}
	}
	wider := other(func(c *t5.Config) { c.DModel = 32 })
	deeper := other(func(c *t5.Config) { c.Layers = 2 })
	for _, method := range []prompt.Method{prompt.LoRA{Rank: 2, Alpha: 2}, prompt.IA3{}, prompt.FineTuning{}} {
		load := func(b prompt.Backbone) *prompt.Trained {
			path := filepath.Join(t.TempDir(), "stored.safetensors")
			if err := captured(t, b, method).Write(path, nil); err != nil {
				t.Fatal(err)
			}
			return cases.Must(prompt.Load(path))
		}
		stored := load(small)
		if _, err := prompt.Install(small, []prompt.Method{stored}, nil); err != nil {
			t.Error(err)
		}
		for _, c := range []struct {
			stored *prompt.Trained
			on     prompt.Backbone
			want   string
		}{
			{stored, deeper, "encoder.block.1.layer.0."},
			{load(deeper), small, "encoder.block.1.layer.0."},
			{stored, wider, "needs the shape [32 "},
		} {
			if method == (prompt.IA3{}) && c.on == wider {
				continue // its factors do not depend on the width
			}
			_, err := prompt.Install(c.on, []prompt.Method{c.stored}, nil)
			if want := strings.Replace(c.want, "[32 ", wanted[method.Name()], 1); err == nil ||
				!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "stored.safetensors: ") {
				t.Errorf("%s: the error must name the file and have %q, found %v", method.Name(), want, err)
			}
		}
	}
	narrow := prompt.FromTensors(prompt.SMoP{Length: 2, Prompts: 2}, []safetensors.Tensor{})
	if _, err := narrow.Init(small, nil); err == nil || !strings.Contains(err.Error(), `["P" "W"]`) {
		t.Errorf("the error must name what is lacking, found %v", err)
	}
}

// wanted begins the shape on a model of width 32 of the first tensor that depends on the width.
var wanted = map[string]string{"LoRA": "[2 32]", "Fine-tuning": "[16 32]"}

// A vocabulary whose </s> is not config.json's is another model's.
func TestVocabulary(t *testing.T) {
	b := cases.Backbone(t)
	config := b.Config
	config.EOSID = 3
	other := prompt.Backbone{Model: cases.Must(t5.Random(cases.Backend(t), config, dtypes.Float32, 1)),
		Vocabulary: b.Vocabulary}
	if _, err := prompt.Install(other, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "eos_token_id must be the id of the vocabulary's </s>, 1, found 3") {
		t.Errorf("the error must name both ids, found %v", err)
	}
}
