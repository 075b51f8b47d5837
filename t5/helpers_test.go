// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/pjrt"
)

// backend is the process's XLA backend; a test without one has nothing to run on.
func backend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := pjrt.Backend()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// call runs a graph function once on the model's weights.
func call(t testing.TB, m *Model, f func(scope *model.Scope, in []*Node) []*Node, inputs ...any) []*tensors.Tensor {
	t.Helper()
	exec, err := model.NewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) []*Node { return f(m.Scope(), in) })
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(inputs...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return out
}

// promptOf is (A·B)ᵀ, [c, e].
func promptOf(a, b *Node) *Node { return Transpose(MatMul(a, b), 0, 1) }

func toBool(mask *Node) *Node { return NotEqual(mask, ZerosLike(mask)) }

func floats(t testing.TB, value *tensors.Tensor) []float32 {
	t.Helper()
	flat, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		t.Fatal(err)
	}
	return flat
}

// relativeError is the largest difference over the largest magnitude of want; infinite where got has a NaN.
func relativeError(got, want []float32) float64 {
	var difference, magnitude float64
	for i := range want {
		difference = max(difference, math.Abs(float64(got[i])-float64(want[i])))
		magnitude = max(magnitude, math.Abs(float64(want[i])))
		if math.IsNaN(float64(got[i])) {
			return math.Inf(1)
		}
	}
	return difference / max(magnitude, math.SmallestNonzeroFloat64)
}
