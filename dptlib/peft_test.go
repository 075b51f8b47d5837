// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5"
	"dpt/t5/safetensors"
)

// bytesOf are values as a file holds them.
func bytesOf(values []float32) (data []byte) {
	for _, x := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

func promptOf(length, width int, values []float32) *Prompt {
	return &Prompt{Length: length, Width: width, product: safetensors.Tensor{
		Name: productTensor, DType: safetensors.Float32, Shape: []int{length, width}, Data: bytesOf(values),
	}}
}

func TestPEFTFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "adapter")
	values := []float32{1, -2, 3, 4.5, 0, 1e-30}
	if err := promptOf(2, 3, values).ExportPEFT(dir, "t5-small"); err != nil {
		t.Fatal(err)
	}
	p, err := ImportPEFT(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p.Length != 2 || p.Width != 3 || !slices.Equal(p.product.Data, bytesOf(values)) || p.Metadata["peft_base_model"] != "t5-small" {
		t.Errorf("the prompt came back as %+v", p)
	}
	if err := p.ExportPEFT(dir, ""); err == nil || !strings.Contains(err.Error(), "new or empty") {
		t.Errorf("a second export into one folder: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the adapter there is something left: %v %v", left, err)
	}
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := p.Write(path, p.Metadata); err != nil {
		t.Fatal(err)
	}
	if stored, err := LoadPrompt(path); err != nil || !slices.Equal(stored.product.Data, p.product.Data) {
		t.Errorf("an imported prompt was not stored: %v", err)
	}
}

// An adapter of two submodules has a row for each vector of each; the first half is the encoder's.
func TestImportPEFTTwoSubmodules(t *testing.T) {
	for _, key := range []string{`"num_transformer_submodules": 2,`, ``, `"num_transformer_submodules": null,`} {
		dir := t.TempDir()
		writeAdapter(t, dir, strings.Replace(goodAdapter, `"num_transformer_submodules": 1,`, key, 1), tensor(adapterTensor, []int{4, 3}, make([]float32, 12)))
		if p, err := ImportPEFT(dir); err != nil || p.Length != 2 || len(p.product.Data) != 4*2*3 {
			t.Errorf("%q: %+v, %v", key, p, err)
		}
	}
}

const goodAdapter = `{"peft_type": "PROMPT_TUNING", "task_type": "SEQ_2_SEQ_LM", "num_virtual_tokens": 2, "token_dim": 3,
 "num_transformer_submodules": 1, "num_layers": 2, "prompt_tuning_init": "TEXT", "base_model_name_or_path": null, "revision": null}`

func tensor(name string, shape []int, values []float32) safetensors.Tensor {
	return safetensors.Tensor{Name: name, DType: safetensors.Float32, Shape: shape, Data: bytesOf(values)}
}

func writeAdapter(t *testing.T, dir, config string, tensors ...safetensors.Tensor) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, adapterConfig), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := safetensors.Write(filepath.Join(dir, adapterWeights), tensors, nil); err != nil {
		t.Fatal(err)
	}
}

func TestImportPEFTRefuses(t *testing.T) {
	good := tensor(adapterTensor, []int{2, 3}, make([]float32, 6))
	half := good
	half.DType, half.Data = safetensors.Float16, half.Data[:12]
	for _, c := range []struct {
		about, old, new string
		tensors         []safetensors.Tensor
		file, names     string // in the error
	}{
		{"another adapter", "PROMPT_TUNING", "LORA", nil, adapterConfig, "peft_type"},
		{"another model", "SEQ_2_SEQ_LM", "CAUSAL_LM", nil, adapterConfig, "task_type"},
		{"no length", `"num_virtual_tokens": 2, `, "", nil, adapterConfig, "num_virtual_tokens"},
		{"a length as text", `"num_virtual_tokens": 2`, `"num_virtual_tokens": "2"`, nil, adapterConfig, "num_virtual_tokens"},
		{"a negative width", `"token_dim": 3`, `"token_dim": -3`, nil, adapterConfig, "token_dim"},
		{"three submodules", `submodules": 1`, `submodules": 3`, nil, adapterConfig, "num_transformer_submodules"},
		{"a key twice", `"token_dim": 3`, `"token_dim": 3, "token_dim": 4`, nil, adapterConfig, "token_dim"},
		{"half a file", `, "revision": null}`, ``, nil, adapterConfig, "EOF"},
		{"another length", `"num_virtual_tokens": 2`, `"num_virtual_tokens": 3`, nil, adapterWeights, adapterTensor},
		{"a huge length", `"num_virtual_tokens": 2`, `"num_virtual_tokens": 9223372036854775807`, nil, adapterWeights, adapterTensor},
		{"another width", `"token_dim": 3`, `"token_dim": 4`, nil, adapterWeights, adapterTensor},
		{"two submodules, one's rows", `submodules": 1`, `submodules": 2`, nil, adapterWeights, adapterTensor},
		{"another tensor", "", "", []safetensors.Tensor{tensor("prompt", []int{2, 3}, make([]float32, 6))}, adapterWeights, adapterTensor},
		{"one more tensor", "", "", []safetensors.Tensor{good, tensor("lora", []int{1}, make([]float32, 1))}, adapterWeights, "lora"},
		{"one axis", "", "", []safetensors.Tensor{tensor(adapterTensor, []int{6}, make([]float32, 6))}, adapterWeights, adapterTensor},
		{"half precision", "", "", []safetensors.Tensor{half}, adapterWeights, "F16"},
		{"a NaN", "", "", []safetensors.Tensor{tensor(adapterTensor, []int{2, 3}, []float32{0, 0, 0, 0, float32(math.NaN()), 0})}, adapterWeights, "[1, 1]"},
	} {
		t.Run(c.about, func(t *testing.T) {
			dir := t.TempDir()
			if c.tensors == nil {
				c.tensors = []safetensors.Tensor{good}
			}
			if !strings.Contains(goodAdapter, c.old) {
				t.Fatalf("the sound config has no %s", c.old)
			}
			writeAdapter(t, dir, strings.Replace(goodAdapter, c.old, c.new, 1), c.tensors...)
			_, err := ImportPEFT(dir)
			if err == nil || !strings.Contains(err.Error(), c.file) || !strings.Contains(err.Error(), c.names) {
				t.Errorf("the error must name %s and %s, found: %v", c.file, c.names, err)
			}
		})
	}
	t.Run("no weights", func(t *testing.T) {
		dir := t.TempDir()
		writeAdapter(t, dir, goodAdapter, good)
		if err := os.Remove(filepath.Join(dir, adapterWeights)); err != nil {
			t.Fatal(err)
		}
		if _, err := ImportPEFT(dir); err == nil || !strings.Contains(err.Error(), adapterWeights) {
			t.Errorf("the error must name %s, found: %v", adapterWeights, err)
		}
	})
}

// TestPEFTRoundTrip gives PEFT an exported prompt, and imports what PEFT saved: both ways PEFT's logits must be ours,
// within 5e-5 of the largest: PyTorch's own float32 is 1e-5 from its float64 on v11_gated_untied. It needs a Python with torch,
// transformers and peft, 5 GB that no user of the project installs, so the gate leaves it out.
func TestPEFTRoundTrip(t *testing.T) {
	python := os.Getenv("DPT_PEFT_PYTHON")
	if python == "" {
		t.Skip("it needs 5 GB of Python packages, torch, transformers and peft, which the project does without: set DPT_PEFT_PYTHON to a Python that has them")
	}
	for _, dir := range sharedCases(t, "t5/v1*") {
		c := openCase(t, dir)
		peft := func(t *testing.T, arguments ...string) []float32 {
			out := filepath.Join(t.TempDir(), "out.safetensors")
			command := append([]string{"testdata/peft_roundtrip.py", dir, filepath.Join(dir, "case.safetensors"), arguments[0], out}, arguments[1:]...)
			if message, err := exec.Command(python, command...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, message)
			}
			file, err := safetensors.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			return floats(t, file, "logits")
		}
		compare := func(t *testing.T, p *Prompt, want []float32) {
			got := promptLogits(t, dir, c, p)
			difference, magnitude := differs(got, want)
			t.Logf("largest difference %.2g, largest logit %.3g", difference, magnitude)
			if difference > 5e-5*magnitude {
				t.Errorf("PEFT's logits differ by %g, of %g", difference, magnitude)
			}
		}
		t.Run(filepath.Base(dir)+"/export", func(t *testing.T) {
			p := casePrompt(t, c)
			adapter := filepath.Join(t.TempDir(), "adapter")
			if err := p.ExportPEFT(adapter, dir); err != nil {
				t.Fatal(err)
			}
			compare(t, p, peft(t, adapter))
		})
		for _, submodules := range []string{"1", "2"} {
			t.Run(filepath.Base(dir)+"/import of "+submodules, func(t *testing.T) {
				adapter := filepath.Join(t.TempDir(), "adapter")
				want := peft(t, adapter, submodules)
				p, err := ImportPEFT(adapter)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, p, want)
			})
		}
	}
}

// casePrompt is the reference's A·B as a prompt.
func casePrompt(t *testing.T, c *referenceCase) *Prompt {
	a, b := c.tensor(t, "A"), c.tensor(t, "B")
	product := MustExecOnce(testBackend(t), func(a, b *Node) *Node { return Dot(b, a).General([]int{0}, nil, []int{1}, nil) }, a, b)
	return promptOf(product.Shape().Dim(0), product.Shape().Dim(1), tensors.MustCopyFlatData[float32](product))
}

// promptLogits are those of the case's inputs, by our T5 behind the prompt.
func promptLogits(t *testing.T, dir string, c *referenceCase, p *Prompt) []float32 {
	m, err := t5.Load(testBackend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if err := use(m, p); err != nil {
		t.Fatal(err)
	}
	logits, err := model.CallOnce(testBackend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
		mask := ConvertDType(in[1], dtypes.Bool)
		encoded := m.Encode(m.Scope(), in[0], mask, p.Prompt(memberScope(m, 0), in[0].Graph()), nil)
		return m.Decode(m.Scope(), encoded, in[2], nil)
	}, c.tensor(t, "input_ids"), c.tensor(t, "attention_mask"), c.tensor(t, "labels"))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](logits)
}
