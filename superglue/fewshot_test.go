// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// many are n sound rows of CB with the classes in turn.
func many(n int) []Example {
	examples := make([]Example, n)
	for i := range examples {
		examples[i] = CB{Row: Row{Index: 1000 + i, Label: i % 2}, Premise: "p", Hypothesis: "h"}
	}
	return examples
}

func draw(t *testing.T, examples []Example, k int, seed uint64) []int {
	t.Helper()
	drawn, indices, err := FewShot(examples, k, seed)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range indices {
		if drawn[i].ID() != examples[at].ID() {
			t.Fatalf("example %d of the draw is %s, at %d there is %s", i, drawn[i].ID(), at, examples[at].ID())
		}
	}
	sorted := slices.Sorted(slices.Values(indices))
	if len(indices) != k || len(slices.Compact(sorted)) != k {
		t.Fatalf("drew %v; want %d distinct positions", indices, k)
	}
	return indices
}

func TestFewShot(t *testing.T) {
	examples := many(250)
	// Written down once: the draw of a seed must not change, records name it.
	if diff := cmp.Diff([]int{175, 104, 201, 177, 184, 68, 159, 9}, draw(t, examples, 8, 42)); diff != "" {
		t.Errorf("the draw of seed 42 has changed (-want +got):\n%s", diff)
	}
	for seed := range uint64(20) {
		all := draw(t, examples, 250, seed)
		for _, k := range []int{8, 16, 32} {
			if got := draw(t, examples, k, seed); !slices.Equal(got, all[:k]) {
				t.Errorf("seed %d: %d of 250 are %v; want the first of %v", seed, k, got, all[:k])
			}
		}
		if slices.Equal(draw(t, examples, 8, seed), draw(t, examples, 8, seed+1)) {
			t.Errorf("seeds %d and %d draw the same", seed, seed+1)
		}
	}
}

// Labels are not balanced: of 16 drawn from two equal classes the number in one class has the hypergeometric
// distribution's mean 8 and variance 16/4 · (250-16)/(250-1) = 3.76. Balancing would make that variance 0.
func TestFewShotIsNotBalanced(t *testing.T) {
	examples := many(250)
	const draws = 4000
	var sum, squares float64
	for seed := range uint64(draws) {
		n := 0.0
		for _, i := range draw(t, examples, 16, seed) {
			n += float64(examples[i].Class())
		}
		sum += n
		squares += n * n
	}
	mean := sum / draws
	variance := squares/draws - mean*mean
	// Five standard errors: sqrt(3.76/4000) = 0.031 of the mean, about 3.76·sqrt(2/4000) = 0.084 of the variance.
	if math.Abs(mean-8) > 0.16 || math.Abs(variance-3.76) > 0.42 {
		t.Errorf("of 16, one class has %.3f with variance %.3f; want 8 and 3.76", mean, variance)
	}
}

func TestFewShotErrors(t *testing.T) {
	for _, k := range []int{-1, 0, 6} {
		if drawn, _, err := FewShot(many(5), k, 1); err == nil {
			t.Errorf("drew %d of 5 and got %d", k, len(drawn))
		}
	}
	if _, _, err := FewShot(nil, 1, 1); err == nil {
		t.Error("drew 1 of 0")
	}
}
