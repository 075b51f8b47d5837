// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"math/rand/v2"
)

// fewShotStream keeps draws apart from other uses of the same seed.
const fewShotStream = 0xfe3507

// FewShot draws k examples in all, without balancing the labels, as in the paper's few-shot experiment (k = 8, 16, 32
// of [Task.Training]). The draw depends on the seed and on how many examples there are, and on nothing else: every
// method that runs with a seed gets the same examples. With one seed, a smaller draw is the beginning of a larger one.
//
// indices are the positions of the drawn examples, in the draw's order; they and the examples' IDs record it.
func FewShot(examples []Example, k int, seed uint64) (draw []Example, indices []int, err error) {
	if k < 1 || k > len(examples) {
		return nil, nil, fmt.Errorf("few-shot draws 1 to %d examples, as many as there are; found %d", len(examples), k)
	}
	indices = rand.New(rand.NewPCG(seed, fewShotStream)).Perm(len(examples))[:k]
	for _, i := range indices {
		draw = append(draw, examples[i])
	}
	return draw, indices, nil
}
