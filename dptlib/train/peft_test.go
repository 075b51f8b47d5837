// SPDX-License-Identifier: Apache-2.0

package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/safetensors"
)

// TestPEFTRoundTrip gives PEFT an exported prompt, and imports what PEFT saved: both ways PEFT's logits must be ours,
// within 5e-5 of the largest: PyTorch's own float32 is 1e-5 from its float64 on v11_gated_untied. It needs a Python
// with torch, transformers and peft, 5 GB that no user of the project installs, so the gate leaves it out.
func TestPEFTRoundTrip(t *testing.T) {
	python := os.Getenv("DPT_PEFT_PYTHON")
	if python == "" {
		t.Skip("it needs 5 GB of Python packages, torch, transformers and peft, which the project does without: set " +
			"DPT_PEFT_PYTHON to a Python that has them")
	}
	for _, dir := range sharedCases(t, "t5/v1*") {
		c := openCase(t, dir)
		peft := func(t *testing.T, arguments ...string) []float32 {
			out := filepath.Join(t.TempDir(), "out.safetensors")
			command := append([]string{"testdata/peft_roundtrip.py", dir, filepath.Join(dir, "case.safetensors"),
				arguments[0], out}, arguments[1:]...)
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
		for _, method := range []prompt.Method{prompt.LoRA{Rank: 3, Alpha: 5}, prompt.IA3{}} {
			t.Run(filepath.Base(dir)+"/export of "+method.Name(), func(t *testing.T) {
				p := disturbed(t, dir, method)
				adapter := filepath.Join(t.TempDir(), "adapter")
				if err := p.ExportPEFT(adapter, dir); err != nil {
					t.Fatal(err)
				}
				compare(t, p, peft(t, adapter))
			})
		}
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

// TestPEFTAdapters compares what is exported of LoRA and (IA)³ with what PEFT itself saved in testdata/methods: the
// names, shapes and elements of all tensors, and the settings.
func TestPEFTAdapters(t *testing.T) {
	m := cases.Must(t5.Load(cases.Backend(t), filepath.Join("testdata", "methods"), dtypes.Float32))
	for _, name := range []string{"lora", "ia3"} {
		c := openMethod(t, name)
		dir := filepath.Join(t.TempDir(), name)
		in := cases.Must(prompt.Install(prompt.Backbone{Model: m}, []prompt.Method{c.Method.Method},
			[]*rand.Rand{stream(1, initStream, 0)}))[0]
		for _, v := range in.Variables {
			if err := v.SetValue(cases.Must(c.values["end/"+v.Name()].LocalClone())); err != nil {
				t.Fatal(err)
			}
		}
		p := cases.Must(prompt.Capture([]*prompt.Installed{in}, []*tensors.Tensor{nil}))[0]
		if err := p.ExportPEFT(dir, ""); err != nil {
			t.Fatal(err)
		}
		read := func(dir string) (settings map[string]any, found map[string]string) {
			if err := json.Unmarshal(cases.Must(os.ReadFile(filepath.Join(dir, "adapter_config.json"))),
				&settings); err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(settings["target_modules"].([]any), func(a,
				b any) int {
				return strings.Compare(a.(string), b.(string))
			})
			file := cases.Must(safetensors.Open(filepath.Join(dir, "adapter_model.safetensors")))
			defer file.Close()
			found = map[string]string{}
			for _, name := range file.Names() {
				tensor, _ := file.Tensor(name)
				found[name] = fmt.Sprintf("%s %v %x", tensor.DType, tensor.Shape, tensor.Data)
			}
			return settings, found
		}
		ours, tensorsOfOurs := read(dir)
		theirs, tensorsOfTheirs := read(filepath.Join("testdata", "methods", name))
		if diff := cmp.Diff(tensorsOfTheirs, tensorsOfOurs); diff != "" {
			t.Errorf("%s: the tensors are not as PEFT saves them:\n%s", name, diff)
		}
		for key := range theirs {
			if _, ok := ours[key]; !ok {
				delete(theirs, key) // PEFT's default
			}
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: the settings are not as PEFT saves them:\n%s", name, diff)
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

// disturbed returns a method as it starts, but for random numbers added to all of its variables.
func disturbed(t *testing.T, dir string, method prompt.Method) *prompt.Trained {
	t.Helper()
	m, random := cases.Must(t5.Load(cases.Backend(t), dir, dtypes.Float32)), stream(2, initStream, 0)
	in := cases.Must(prompt.Install(prompt.Backbone{Model: m}, []prompt.Method{method}, []*rand.Rand{random}))[0]
	for _, v := range in.Variables {
		values := tensors.MustCopyFlatData[float32](cases.Must(v.Value()))
		for i := range values {
			values[i] += float32(0.3 * random.NormFloat64())
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)); err != nil {
			t.Fatal(err)
		}
	}
	return cases.Must(prompt.Capture([]*prompt.Installed{in}, []*tensors.Tensor{nil}))[0]
}

// casePrompt returns the reference's A·B as a prompt.
func casePrompt(t *testing.T, c *referenceCase) *prompt.Trained {
	a, b := c.tensor(t, "A"), c.tensor(t, "B")
	product := MustExecOnce(cases.Backend(t), func(a, b *Node) *Node {
		return Dot(b, a).General([]int{0}, nil, []int{1},
			nil)
	}, a, b)
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
		return m.Decode(installed[0].Weights(in[0].Graph()), prompt.Encode(installed, in[0], mask, nil, nil), in[2],
			nil)
	}, c.tensor(t, "input_ids"), c.tensor(t, "attention_mask"), c.tensor(t, "labels")))
	return tensors.MustCopyFlatData[float32](logits)
}
