// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// relativeBucket maps a key's position relative to the query's to a row of the relative attention bias table
// (T5, section 2.1): one row for each small distance, then logarithmically wider ones up to maxDistance; beyond it all
// share the last. The encoder halves the rows between keys before and after the query; the decoder has only keys
// before it. Computed in float32, as the published models were.
func relativeBucket(relative, buckets, maxDistance int, bidirectional bool) int32 {
	first, distance := 0, max(-relative, 0)
	if bidirectional {
		buckets /= 2
		if relative > 0 {
			first, distance = buckets, relative
		}
	}
	exact := buckets / 2
	if distance < exact {
		return int32(first + distance)
	}
	octaves := float32(math.Log(float64(float32(distance)/float32(exact)))) /
		float32(math.Log(float64(maxDistance)/float64(exact)))
	return int32(first + min(exact+int(octaves*float32(buckets-exact)), buckets-1))
}

// relativeBias returns the bias [1, h, q, s] that a stack's self-attention adds to its scores. Its table, [buckets, h],
// belongs to the stack's first layer and serves all of them.
func (c *Config) relativeBias(stack Scope, g *Graph, queries, keys int, bidirectional bool) *Node {
	table := stack.sublayer(0, 0).at("SelfAttention").at("relative_attention_bias").float32Weight(g)
	buckets := make([]int32, queries+keys-1) // indexed by key - query + queries - 1
	for i := range buckets {
		buckets[i] = relativeBucket(i-queries+1, c.Buckets, c.MaxDistance, bidirectional)
	}
	byDistance := Gather(table, InsertAxes(Const(g, buckets), -1)) // [q+s-1, h]

	square := shapes.Make(dtypes.Int32, queries, keys)
	index := AddScalar(Sub(Iota(g, square, 1), Iota(g, square, 0)), queries-1) // [q, s]
	bias := Gather(byDistance, InsertAxes(index, -1))                          // [q, s, h]
	// Without the barrier, XLA on a GPU may gather the bias anew for the scores of each layer, and then writes their sum
	// in float32.
	return OptimizationBarrier(InsertAxes(TransposeAllAxes(bias, 2, 0, 1), 0))
}
