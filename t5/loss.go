// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Ignored is the label of a position that has no target: padding after a target's </s>.
const Ignored = -100

// Loss is the mean cross-entropy, in nats per token, of labels [b, t] under logits [b, t, v], over all labels of the
// batch that are not [Ignored], as a scalar; it is 0 if all are.
func Loss(logits, labels *Node) *Node { return Squeeze(GroupLosses(logits, labels, 1), 0) }

// GroupLosses is [Loss] for each of k groups of b/k consecutive rows by itself: [k].
func GroupLosses(logits, labels *Node, k int) *Node {
	counted := ConvertDType(NotEqual(labels, Scalar(labels.Graph(), dtypes.Int32, Ignored)), dtypes.Float32)
	total := ReduceSum(Reshape(Mul(tokenLoss(logits, labels), counted), k, -1), 1)
	return Div(total, MaxScalar(ReduceSum(Reshape(counted, k, -1), 1), 1))
}

// tokenLoss is the cross-entropy [b, t] of each label. The label's own logit is summed out of a comparison with every
// vocabulary index, which XLA fuses: neither a one-hot array nor a scatter in the gradient is made.
func tokenLoss(logits, labels *Node) *Node {
	highest := StopGradient(ReduceAndKeep(logits, ReduceMax, -1))
	shifted := Sub(logits, highest)                                                            // [b, t, v]
	normaliser := Log(ReduceSum(Exp(shifted), -1))                                             // [b, t]
	index := Iota(logits.Graph(), shapes.Make(dtypes.Int32, logits.Shape().Dimensions...), -1) // [b, t, v]
	isLabel := Equal(index, InsertAxes(labels, -1))
	return Sub(normaliser, ReduceSum(Where(isLabel, shifted, ZerosLike(shifted)), -1))
}
