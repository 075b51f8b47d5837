// SPDX-License-Identifier: Apache-2.0

package train

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/safetensors"
)

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
			return logitsOf(t, file)
		}
		compare := func(t *testing.T, p *prompt.Trained, want []float32) {
			got := promptLogits(t, dir, c, p)
			difference, magnitude := cases.Differs(got, want)
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
				p, err := prompt.ImportPEFT(adapter)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, p, want)
			})
		}
	}
}

// logitsOf returns the tensor "logits" of a file.
func logitsOf(t *testing.T, file *safetensors.File) []float32 {
	t.Helper()
	tensor, ok := file.Tensor("logits")
	if !ok {
		t.Fatalf("no logits among %v", file.Names())
	}
	value := cases.Must(tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, tensor.Shape...), tensor.Data))
	return tensors.MustCopyFlatData[float32](value)
}

// casePrompt returns the reference's A·B as a prompt.
func casePrompt(t *testing.T, c *referenceCase) *prompt.Trained {
	a, b := c.tensor(t, "A"), c.tensor(t, "B")
	product := MustExecOnce(cases.Backend(t), func(a, b *Node) *Node { return Dot(b, a).General([]int{0}, nil, []int{1}, nil) }, a, b)
	p := safetensors.Tensor{Name: "prompt", DType: safetensors.Float32, Shape: product.Shape().Dimensions}
	if err := product.ConstBytes(func(data []byte) { p.Data = bytes.Clone(data) }); err != nil {
		t.Fatal(err)
	}
	return prompt.FromTensors(nil, []safetensors.Tensor{p})
}

// promptLogits returns those of the case's inputs, by our T5 after the prompt.
func promptLogits(t *testing.T, dir string, c *referenceCase, p *prompt.Trained) []float32 {
	m := cases.Must(t5.Load(cases.Backend(t), dir, dtypes.Float32))
	installed := cases.Must(prompt.Install(prompt.Backbone{Model: m}, []prompt.Method{p}, nil))
	logits := cases.Must(model.CallOnce(cases.Backend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
		mask := ConvertDType(in[1], dtypes.Bool)
		return m.Decode(m.Scope(), prompt.Encode(installed, in[0], mask, nil, nil), in[2], nil)
	}, c.tensor(t, "input_ids"), c.tensor(t, "attention_mask"), c.tensor(t, "labels")))
	return tensors.MustCopyFlatData[float32](logits)
}
