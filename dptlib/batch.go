// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
)

// Example is one tokenised pair of texts; both end with </s>.
type Example struct {
	Source, Target []int32
}

// Batch is a rectangle of examples, padded on the right.
type Batch struct {
	Rows    []int   // the examples' indices; there can be fewer than Size
	Size    int     // b
	Sources []int32 // [b, n]
	Mask    []bool  // [b, n], true on tokens
	Labels  []int32 // [b, t], t5.Ignored behind a target
}

// lengths are the padded lengths that batches can have: few, because XLA compiles each shape anew, and close enough
// together that padding stays below a third.
var lengths = []int{2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024}

// padded is the smallest of lengths that holds n tokens; beyond the last, a multiple of it.
func padded(n int) int {
	last := lengths[len(lengths)-1]
	if n > last {
		return (n + last - 1) / last * last
	}
	i, _ := slices.BinarySearch(lengths, n)
	return lengths[i]
}

// newBatch pads the examples of rows to common lengths, and to size rows with empty ones, which add nothing to the
// loss: so the last, short batch of an epoch needs no graph of its own.
func newBatch(examples []Example, rows []int, size int) *Batch {
	n, t := 0, 0
	for _, row := range rows {
		n, t = max(n, len(examples[row].Source)), max(t, len(examples[row].Target))
	}
	n, t = padded(n), padded(t)
	b := &Batch{rows, size, make([]int32, size*n), make([]bool, size*n), slices.Repeat([]int32{t5.Ignored}, size*t)}
	for i, row := range rows {
		copy(b.Labels[i*t:], examples[row].Target)
		for j, id := range examples[row].Source {
			b.Sources[i*n+j], b.Mask[i*n+j] = id, true
		}
	}
	return b
}

// inputs are the batch as the graph's tensors: sources, mask and labels.
func (b *Batch) inputs() []any {
	return []any{
		tensors.FromFlatDataAndDimensions(b.Sources, b.Size, len(b.Sources)/b.Size),
		tensors.FromFlatDataAndDimensions(b.Mask, b.Size, len(b.Mask)/b.Size),
		tensors.FromFlatDataAndDimensions(b.Labels, b.Size, len(b.Labels)/b.Size),
	}
}

// trainingOrder deals one epoch's examples into batches of size, the last of them perhaps short. The examples are
// shuffled; within each window of so many batches they are then sorted by length, so that a batch holds rows of like
// length and little padding; at last the batches are shuffled. A window of 1 is the released code's order: no sorting.
func trainingOrder(examples []Example, size, window int, random *rand.Rand) [][]int {
	order := random.Perm(len(examples))
	if window > 1 {
		for chunk := range slices.Chunk(order, size*window) {
			sortByLength(examples, chunk)
		}
	}
	batches := slices.Collect(slices.Chunk(order, size))
	if window > 1 {
		random.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	}
	return batches
}

// evaluationOrder deals the examples into batches of size by length.
func evaluationOrder(examples []Example, size int) [][]int {
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	sortByLength(examples, order)
	return slices.Collect(slices.Chunk(order, size))
}

func sortByLength(examples []Example, rows []int) {
	slices.SortStableFunc(rows, func(i, j int) int {
		return cmp.Compare(len(examples[i].Source), len(examples[j].Source))
	})
}
