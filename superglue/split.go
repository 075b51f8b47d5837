// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"

	"gonum.org/v1/gonum/mathext/prng"
)

// HalfSplit divides n validation examples into those that select a checkpoint and those that its score is reported on,
// as DePT and its successors do where the test labels are hidden. It returns the halves of torch.randperm(n) with a
// generator of seed 42; the second is the longer one if n is odd. Scores of half a split do not compare with scores of
// a whole one.
func HalfSplit(n int) (selection, report []int) {
	const seed = 42
	order := randperm(n, seed)
	return order[:n/2], order[n/2:]
}

// randperm returns the permutation of PyTorch's randperm on a CPU, for n below 2^32/20: a Fisher-Yates shuffle from the
// front, by 32-bit numbers of the Mersenne Twister MT19937 modulo the number of elements left.
func randperm(n int, seed uint64) []int {
	random := prng.NewMT19937()
	random.Seed(seed)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := range n - 1 {
		j := i + int(random.Uint32()%uint32(n-i))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// HoldOut sets n rows of a training split aside, to select a checkpoint on, and returns the examples to train on and
// those held out. order is a permutation of the rows; its first n are held out. HoldOut takes the rows as they were
// read, before [Task.Training], so that all answers to one of ReCoRD's queries are on the same side, and WSC's held-out
// examples have both labels.
func (t Task) HoldOut(rows []Example, order []int, n int) (train, held []Example, err error) {
	if n < 1 || n >= len(rows) || len(order) != len(rows) {
		return nil, nil, fmt.Errorf("%s: a holdout takes 1 to %d of %d rows and an order of them all; "+
			"found %d in an order of %d", t.Name, len(rows)-1, len(rows), n, len(order))
	}
	for i, at := range order {
		if i < n {
			held = append(held, rows[at])
		} else {
			train = append(train, rows[at])
		}
	}
	return t.Training(train), t.Evaluation(held), nil
}
