// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"cmp"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/superglue/lookalike"
	"dpt/t5"
)

// The greatest numbers of tokens of a text and of its answer; longer ones are cut.
const longestSource, longestTarget = 80, 16

// group is the number of batches that are drawn at once and sorted by length, so that a batch holds rows of similar
// length.
const group = 4

// batch is a rectangle of texts.
type batch struct {
	sources, labels *tensors.Tensor // [b, n] and [b, t], int32
}

// pair is a text and its answer as tokens.
type pair struct{ source, target []int32 }

// draw returns the batches of a group. They depend on the arguments alone, so that a resumed run sees the batches that
// it would have seen.
func (l layout) draw(seed uint64, number, size int, progress float64, vocabulary vocabulary) []batch {
	stream := lookalike.NewStream(seed, uint64(number))
	pairs := make([]pair, group*size)
	for i := range pairs {
		text := stream.Next(progress)
		pairs[i] = pair{
			vocabulary.encode(text.Source, longestSource),
			vocabulary.encode(text.Target, longestTarget),
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { // by target within source, by length as padded
		return cmp.Or(cmp.Compare(padded(len(a.target), l.targets), padded(len(b.target), l.targets)),
			cmp.Compare(len(a.source), len(b.source)))
	})
	batches := make([]batch, 0, group)
	for rows := range slices.Chunk(pairs, size) {
		n, t := 0, 0
		for _, p := range rows {
			n, t = max(n, len(p.source)), max(t, len(p.target))
		}
		batches = append(batches, newBatch(rows, size, padded(n, l.sources), padded(t, l.targets)))
	}
	return batches
}

// newBatch pads rows to n source and t target tokens, and to size rows with empty ones.
func newBatch(rows []pair, size, n, t int) batch {
	sources, labels := make([]int32, size*n), slices.Repeat([]int32{t5.Ignored}, size*t)
	for i, p := range rows {
		copy(sources[i*n:(i+1)*n], p.source)
		copy(labels[i*t:(i+1)*t], p.target)
	}
	return batch{
		tensors.FromFlatDataAndDimensions(sources, size, n), tensors.FromFlatDataAndDimensions(labels, size, t),
	}
}

// padded returns the smallest of lengths that holds n.
func padded(n int, lengths []int) int {
	i, _ := slices.BinarySearch(lengths, n)
	return lengths[i]
}
