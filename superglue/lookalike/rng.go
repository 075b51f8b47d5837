// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"math/rand/v2"
	"slices"
)

// rng is a source of random choices.
type rng struct{ *rand.Rand }

func newRNG(seed, stream uint64) rng { return rng{rand.New(rand.NewPCG(seed, stream))} }

func (r rng) chance(p float64) bool { return r.Float64() < p }

// weighted draws an index with probability proportional to its weight.
func (r rng) weighted(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := r.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func pick[T any](r rng, from []T) T { return from[r.IntN(len(from))] }

// pickOther draws an element that is not one of those.
func pickOther(r rng, from []string, those ...string) string {
	for {
		if x := pick(r, from); !slices.Contains(those, x) {
			return x
		}
	}
}

// sample draws n different elements.
func sample[T any](r rng, from []T, n int) []T {
	drawn := make([]T, n)
	for i, j := range r.Perm(len(from))[:n] {
		drawn[i] = from[j]
	}
	return drawn
}

func shuffle[T any](r rng, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
