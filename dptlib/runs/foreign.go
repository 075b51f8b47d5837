// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/toy"
)

// codeOf identifies the code of a method that is not part of this program, such as one from a notebook's cell, by what
// it computes, so that a run with a formula that has been changed since is another run. It is "" for the program's own
// methods, whose changes [Version] counts.
func codeOf(method prompt.Method) (string, error) {
	if !prompt.Foreign(method) {
		return "", nil
	}
	key, err := json.Marshal(prompt.Spec{Method: method})
	if err != nil {
		return "", err
	}
	codes.Lock()
	defer codes.Unlock()
	code, ok := codes.known[string(key)]
	if !ok {
		behaviour, err := behaviourOf(method)
		if err != nil {
			return "", fmt.Errorf("trying %s on toy-s: %w", method.Name(), err)
		}
		sum := sha256.Sum256([]byte(behaviour))
		code = hex.EncodeToString(sum[:8])
		codes.known[string(key)] = code
	}
	return code, nil
}

var codes = struct {
	sync.Mutex
	known map[string]string
}{known: map[string]string{}}

// behaviourOf describes what a method does to toy-s: its variables, the loss of a fixed batch near its start, and the
// norm of each variable's gradient, to three digits.
func behaviourOf(method prompt.Method) (string, error) {
	backend, err := pjrt.Backend()
	if err != nil {
		return "", err
	}
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		return "", err
	}
	m, err := toy.Load(backend, "toy-s", dtypes.Float32)
	if err != nil {
		return "", err
	}
	random := rand.New(rand.NewPCG(0, 0))
	b := prompt.Backbone{Model: m, Vocabulary: vocabulary}
	if err := prompt.Check(backend, b, method, rand.New(rand.NewPCG(0, 0))); err != nil {
		return "", err
	}
	installed, err := prompt.Install(b, []prompt.Method{method}, []*rand.Rand{random})
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d vectors", method.Vectors())
	for _, v := range installed[0].Variables {
		text += fmt.Sprintf(", %s %s %g %v", v.Name(), v.Shape(), v.Rate, v.Frozen)
		if err := disturb(v.Variable, random); err != nil { // at 0 a product's gradient would say nothing
			return "", err
		}
	}
	exec, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
		return lossAndNorms(m, installed, in[0])
	})
	if err != nil {
		return "", err
	}
	defer exec.Finalize()
	out, err := exec.Call1([][]int32{{11, 203, 47, 318, 29, 1}, {510, 14, 77, 1, 0, 0}})
	if err != nil {
		return "", err
	}
	numbers, err := tensors.CopyFlatData[float32](out)
	return fmt.Sprintf("%s: %.2e", text, numbers), err
}

// disturb adds normal numbers of standard deviation 0.05 to a variable.
func disturb(v *model.Variable, random *rand.Rand) error {
	value, err := v.Value()
	if err != nil {
		return err
	}
	flat, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return err
	}
	for i := range flat {
		flat[i] += float32(0.05 * random.NormFloat64())
	}
	return v.SetValue(tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...))
}

// lossAndNorms builds the loss of sources [b, n] as their own targets, and the norm of each variable's gradient.
func lossAndNorms(m *t5.Model, installed []*prompt.Installed, sources *Node) *Node {
	g, in := sources.Graph(), installed[0]
	mask := NotEqual(sources, Scalar(g, dtypes.Int32, m.PadID))
	encoded := prompt.Encode(installed, sources, mask, Const(g, [][]uint32{{1, 2}}), nil)
	loss := t5.Loss(m.Decode(in.Weights(g), encoded, sources, nil), sources)
	numbers := []*Node{loss}
	var values []*Node
	for _, v := range in.Variables {
		if !v.Frozen {
			values = append(values, v.NodeValue(g))
		}
	}
	if len(values) > 0 {
		for _, gradient := range Gradient(loss, values...) {
			numbers = append(numbers, Sqrt(ReduceAllSum(Square(gradient))))
		}
	}
	return Stack(numbers, 0)
}
