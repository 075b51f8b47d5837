// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/prompt"
)

// gatedPT is prompt tuning with a trained factor for each vector: P = diag(g)·E.
type gatedPT struct {
	Length int `json:"length"`
}

func (gatedPT) Name() string   { return "gated PT" }
func (m gatedPT) Vectors() int { return m.Length }

// Init draws E [c, e] and g [c, 1] from [-0.5, 0.5).
func (m gatedPT) Init(b prompt.Backbone, random *rand.Rand) ([]prompt.Variable, error) {
	vectors, err := prompt.Uniform.Variable("E", random, 1, m.Length, b.DModel)
	if err != nil {
		return nil, err
	}
	gates, err := prompt.Uniform.Variable("g", random, 1, m.Length, 1)
	return []prompt.Variable{vectors, gates}, err
}

// Prompt builds P [c, e].
func (gatedPT) Prompt(v prompt.Variables) *Node { return Mul(v("E"), v("g")) }

var _ = prompt.Register(gatedPT{Length: 20})

// A method of your own has a name, its number of vectors, its trained variables and a graph that makes P of them. Once
// it is registered, records, stored prompts and lists of experiments name it as they name the paper's.
func Example() {
	for _, text := range []string{`{"name": "gated PT", "length": 5}`, `{"name": "gated PT"}`} {
		var spec prompt.Spec
		if err := json.Unmarshal([]byte(text), &spec); err != nil {
			panic(err)
		}
		fmt.Println(spec.Name(), "with", spec.Vectors(), "vectors")
	}
	// Output:
	// gated PT with 5 vectors
	// gated PT with 20 vectors
}
