// SPDX-License-Identifier: Apache-2.0

package safetensors

import "testing"

// The digest depends on every part of every tensor, and not on their order.
func TestDigest(t *testing.T) {
	a := Tensor{Name: "a", DType: Float32, Shape: []int{2}, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}}
	b := Tensor{Name: "b", DType: Float32, Shape: []int{1}, Data: []byte{9, 9, 9, 9}}
	want := Digest([]Tensor{a, b})
	if got := Digest([]Tensor{b, a}); got != want {
		t.Error("the order of tensors must make no difference")
	}
	for what, change := range map[string]func(*Tensor){
		"name":  func(t *Tensor) { t.Name = "c" },
		"dtype": func(t *Tensor) { t.DType = BF16 },
		"shape": func(t *Tensor) { t.Shape = []int{1, 2} },
		"data":  func(t *Tensor) { t.Data = []byte{1, 2, 3, 4, 5, 6, 7, 9} },
	} {
		changed := a
		change(&changed)
		if Digest([]Tensor{changed, b}) == want {
			t.Errorf("another %s must make another digest", what)
		}
	}
	if Digest([]Tensor{a}) == want {
		t.Error("a tensor less must make another digest")
	}
}
