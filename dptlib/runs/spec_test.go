// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
)

func backend() (compute.Backend, error) { return pjrt.Backend() }

// TestGoldenIDs pins the ID of one spec of each method. An ID may change only with [Version]: a renamed field, or one
// that was moved or added without omitempty, would make all stored records another's.
func TestGoldenIDs(t *testing.T) {
	golden := map[string]string{
		"DPT": "1ca62663fb42e1eb", "PT": "100c84e28e75757d", "Residual PT": "77910444ac48e52f",
		"rank probe":  "a35dd5053f27a827",
		"Fine-tuning": "8d677c1ff1c9af6c",
	}
	for name, want := range golden {
		spec := Spec{Version: Version, Model: "model", Data: "data", Text: Text{"CB", superglue.Format{}, 256}}
		spec.Method.Method = cases.Must(prompt.Named(name))
		spec.Recipe = train.PaperRecipe
		if got := spec.ID(); got != want {
			t.Errorf("%s: the ID of version %d must be %s, found %s: raise Version, and then change this test", name,
				Version, want, got)
		}
	}
	if plain, all := (Spec{}), train.PaperRecipe; true { // every optional field makes another run
		plain.Method.Method, plain.Recipe = prompt.FineTuning{}, all
		for what, change := range map[string]func(*Spec){
			"version": func(s *Spec) { s.Version++ }, "code": func(s *Spec) { s.Code = "x" }, "init": func(s *Spec) { s.Init = "x" },
			"few_shot": func(s *Spec) { s.FewShot = 8 }, "shuffle_labels": func(s *Spec) { s.ShuffleLabels = true },
			"updates": func(s *Spec) { s.Recipe.Updates = 1 }, "evaluate_every": func(s *Spec) { s.Recipe.EvaluateEvery = 1 },
			"holdout":    func(s *Spec) { s.Recipe.Holdout = 1 },
			"half-split": func(s *Spec) { s.Recipe.HalfSplit = true }, "patience": func(s *Spec) { s.Recipe.Patience = 1 },
			"rows":    func(s *Spec) { s.Rows = "x" },
			"rescore": func(s *Spec) { s.Rescore.Rank = 1 },
		} {
			other := plain
			if change(&other); other.ID() == plain.ID() {
				t.Errorf("another %s must be another run", what)
			}
		}
	}
}

// mine is a method that is not part of the module, as far as its code goes: its formula changes with a variable that
// its JSON does not have.
type mine struct {
	Length int
}

var power = 1.0

func (mine) Name() string   { return "mine" }
func (m mine) Vectors() int { return m.Length }

func (m mine) Init(b prompt.Backbone, random *rand.Rand) ([]prompt.Variable, error) {
	p, err := prompt.Gaussian.Variable("P", random, 1, m.Length, b.DModel)
	return []prompt.Variable{p}, err
}

func (mine) Prompt(v prompt.Variables) *Node {
	return Mul(v("P"), PowScalar(AddScalar(Abs(v("P")), 1), power))
}

var _ = prompt.Register(mine{Length: 3})

// A method's code is told from another's by what it computes, regardless of its name and fields.
func TestBehaviour(t *testing.T) {
	first := cases.Must(behaviourOf(mine{Length: 3}))
	if again := cases.Must(behaviourOf(mine{Length: 3})); again != first {
		t.Errorf("equal code gives %s and %s", first, again)
	}
	power = 1.1
	defer func() { power = 1 }()
	if changed := cases.Must(behaviourOf(mine{Length: 3})); changed == first {
		t.Error("another formula was not noticed")
	}
	// nor does it matter what a method changes
	if _, err := behaviourOf(cases.Must(prompt.Named("(IA)3"))); err != nil {
		t.Error(err)
	}
	if _, err := behaviourOf(broken{"Prompt"}); err == nil || !strings.Contains(err.Error(), "no Prompt") {
		t.Errorf("the error must have what the method panics with, found %v", err)
	}
	if code := cases.Must(codeOf(prompt.DPT{Length: 3, Bottleneck: 1, Start: prompt.Uniform})); code != "" {
		t.Errorf("the module's own methods need no code, found %s", code)
	}
}

// TestCommit: a stamped build names its commit; go test, which stamps none, asks the source's repository.
func TestCommit(t *testing.T) {
	stamps := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}
	if got := stamped(stamps); got != "abc-dirty" {
		t.Errorf("found %s", got)
	}
	if got := stamped(stamps[:1]); got != "abc" {
		t.Errorf("found %s", got)
	}
	if got := stamped(nil); got != "" {
		t.Errorf("found %s", got)
	}
	if got := Commit(); got == "unknown" || len(strings.TrimSuffix(got, "-dirty")) != 40 {
		t.Errorf("in a repository the commit must be known, found %s", got)
	}
}
