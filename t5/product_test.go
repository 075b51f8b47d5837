// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// products are a layer's products of x and y, each [2, 19, 3, 40].
var products = map[string]func(x, y *Node) *Node{
	"scores":       attentionScores,
	"weighted sum": func(x, y *Node) *Node { return weightedSum(attentionScores(x, x), y) },
	"cross scores": func(x, y *Node) *Node { return crossScores(x, Reshape(y, 2, -1, 40)) },
	"cross sum":    func(x, y *Node) *Node { return crossSum(x, Reshape(y, 2, 40, -1)) },
	"linear":       func(x, y *Node) *Node { return linear(x, Reshape(y, -1, 40), x.DType()) },
}

// Gradients of products in float32 are GoMLX's own within 1e-5 of their norm, and those in bfloat16, computed in it,
// lie within 1 % of the norm of float32's for the same operands.
func TestProductGradients(t *testing.T) {
	plain := map[string]func(x, y *Node) *Node{
		"scores": func(x, y *Node) *Node { return Einsum("bqhk,bshk->bhqs", x, y) },
		"weighted sum": func(x, y *Node) *Node {
			return Einsum("bhqs,bshk->bqhk", Einsum("bqhk,bshk->bhqs", x, x), y)
		},
		"cross scores": func(x, y *Node) *Node { return Einsum("bhte,bse->bhts", x, Reshape(y, 2, -1, 40)) },
		"cross sum":    func(x, y *Node) *Node { return Einsum("bhts,bse->bhte", x, Reshape(y, 2, 40, -1)) },
		"linear":       func(x, y *Node) *Node { return Einsum("bqhk,mk->bqhm", x, Reshape(y, -1, 40)) },
	}
	for name, product := range products {
		t.Run(name, func(t *testing.T) {
			x, y := normal(1, 2, 19, 3, 40), normal(2, 2, 19, 3, 40)
			gradients := func(product func(x, y *Node) *Node, dtype dtypes.DType) [][]float32 {
				out := call(t, random(t, tiny()["v1.0"], dtypes.Float32, 1), func(_ Scope, in []*Node) []*Node {
					for i := range in { // what both dtypes hold exactly
						in[i] = ConvertDType(ConvertDType(in[i], dtypes.BFloat16), dtype)
					}
					result := ConvertDType(product(in[0], in[1]), dtypes.Float32)
					along := Cos(ConvertDType(IotaFull(in[0].Graph(), result.Shape()), dtypes.Float32))
					found := Gradient(ReduceAllSum(Mul(result, along)), in[0], in[1])
					return []*Node{ConvertDType(found[0], dtypes.Float32), ConvertDType(found[1], dtypes.Float32)}
				}, x, y)
				return [][]float32{floats(t, out[0]), floats(t, out[1])}
			}
			want := gradients(plain[name], dtypes.Float32)
			for dtype, bound := range map[dtypes.DType]float64{dtypes.Float32: 1e-5, dtypes.BFloat16: 0.01} {
				for i, got := range gradients(product, dtype) {
					what := fmt.Sprintf("%s, operand %d, %s", name, i, dtype)
					checkNorm(t, what, got, want[i], bound)
				}
			}
		})
	}
}

// checkNorm bounds the norm of the difference, relative to that of want.
func checkNorm(t *testing.T, what string, got, want []float32, bound float64) {
	t.Helper()
	var difference, norm float64
	for i := range want {
		difference += math.Pow(float64(got[i]-want[i]), 2)
		norm += math.Pow(float64(want[i]), 2)
	}
	e := math.Sqrt(difference / norm)
	t.Logf("%s: %.2g", what, e)
	if !(e <= bound) {
		t.Errorf("%s: the gradient differs by %.2g of its norm, may by %g", what, e, bound)
	}
}
