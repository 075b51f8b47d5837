// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"dpt/t5/safetensors"
)

// TestSlim: of a prompt stays P with its metadata; last prompts and weights go, all else stays.
func TestSlim(t *testing.T) {
	runs := Runs(t.TempDir())
	matrix := func(name string) safetensors.Tensor {
		return safetensors.Tensor{Name: name, DType: safetensors.Float32, Shape: []int{1, 2}, Data: []byte{0, 0, 128, 63, 0, 0, 0, 64}}
	}
	p := &Prompt{Length: 1, Width: 2, product: matrix(productTensor), factors: []safetensors.Tensor{matrix("A"), matrix("B")}}
	for _, path := range []string{runs.PromptPath("a"), runs.LastPromptPath("a")} {
		if err := p.Write(path, map[string]string{"task": "CB"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{runs.WeightsPath("b"), runs.RecordPath("a")} {
		if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // slim already the second time
		if err := runs.Slim(); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(string(runs), "*"))
	if err != nil || !slices.Equal(left, []string{runs.RecordPath("a"), runs.PromptPath("a")}) {
		t.Errorf("left are %v, %v", left, err)
	}
	slim, err := LoadPrompt(runs.PromptPath("a"))
	if err != nil || len(slim.factors) != 0 || !bytes.Equal(slim.product.Data, p.product.Data) || slim.Metadata["task"] != "CB" {
		t.Errorf("got %+v, %v", slim, err)
	}
}
