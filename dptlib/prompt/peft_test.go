// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dpt/t5/safetensors"
)

// bytesOf are values as a file holds them.
func bytesOf(values []float32) (data []byte) {
	for _, x := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

func promptOf(length, width int, values []float32) *Trained {
	return &Trained{Length: length, Width: width, product: safetensors.Tensor{
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
	if p.Length != 2 || p.Width != 3 || !slices.Equal(p.product.Data, bytesOf(values)) ||
		p.Metadata["peft_base_model"] != "t5-small" {
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
	if stored, err := Load(path); err != nil || !slices.Equal(stored.product.Data, p.product.Data) {
		t.Errorf("an imported prompt was not stored: %v", err)
	}
}

// An adapter of two submodules has a row for each vector of each; the first half is the encoder's.
func TestImportPEFTTwoSubmodules(t *testing.T) {
	for _, key := range []string{`"num_transformer_submodules": 2,`, ``, `"num_transformer_submodules": null,`} {
		dir := t.TempDir()
		writeAdapter(t, dir, strings.Replace(goodAdapter, `"num_transformer_submodules": 1,`, key, 1),
			tensor(adapterTensor, []int{4, 3}, make([]float32, 12)))
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

// TestImportPEFTHalf: float16 is widened, by IEEE 754.
func TestImportPEFTHalf(t *testing.T) {
	dir := t.TempDir()
	half := safetensors.Tensor{Name: adapterTensor, DType: safetensors.Float16, Shape: []int{2, 3},
		// by IEEE 754: 1, -2, the least, 0, the greatest
		Data: []byte{0, 0x3c, 0, 0xc0, 1, 0, 0, 0, 0xff, 0x7b, 0, 0x35}}
	writeAdapter(t, dir, goodAdapter, half)
	want := []float32{1, -2, 1. / (1 << 24), 0, 65504, 0.3125}
	if p, err := ImportPEFT(dir); err != nil || !slices.Equal(p.Elements(), want) {
		t.Errorf("float16 must become %v, found %+v, %v", want, p, err)
	}
}

func TestImportPEFTRefuses(t *testing.T) {
	good := tensor(adapterTensor, []int{2, 3}, make([]float32, 6))
	whole := good
	whole.DType, whole.Data = safetensors.Int16, whole.Data[:12]
	for _, c := range []struct {
		about, old, new string
		tensors         []safetensors.Tensor
		file, names     string // in the error
	}{
		{"another adapter", "PROMPT_TUNING", "LORA", nil, adapterConfig, "peft_type"},
		{"another model", "SEQ_2_SEQ_LM", "CAUSAL_LM", nil, adapterConfig, "task_type"},
		{"no length", `"num_virtual_tokens": 2, `, "", nil, adapterConfig, "num_virtual_tokens"},
		{"a length as text", `"num_virtual_tokens": 2`, `"num_virtual_tokens": "2"`, nil, adapterConfig,
			"num_virtual_tokens"},
		{"a negative width", `"token_dim": 3`, `"token_dim": -3`, nil, adapterConfig, "token_dim"},
		{"three submodules", `submodules": 1`, `submodules": 3`, nil, adapterConfig, "num_transformer_submodules"},
		{"a key twice", `"token_dim": 3`, `"token_dim": 3, "token_dim": 4`, nil, adapterConfig, "token_dim"},
		{"half a file", `, "revision": null}`, ``, nil, adapterConfig, "EOF"},
		{"another length", `"num_virtual_tokens": 2`, `"num_virtual_tokens": 3`, nil, adapterWeights, adapterTensor},
		{"a huge length", `"num_virtual_tokens": 2`, `"num_virtual_tokens": 9223372036854775807`, nil, adapterWeights,
			adapterTensor},
		{"another width", `"token_dim": 3`, `"token_dim": 4`, nil, adapterWeights, adapterTensor},
		{"two submodules, one's rows", `submodules": 1`, `submodules": 2`, nil, adapterWeights, adapterTensor},
		{"another tensor", "", "", []safetensors.Tensor{tensor("prompt", []int{2, 3}, make([]float32, 6))},
			adapterWeights, adapterTensor},
		{"one more tensor", "", "", []safetensors.Tensor{good, tensor("lora", []int{1}, make([]float32, 1))},
			adapterWeights, "lora"},
		{"one axis", "", "", []safetensors.Tensor{tensor(adapterTensor, []int{6}, make([]float32, 6))}, adapterWeights,
			adapterTensor},
		{"integers", "", "", []safetensors.Tensor{whole}, adapterWeights, "I16"},
		{"a NaN", "", "", []safetensors.Tensor{tensor(adapterTensor, []int{2, 3},
			[]float32{0, 0, 0, 0, float32(math.NaN()), 0})}, adapterWeights, "[1 1]"},
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
