// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Word is a piece of the vocabulary near a prompt vector.
type Word struct {
	Piece  string
	Cosine float64 // of the angle between the vector and the piece's embedding, from -1 to 1
}

// Nearest returns, for each vector of the prompt, the n pieces of the vocabulary whose embeddings have the smallest
// angle to it, the nearest first.
func (p *Trained) Nearest(b Backbone, n int) ([][]Word, error) {
	if p.Length == 0 || p.Width != b.DModel {
		return nil, fmt.Errorf("nearest words need a prompt of width %d, found %d vectors of %d", b.DModel, p.Length,
			p.Width)
	}
	ids := make([]int32, b.Vocabulary.Size())
	for i := range ids {
		ids[i] = int32(i)
	}
	table, err := b.Embeddings(ids)
	if err != nil {
		return nil, err
	}
	rows, vectors := unitRows(table, p.Width), unitRows(p.Elements(), p.Width)
	nearest := make([][]Word, p.Length)
	for i, v := range vectors {
		words := make([]Word, len(rows))
		for id, row := range rows {
			words[id] = Word{b.Vocabulary.Piece(int32(id)), dot(v, row)}
		}
		slices.SortStableFunc(words, func(a, b Word) int { return cmp.Compare(b.Cosine, a.Cosine) })
		nearest[i] = slices.Clone(words[:min(n, len(words))])
	}
	return nearest, nil
}

// Similarity returns how much of prompt p is in prompt q, regardless of the order of their vectors: the mean, over the
// vectors of p, of the largest cosine to a vector of q. It is 1 where q has every vector of p, and about √(2·ln c / e)
// for c random vectors of width e. It is NaN for prompts of different widths.
func (p *Trained) Similarity(q *Trained) float64 {
	if p.Length == 0 || q.Length == 0 || p.Width != q.Width {
		return math.NaN()
	}
	mine, theirs := unitRows(p.Elements(), p.Width), unitRows(q.Elements(), q.Width)
	sum := 0.0
	for _, v := range mine {
		largest := -1.0
		for _, w := range theirs {
			largest = max(largest, dot(v, w))
		}
		sum += largest
	}
	return sum / float64(len(mine))
}

// unitRows splits elements into rows of the given width, each scaled to length 1; a row of zeros stays as it is.
func unitRows(elements []float32, width int) (rows [][]float64) {
	for row := range slices.Chunk(elements, width) {
		scaled, square := make([]float64, width), 0.0
		for i, x := range row {
			scaled[i] = float64(x)
			square += scaled[i] * scaled[i]
		}
		for i := range scaled {
			scaled[i] /= max(math.Sqrt(square), math.SmallestNonzeroFloat64)
		}
		rows = append(rows, scaled)
	}
	return rows
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
