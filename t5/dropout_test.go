// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// The keys are fixed, so these tests give the same numbers each time; their bounds are five standard deviations of what
// independent draws would give.
const sigmas = 5

// dropped applies the first few dropouts of a model to ones of the given shape, and returns for each 1 where it dropped
// and 0 where it kept. It checks that kept elements are divided by the probability to keep.
func dropped(t *testing.T, rate float64, keys *tensors.Tensor, draws int, dims ...int) [][]float64 {
	t.Helper()
	exec, err := NewExec(backend(t), func(x, keys *Node) []*Node {
		dropout := NewDropout(rate, keys)
		out := make([]*Node, draws)
		for i := range out {
			out[i] = dropout.apply(x)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	ones := tensors.FromScalarAndDimensions(float32(1), dims...)
	out, err := exec.Call(ones, keys)
	if err != nil {
		t.Fatal(err)
	}
	masks := make([][]float64, draws)
	for i, value := range out {
		for _, x := range floats(t, value) {
			switch {
			case x == 0:
				masks[i] = append(masks[i], 1)
			case math.Abs(float64(x)*(1-rate)-1) < 1e-6:
				masks[i] = append(masks[i], 0)
			default:
				t.Fatalf("an element of 1 became %v, must be 0 or 1/%v", x, 1-rate)
			}
		}
	}
	return masks
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// checkIndependent compares the correlation of two masks with that of independent draws, whose standard deviation is
// n^-0.5.
func checkIndependent(t *testing.T, what string, a, b []float64, rate float64) {
	t.Helper()
	sum := 0.0
	for i := range a {
		sum += (a[i] - rate) * (b[i] - rate)
	}
	n := float64(len(a))
	if z := sum / n / (rate * (1 - rate)) * math.Sqrt(n); !(math.Abs(z) <= sigmas) {
		t.Errorf("%s: correlation is %.1f standard deviations from 0, must be within %d", what, z, sigmas)
	}
}

func TestDropoutStatistics(t *testing.T) {
	dims := []int{16, 4, 64, 96} // [b, h, q, s]
	keys := tensors.FromFlatDataAndDimensions([]uint32{1, 2, 1, 3, 7, 2, 0, 0}, 4, 2)
	for _, rate := range []float64{0.1, 0.5, 0.03} {
		masks := dropped(t, rate, keys, 3, dims...)
		size := len(masks[0])
		deviation := math.Sqrt(rate * (1 - rate) / float64(size))
		for draw, mask := range masks {
			if got := mean(mask); !(math.Abs(got-rate) <= sigmas*deviation) {
				t.Errorf("dropout %d: rate %.5f, must be within %.5f of %v", draw, got, sigmas*deviation, rate)
			}
			checkDispersion(t, mask, dims[3], rate)
			if draw > 0 {
				checkIndependent(t, "two dropouts of a model", masks[draw-1], mask, rate)
			}
		}
		stride := size
		for axis, dim := range dims {
			stride /= dim
			for lag := 1; lag <= 3; lag++ {
				what := fmt.Sprintf("elements %d apart along axis %d", lag, axis)
				checkIndependent(t, what, masks[0][lag*stride:], masks[0][:size-lag*stride], rate)
			}
		}
		for i := range 4 {
			for j := range i {
				group := func(i int) []float64 { return masks[0][i*size/4 : (i+1)*size/4] }
				checkIndependent(t, "two groups' keys", group(i), group(j), rate)
			}
		}
	}
}

// checkDispersion holds that the numbers of drops in stretches of n elements vary as independent draws' do: their
// variance over rate*(1-rate)*n is 1, with a standard deviation of sqrt(2/stretches).
func checkDispersion(t *testing.T, mask []float64, n int, rate float64) {
	t.Helper()
	stretches := len(mask) / n
	sum := 0.0
	for i := range stretches {
		excess := float64(n) * (mean(mask[i*n:(i+1)*n]) - rate)
		sum += excess * excess
	}
	dispersion := sum / float64(stretches) / (rate * (1 - rate) * float64(n))
	if bound := sigmas * math.Sqrt(2/float64(stretches)); !(math.Abs(dispersion-1) <= bound) {
		t.Errorf("drops per row vary %.3f times as much as independent ones, must be within %.3f of 1", dispersion,
			bound)
	}
}

// Two steps' keys drop different elements; the same key drops the same.
func TestDropoutFollowsItsKey(t *testing.T) {
	const rate = 0.25
	draw := func(a, b uint32) []float64 {
		return dropped(t, rate, tensors.FromFlatDataAndDimensions([]uint32{a, b}, 1, 2), 1, 8, 200, 50)[0]
	}
	first := draw(123, 456)
	if !slices.Equal(first, draw(123, 456)) {
		t.Error("the same key dropped other elements")
	}
	checkIndependent(t, "first half of the key", first, draw(124, 456), rate)
	checkIndependent(t, "second half of the key", first, draw(123, 457), rate)
}

// The gradient passes where the value passed, with the same scale.
func TestDropoutGradient(t *testing.T) {
	keys := dropoutKeys(1)
	exec := MustNewExec(backend(t), func(x, keys *Node) []*Node {
		y := NewDropout(0.4, keys).apply(x)
		return []*Node{y, Gradient(ReduceAllSum(y), x)[0]}
	})
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromScalarAndDimensions(float32(1), 5, 60), keys)
	if err != nil {
		t.Fatal(err)
	}
	if d := largestDifference(floats(t, out[1]), floats(t, out[0])); d != 0 {
		t.Errorf("gradient and value differ by %g", d)
	}
}

func TestDropoutRates(t *testing.T) {
	if NewDropout(0, nil) != nil {
		t.Error("rate 0 must drop nothing")
	}
	for _, rate := range []float64{-0.1, 1, 2, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("rate %v must be refused", rate)
				}
			}()
			NewDropout(rate, nil)
		}()
	}
}
