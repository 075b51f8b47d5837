// SPDX-License-Identifier: Apache-2.0

package train

import (
	"cmp"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5"
)

// Batch is a rectangle of examples, padded on the right.
type Batch struct {
	Size    int     // b, rows
	Sources []int32 // [b, n]
	Mask    []bool  // [b, n], true on tokens
	Labels  []int32 // [b, t], t5.Ignored after a target
}

// lengths are the padded lengths that batches can have: few, because XLA compiles each shape, and close enough
// together that padding stays below a third.
var lengths = []int{2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024}

// padded returns the smallest of lengths that holds n tokens; beyond the last, a multiple of it.
func padded(n int) int {
	last := lengths[len(lengths)-1]
	if n > last {
		return (n + last - 1) / last * last
	}
	i, _ := slices.BinarySearch(lengths, n)
	return lengths[i]
}

// lengths returns n and t.
func (b *Batch) lengths() [2]int { return [2]int{len(b.Sources) / b.Size, len(b.Labels) / b.Size} }

// NewBatch lays out the examples of one or more runs, run after run, size rows for each. It pads them to common
// lengths, and fills each run's part up to size rows with empty ones, which add nothing to the loss: so the last, short
// batch of an epoch needs no graph of its own.
func NewBatch(size int, runs ...[]Pair) *Batch {
	n, t := 0, 0
	for _, examples := range runs {
		for _, e := range examples {
			n, t = max(n, len(e.Source)), max(t, len(e.Target))
		}
	}
	n, t = padded(n), padded(t)
	rows := size * len(runs)
	b := &Batch{rows, make([]int32, rows*n), make([]bool, rows*n), slices.Repeat([]int32{t5.Ignored}, rows*t)}
	for i, examples := range runs {
		for j, e := range examples {
			row := i*size + j
			copy(b.Labels[row*t:], e.Target)
			copy(b.Sources[row*n:], e.Source)
			for k := range e.Source {
				b.Mask[row*n+k] = true
			}
		}
	}
	return b
}

// pick returns the pairs at some places.
func pick(pairs []Pair, places []int) []Pair {
	picked := make([]Pair, len(places))
	for i, place := range places {
		picked[i] = pairs[place]
	}
	return picked
}

// Inputs returns the batch as a graph's inputs: sources [b, n], mask [b, n] and labels [b, t].
func (b *Batch) Inputs() []any {
	return []any{
		tensors.FromFlatDataAndDimensions(b.Sources, b.Size, len(b.Sources)/b.Size),
		tensors.FromFlatDataAndDimensions(b.Mask, b.Size, len(b.Mask)/b.Size),
		tensors.FromFlatDataAndDimensions(b.Labels, b.Size, len(b.Labels)/b.Size),
	}
}

// inputShapes returns the shapes of Inputs.
func (b *Batch) inputShapes() []shapes.Shape {
	lengths := b.lengths()
	return []shapes.Shape{
		shapes.Make(dtypes.Int32, b.Size, lengths[0]),
		shapes.Make(dtypes.Bool, b.Size, lengths[0]),
		shapes.Make(dtypes.Int32, b.Size, lengths[1]),
	}
}

// trainingOrder deals an epoch's examples into batches of size, the last of them perhaps short. The seed shuffles the
// examples; within each window of that many batches they are then sorted by length, so that a batch holds rows of
// similar length and little padding; finally the seed shuffles the batches. So runs with different seeds share nothing,
// alone or in a group, whose batches are padded to the longest batch of its runs. A window of 1 gives the released
// code's order: no sorting.
func trainingOrder(pairs []Pair, size, window int, seed uint64, epoch int) [][]int {
	random := stream(seed, orderStream, epoch)
	order := random.Perm(len(pairs))
	if window == 1 {
		return slices.Collect(slices.Chunk(order, size))
	}
	for chunk := range slices.Chunk(order, size*window) {
		sortByLength(pairs, chunk)
	}
	batches := slices.Collect(slices.Chunk(order, size))
	random.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches
}

// evaluationOrder deals the examples into batches of size by length.
func evaluationOrder(pairs []Pair, size int) [][]int {
	order := make([]int, len(pairs))
	for i := range order {
		order[i] = i
	}
	sortByLength(pairs, order)
	return slices.Collect(slices.Chunk(order, size))
}

func sortByLength(pairs []Pair, places []int) {
	slices.SortStableFunc(places, func(i, j int) int {
		return cmp.Compare(len(pairs[i].Source), len(pairs[j].Source))
	})
}
