// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"dpt/t5"
)

// routing is a router's decision between k prompts for n rows.
type routing struct {
	probabilities *Node // [n, k]
	chosen        *Node // [n], of the most probable, the first of equals
}

// route decides by the mean embedding of a row's text, u·Wᵀ + b, with W [k, e] and b [k], which may be nil. In training
// each logit z becomes z·(1+ε), ε normal of standard deviation noise; gradients do not pass through the noise.
func route(in Input, weight, bias *Node, noise float64) routing {
	mask := InsertAxes(ConvertDType(in.Mask, dtypes.Float32), -1)     // [n, s, 1]
	length := MaxScalar(ReduceSum(mask, 1), 1)                        // [n, 1]; rows that pad a batch have no text
	mean := Div(ReduceSum(Mul(in.Embeddings, mask), 1), length)       // [n, e]
	logits := Dot(mean, weight).General([]int{1}, nil, []int{1}, nil) // [n, k]
	if bias != nil {
		logits = Add(logits, InsertAxes(bias, 0))
	}
	if in.Training() && noise > 0 {
		random := t5.KeyedNormal(in.Keys, 0, logits.Shape().Dimensions...)
		logits = Add(logits, Mul(StopGradient(logits), MulScalar(random, noise)))
	}
	return routing{Softmax(logits, -1), ArgMax(logits, -1, dtypes.Int32)}
}

// gates returns the probabilities of the chosen prompts, and 0 for the others: [n, k]. Gradients pass to the chosen
// prompts' probabilities and, if straight through, to those of the others, too, as if they were not 0.
func (r routing) gates(straightThrough bool) *Node {
	k := r.probabilities.Shape().Dim(1)
	kept := Mul(r.probabilities, OneHot(r.chosen, k, dtypes.Float32))
	if straightThrough {
		return Add(r.probabilities, StopGradient(Sub(kept, r.probabilities)))
	}
	return kept
}

// mixed returns the sum of k tables [k, c, w], weighted by gates [n, k] for each row: [n, c, w].
func mixed(gates, tables *Node) *Node {
	return Dot(gates, tables).General([]int{1}, nil, []int{0}, nil)
}

// orthogonal draws k rows [k, e] of length 1 at right angles to each other, uniformly among all such rows; k must be at
// most e.
func orthogonal(name string, random *rand.Rand, k, e int) Variable {
	rows := make([][]float64, k)
	values := make([]float32, 0, k*e)
	for i := range rows {
		row := make([]float64, e)
		for j := range row {
			row[j] = random.NormFloat64()
		}
		for range 2 { // the second time against rounding
			for _, other := range rows[:i] {
				floats.AddScaled(row, -floats.Dot(row, other), other)
			}
		}
		floats.Scale(1/floats.Norm(row, 2), row)
		for _, x := range row {
			values = append(values, float32(x))
		}
		rows[i] = row
	}
	return Variable{Name: name, Value: tensors.FromFlatDataAndDimensions(values, k, e)}
}
