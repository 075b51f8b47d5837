// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5/safetensors"
)

// fixtureTolerance bounds |ours - reference|, relative to the reference tensor's largest magnitude.
const fixtureTolerance = 1e-4

// sharedFixtures lists the folders fixtures/t5/* of the shared reference data.
func sharedFixtures(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("DPT_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	cases, err := filepath.Glob(filepath.Join(root, "fixtures", "t5", "*", "case.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatalf("no reference cases under %s/fixtures/t5, and DPT_REQUIRE_SHARED is set", root)
		}
		t.Skipf("no reference cases under %s/fixtures/t5: set DPT_SHARED to the folder that holds fixtures/", root)
	}
	for i := range cases {
		cases[i] = filepath.Dir(cases[i])
	}
	return cases
}

// reference is one case: a model, inputs, and what HuggingFace transformers computed from them.
type reference struct {
	t    *testing.T
	file *safetensors.File

	// noise is how far the reference itself moves, relatively, when its weights get noise of 1e-7: at the edge of a
	// ReLU much further than that.
	noise struct{ Gradients, Losses float64 }
}

func openReference(t *testing.T, dir string) reference {
	file, err := safetensors.Open(filepath.Join(dir, "case.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	r := reference{t: t, file: file}
	if data, err := os.ReadFile(filepath.Join(dir, "case.json")); err == nil {
		if err := json.Unmarshal(data, &struct{ Noise any }{&r.noise}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// input is a tensor of the case for the graph.
func (r reference) input(name string) *tensors.Tensor {
	r.t.Helper()
	from, ok := r.file.Tensor(name)
	if !ok {
		r.t.Fatalf("%s has no tensor %q", r.file.Path, name)
	}
	dtype, ok := map[safetensors.DType]dtypes.DType{safetensors.Float32: dtypes.Float32,
		safetensors.Int32: dtypes.Int32}[from.DType]
	if !ok {
		r.t.Fatalf("%s: tensor %q must be F32 or I32, found %s", r.file.Path, name, from.DType)
	}
	value, err := tensors.FromRaw(nil, 0, shapes.Make(dtype, from.Shape...), from.Data)
	if err != nil {
		r.t.Fatal(err)
	}
	return value
}

// tolerance is the bound of a quantity's relative error: three times the reference's own noise where that is more.
func (r reference) tolerance(name string) float64 {
	switch {
	case strings.HasPrefix(name, "grad_"):
		return max(fixtureTolerance, 3*r.noise.Gradients)
	case strings.HasSuffix(name, "_loss"):
		return max(fixtureTolerance, 3*r.noise.Losses)
	}
	return fixtureTolerance
}

func (r reference) check(name string, got *tensors.Tensor) {
	r.t.Helper()
	want := r.input(name)
	if len(floats(r.t, got)) != want.Size() {
		r.t.Fatalf("%s: shape %s, reference has %s", name, got.Shape(), want.Shape())
	}
	e := relativeError(floats(r.t, got), floats(r.t, want))
	r.t.Logf("%-14s relative error %.1e", name, e)
	if bound := r.tolerance(name); !(e <= bound) {
		r.t.Errorf("%s: relative error %.3g, must be at most %g", name, e, bound)
	}
}

// TestReference compares encoder states, logits, loss, gradients and greedy ids with HuggingFace's, with and without a
// prompt, on every case of the shared fixtures. (The training steps of the same cases are in package dptlib.)
func TestReference(t *testing.T) {
	cases := sharedFixtures(t)
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkCase(t, dir) })
	}
	t.Logf("%d reference cases ran", len(cases))
}

func checkCase(t *testing.T, dir string) {
	m, err := Load(backend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Unknown) > 0 {
		t.Errorf("unknown tensors: %v", m.Unknown)
	}
	r := openReference(t, dir)
	ids, mask, labels := r.input("input_ids"), r.input("attention_mask"), r.input("labels")

	plain := call(t, m, func(scope Scope, in []*Node) []*Node {
		encoded := m.Encode(scope, in[0], toBool(in[1]), nil, nil)
		logits := m.Decode(scope, encoded, in[2], nil)
		return []*Node{encoded.Hidden, logits, Loss(logits, in[2])}
	}, ids, mask, labels)
	r.check("plain_encoder", plain[0])
	r.check("plain_logits", plain[1])
	r.check("plain_loss", plain[2])

	prompted := call(t, m, func(scope Scope, in []*Node) []*Node {
		encoded := m.Encode(scope, in[0], toBool(in[1]), promptOf(in[3], in[4]), nil)
		logits := m.Decode(scope, encoded, in[2], nil)
		loss := Loss(logits, in[2])
		return append([]*Node{encoded.Hidden, logits, loss}, Gradient(loss, in[3], in[4])...)
	}, ids, mask, labels, r.input("A"), r.input("B"))
	for i, name := range []string{"prompt_encoder", "prompt_logits", "prompt_loss", "grad_A", "grad_B"} {
		r.check(name, prompted[i])
	}
	checkGenerate(t, r, m)
}

func checkGenerate(t *testing.T, r reference, m *Model) {
	for _, name := range []string{"plain_generate", "prompt_generate"} {
		want := r.input(name) // [b, 1+tokens], with the start token, </s> and padding
		b, tokens := want.Shape().Dim(0), want.Shape().Dim(1)-1
		generator, err := m.NewGenerator(backend(t), nil, tokens, func(in []*Node) Encoded {
			var prompt *Node
			if name == "prompt_generate" {
				prompt = promptOf(in[2], in[3])
			}
			return m.Encode(m.Scope(), in[0], toBool(in[1]), prompt, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := generator.Generate(r.input("input_ids"), r.input("attention_mask"), r.input("A"), r.input("B"))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		ids := tensors.MustCopyFlatData[int32](want)
		for row := range b {
			reference := ids[row*(tokens+1)+1 : (row+1)*(tokens+1)]
			if end := slices.Index(reference, int32(m.EOSID)); end >= 0 {
				reference = reference[:end]
			}
			if !slices.Equal(got[row], reference) {
				t.Errorf("%s, row %d:\n got %v\nwant %v", name, row, got[row], reference)
			}
		}
	}
}
