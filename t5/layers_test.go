// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
)

// ReLU and its gradient are PyTorch's: 0 at 0, too, and not a number where its argument is none, so that broken weights
// are noticed.
func TestReLU(t *testing.T) {
	nan := float32(math.NaN())
	out, err := CallOnceN(backend(t), func(x *Node) []*Node {
		y := relu(x)
		return []*Node{y, Gradient(ReduceAllSum(y), x)[0]}
	}, []float32{-2, 0, 3, nan})
	if err != nil {
		t.Fatal(err)
	}
	y, gradient := floats(t, out[0]), floats(t, out[1])
	for i, want := range []float32{0, 0, 3, nan} {
		if y[i] != want && (y[i] == y[i] || want == want) {
			t.Errorf("the value %d is %v, want %v", i, y[i], want)
		}
	}
	for i, want := range []float32{0, 0, 1, 1} {
		if gradient[i] != want {
			t.Errorf("the gradient %d is %v, want %v", i, gradient[i], want)
		}
	}
}
