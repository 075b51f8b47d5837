// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
	"dpt/t5/safetensors"
)

// plainPrompt is a prompt of c vectors of width e with normal elements.
func plainPrompt(t *testing.T, c, e int) *Trained {
	t.Helper()
	random, values := rand.New(rand.NewPCG(3, 4)), make([]float32, c*e)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	product, err := t5.HostTensor(productTensor, tensors.FromFlatDataAndDimensions(values, c, e))
	if err != nil {
		t.Fatal(err)
	}
	return FromTensors(PT{Length: c, Start: NoWords}, []safetensors.Tensor{product})
}

// TestTruncated: of the singular values the largest stay, the rest are 0, and what is left out is as far from P as
// the root of the sum of their squares (Eckart and Young 1936): no prompt of that rank is nearer. Bound: 1e-5 of the
// largest.
func TestTruncated(t *testing.T) {
	for _, size := range [][2]int{{5, 9}, {9, 5}} {
		p := plainPrompt(t, size[0], size[1])
		values := p.SingularValues()
		for rank := 1; rank <= 6; rank++ {
			cut, err := p.Truncated(rank)
			if err != nil {
				t.Fatal(err)
			}
			left := 0.0
			for i, s := range cut.SingularValues() {
				want := 0.0
				if i < rank {
					want = values[i]
				} else {
					left += values[i] * values[i]
				}
				if !(math.Abs(s-want) <= 1e-5*values[0]) {
					t.Errorf("%v at rank %d: singular value %d is %g, want %g", size, rank, i, s, want)
				}
			}
			distance := 0.0
			for i, x := range cut.Elements() {
				distance += math.Pow(float64(x)-float64(p.Elements()[i]), 2)
			}
			if !(math.Abs(math.Sqrt(distance)-math.Sqrt(left)) <= 1e-5*values[0]) {
				t.Errorf("%v at rank %d: it is %g from P, want %g", size, rank, math.Sqrt(distance), math.Sqrt(left))
			}
			if rank >= 5 && distance != 0 {
				t.Errorf("%v at rank %d: at full rank P must stay as it is, found it %g away", size, rank, distance)
			}
		}
		if _, err := p.Truncated(0); err == nil {
			t.Error("rank 0 must be refused")
		}
	}
}
