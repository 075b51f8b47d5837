// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5/safetensors"
)

// TestPromptFile compares the stored product with one computed here: P = (A·B)ᵀ.
func TestPromptFile(t *testing.T) {
	b := cases.Backbone(t)
	method := prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := captured(t, b, method).Write(path, map[string]string{"task": "CB"}); err != nil {
		t.Fatal(err)
	}
	stored := cases.Must(prompt.Load(path))
	first, second, p := stored.Variable("A"), stored.Variable("B"), stored.Elements()
	for i := range method.Length {
		for j := range b.DModel {
			want := 0.0
			for k := range method.Bottleneck {
				want += float64(first[j*method.Bottleneck+k]) * float64(second[k*method.Length+i])
			}
			if got := float64(p[i*b.DModel+j]); !(math.Abs(got-want) <= 1e-6) {
				t.Fatalf("P[%d, %d] must be %g, found %g", i, j, want, got)
			}
		}
	}
	if stored.Metadata["task"] != "CB" || stored.Method != method {
		t.Errorf("the file says %v of %v", stored.Metadata, stored.Method)
	}
	if slim := stored.Slim(); slim.Variable("A") != nil || slim.Digests().Prompt != stored.Digests().Prompt ||
		slim.Check(stored.Digests()) != nil {
		t.Error("of a slim prompt P must stay, as it was")
	}
}

// A file is refused if any byte of a stored prompt's tensors has changed, or if an element is not finite.
func TestLoadRefuses(t *testing.T) {
	b := cases.Backbone(t)
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := captured(t, b, prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}).Write(path, nil); err != nil {
		t.Fatal(err)
	}
	good := cases.Must(os.ReadFile(path))
	start := len(good) - 4*(5*b.DModel+b.DModel*2+2*5)
	for at := start; at < len(good); at += 7 {
		bad := slices.Clone(good)
		bad[at] ^= 1
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := prompt.Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Fatalf("byte %d was changed, found %v", at, err)
		}
	}
	write := func(list ...safetensors.Tensor) error {
		if err := safetensors.Write(path, list, nil); err != nil {
			t.Fatal(err)
		}
		_, err := prompt.Load(path)
		return err
	}
	vector := func(name string, dtype safetensors.DType, shape []int, data ...byte) safetensors.Tensor {
		return safetensors.Tensor{Name: name, DType: dtype, Shape: shape, Data: data}
	}
	for want, err := range map[string]error{
		`"prompt"`:             write(vector("A", safetensors.Float32, []int{1}, 0, 0, 0, 0)),
		`"prompt" must be F32`: write(vector("prompt", safetensors.BF16, []int{1, 1}, 0, 0)),
		`"prompt": its elements must be finite`: write(vector("prompt", safetensors.Float32, []int{1, 1}, 0, 0, 0xc0,
			0x7f)),
		`"A": its elements must be finite`: write(vector("A", safetensors.Float32, []int{1}, 0, 0, 0x80, 0x7f),
			vector("prompt", safetensors.Float32, []int{1, 1}, 0, 0, 0, 0)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error must have %q, found %v", want, err)
		}
	}
	narrow := prompt.FromTensors(nil, []safetensors.Tensor{vector("prompt", safetensors.Float32, []int{1, 3},
		make([]byte, 12)...)})
	if _, err := narrow.Init(b, nil); err == nil || !strings.Contains(err.Error(), "width 3") {
		t.Errorf("a prompt of another width: %v", err)
	}
}

// shifted is a method with both hooks: it adds a trained vector to the text, makes a prompt of each row's mean, and
// scales a weight.
type shifted struct {
	Length int
}

func (shifted) Name() string   { return "shifted" }
func (s shifted) Vectors() int { return s.Length }

func (s shifted) Init(b prompt.Backbone, random *rand.Rand) ([]prompt.Variable, error) {
	shift, err := prompt.Uniform.Variable("shift", random, 1, b.DModel)
	if err != nil {
		return nil, err
	}
	scale := prompt.Variable{Name: "scale", Value: tensors.FromFlatDataAndDimensions([]float32{1.5}, 1), Rate: 0.1}
	return []prompt.Variable{shift, scale}, nil
}

func (shifted) Prompt(prompt.Variables) *Node { return nil }

func (s shifted) Input(v prompt.Variables, in prompt.Input) (embeddings, p *Node) {
	x := Add(in.Embeddings, ExpandLeftToRank(v("shift"), 3))
	mean := ReduceMean(x, 1) // [n, e]
	return x, BroadcastToDims(InsertAxes(mean, 1), x.Shape().Dim(0), s.Length, x.Shape().Dim(2))
}

func (shifted) Weight(v prompt.Variables, name string, w *Node) *Node {
	if name != "encoder.block.0.layer.0.SelfAttention.v.weight" {
		return w
	}
	return Mul(w, ConvertDType(Reshape(v("scale"), 1, 1), w.DType()))
}

var _ = prompt.Register(shifted{Length: 2})

// A method with hooks does, once it is stored and read back, what it did; P alone would not, and so PEFT cannot hold
// it.
func TestStoredHooks(t *testing.T) {
	b := cases.Backbone(t)
	encode := func(method prompt.Method) []float32 {
		in := installed(t, b, method)
		out := cases.Must(model.CallOnce(cases.Backend(t), b.Store, func(_ *model.Scope, tokens *Node) *Node {
			mask := ConvertDType(OnesLike(tokens), dtypes.Bool)
			return prompt.Encode([]*prompt.Installed{in}, tokens, mask, nil, nil).Hidden
		}, [][]int32{{5, 6, 7}, {8, 9, 1}}))
		if got := out.Shape().Dim(1); got != 5 {
			t.Fatalf("3 tokens and a prompt of 2 are 5 positions, found %d", got)
		}
		return tensors.MustCopyFlatData[float32](out)
	}
	want := encode(shifted{Length: 2})
	p := cases.Must(prompt.Capture([]*prompt.Installed{installed(t, b, shifted{Length: 2})}, []*tensors.Tensor{nil}))[0]
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := p.Slim().Write(path, nil); err != nil {
		t.Fatal(err)
	}
	stored := cases.Must(prompt.Load(path))
	if got := encode(stored); !slices.Equal(got, want) {
		t.Errorf("a stored method with hooks gave %v, want %v", got[:4], want[:4])
	}
	if plain := encode(prompt.PT{Length: 2, Start: prompt.NoWords}); slices.Equal(plain, want) {
		t.Error("the hooks changed nothing")
	}
	if err := stored.ExportPEFT(filepath.Join(t.TempDir(), "adapter"), ""); err == nil ||
		!strings.Contains(err.Error(), "PEFT") {
		t.Errorf("PEFT cannot hold the method, found %v", err)
	}
}

// A run can start from a stored prompt that has its variables; another's is refused by the name of what it lacks.
func TestStartFrom(t *testing.T) {
	b := cases.Backbone(t)
	dpt := prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Gaussian}
	p := captured(t, b, dpt)
	in := installed(t, b, prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform})
	if err := in.StartFrom(p); err != nil {
		t.Fatal(err)
	}
	again := cases.Must(prompt.Capture([]*prompt.Installed{in}, []*tensors.Tensor{nil}))[0]
	if !slices.Equal(again.Variable("A"), p.Variable("A")) || !slices.Equal(again.Variable("B"), p.Variable("B")) {
		t.Error("A and B must be those of the stored prompt")
	}
	pt := installed(t, b, prompt.PT{Length: 5, Start: prompt.Frequent})
	if err := pt.StartFrom(p.Slim()); err != nil {
		t.Fatal(err)
	}
	if got := cases.Must(prompt.Capture([]*prompt.Installed{pt},
		[]*tensors.Tensor{nil}))[0].Variable("P"); !slices.Equal(got, p.Elements()) {
		t.Error("PT must start as the product")
	}
	for want, method := range map[string]prompt.Method{
		"variable W1": prompt.ResidualPT{Length: 5, Bottleneck: 3, Start: prompt.Frequent},
		"shape":       prompt.DPT{Length: 6, Bottleneck: 2, Start: prompt.Uniform},
	} {
		if err := installed(t, b, method).StartFrom(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error must have %q, found %v", method.Name(), want, err)
		}
	}
}

// ofElements is a prompt [c, e] of the given elements.
func ofElements(elements []float32, c, e int) *prompt.Trained {
	t := safetensors.Tensor{Name: "prompt", DType: safetensors.Float32, Shape: []int{c, e}}
	for _, x := range elements {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(x))
	}
	return prompt.FromTensors(nil, []safetensors.Tensor{t})
}
