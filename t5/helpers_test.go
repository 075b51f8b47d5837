// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
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
func call(t testing.TB, m *Model, f func(scope Scope, in []*Node) []*Node, inputs ...any) []*tensors.Tensor {
	t.Helper()
	exec, err := model.NewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) []*Node {
		return f(m.Scope(), in)
	})
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

// tiny returns small architectures of both generations, in which no two widths are equal.
func tiny() map[string]Config {
	v10 := Small
	v10.VocabSize, v10.DModel, v10.DKV, v10.DFF = 97, 24, 5, 40
	v10.Layers, v10.DecoderLayers, v10.Heads = 2, 3, 3
	v10.MaxDistance = 40
	v11 := v10
	v11.FeedForward, v11.TiedEmbeddings, v11.ScaledOutputs = "gated-gelu", false, false
	return map[string]Config{"v1.0": v10, "v1.1": v11}
}

func random(t testing.TB, c Config, dtype dtypes.DType, seed uint64) *Model {
	t.Helper()
	m, err := Random(backend(t), c, dtype, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// normal are standard normal numbers in a tensor of the given shape.
func normal(seed uint64, dims ...int) *tensors.Tensor {
	source := rand.New(rand.NewPCG(seed, 0))
	value := tensors.FromShape(shapes.Make(dtypes.Float32, dims...))
	tensors.MustMutableFlatData(value, func(flat []float32) {
		for i := range flat {
			flat[i] = float32(source.NormFloat64())
		}
	})
	return value
}

// sources are rows of random tokens of the given lengths, padded to the longest and by extra more: tokens [b, n] and
// their mask.
func sources(c Config, extra int, lengths ...int) (tokens, mask *tensors.Tensor) {
	b, n := len(lengths), slices.Max(lengths)+extra
	ids, real := make([]int32, b*n), make([]bool, b*n)
	for row, length := range lengths {
		source := rand.New(rand.NewPCG(uint64(row), 7))
		for i := range length {
			ids[row*n+i], real[row*n+i] = int32(2+source.IntN(c.VocabSize-2)), true
		}
	}
	return tensors.FromFlatDataAndDimensions(ids, b, n), tensors.FromFlatDataAndDimensions(real, b, n)
}

// targets are rows of random labels [b, t], each but the first shorter than the others by one ignored position.
func targets(c Config, b, t int) *tensors.Tensor {
	source := rand.New(rand.NewPCG(3, 9))
	ids := make([]int32, b*t)
	for i := range ids {
		ids[i] = int32(2 + source.IntN(c.VocabSize-2))
		if i >= t && i%t == t-1 {
			ids[i] = Ignored
		}
	}
	return tensors.FromFlatDataAndDimensions(ids, b, t)
}

// largestDifference is max |got - want|; infinite where the lengths differ or got has a NaN.
func largestDifference(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	largest := 0.0
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		largest = max(largest, d)
	}
	return largest
}
