// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// TestDecomposedText: P is the text's embeddings T where the bottleneck allows for it, and else the nearest matrix of
// its rank, which differs from T by the other singular values; the factors share the singular values evenly; and each
// of the product's r directions can be trained, also where the text has fewer.
func TestDecomposedText(t *testing.T) {
	b := cases.Backbone(t)
	const c = 9
	text := "is it true that it rained?"
	start := prompt.DecomposedText(text)
	target, _ := product(t, b, prompt.PT{Length: c, Start: prompt.TextStart(text)})
	var svd mat.SVD
	svd.Factorize(matrix(c, target), mat.SVDNone)
	singular := svd.Values(nil)
	rank := prompt.NumericalRank(singular, b.DModel)
	if rank < 5 || rank == c {
		t.Fatalf("the test needs a text whose tokens come again, found rank %d of %d", rank, c)
	}
	for _, r := range []int{2, rank, c, 2 * c} {
		p, v := product(t, b, prompt.DPT{Length: c, Bottleneck: r, Start: start})
		var left mat.Dense
		left.Sub(matrix(c, target), matrix(c, p))
		want := 0.0
		for _, s := range singular[min(r, rank):] {
			want += s * s
		}
		if got := mat.Norm(&left, 2); !(math.Abs(got-math.Sqrt(want)) <= 1e-5*singular[0]) {
			t.Errorf("bottleneck %d: the product is %g from the text, must be %g", r, got, math.Sqrt(want))
		}
		var a, bb mat.Dense
		a.Mul(matrix(b.DModel, v["A"]).T(), matrix(b.DModel, v["A"]))
		bb.Mul(matrix(r, v["B"]), matrix(r, v["B"]).T())
		for k := range r {
			if k < min(r, rank) && (math.Abs(a.At(k, k)-singular[k]) > 1e-4*singular[0] ||
				math.Abs(bb.At(k, k)-singular[k]) > 1e-4*singular[0]) {
				t.Errorf("bottleneck %d: direction %d must have %g in both factors, found %g and %g", r, k, singular[k],
					a.At(k, k), bb.At(k, k))
			}
			if k >= rank && (a.At(k, k) == 0 || bb.At(k, k) != 0) {
				t.Errorf("bottleneck %d: direction %d has %g in A, and %g in B, which must be 0 alone", r, k,
					a.At(k, k), bb.At(k, k))
			}
		}
	}
	same, _ := product(t, b, prompt.DPT{Length: c, Bottleneck: 3, Start: start})
	if again, _ := product(t, b, prompt.DPT{Length: c, Bottleneck: 3, Start: start}); !slices.Equal(same, again) {
		t.Error("the factors of a text are not the same again")
	}
	for _, bad := range []prompt.DPT{
		{Length: c, Bottleneck: 3, Start: prompt.DecomposedText("")}, {Length: c, Bottleneck: 3, Start: "text"},
		{Length: c, Bottleneck: 3, Start: prompt.Uniform, RateB: -1},
	} {
		if _, err := bad.Init(b, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}
