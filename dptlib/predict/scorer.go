// SPDX-License-Identifier: Apache-2.0

package predict

import (
	"context"
	"math"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/t5"
)

// scorer compares the likelihoods of k target texts given a source.
type scorer struct {
	exec      *model.Exec
	k         int
	batchSize int
}

// newScorer runs the encoder once for all targets, and the decoder once for each.
func newScorer(backend compute.Backend, m *t5.Model, method *prompt.Installed, targets [][]int32,
	batchSize int) (*scorer, error) {
	exec, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
		sources, g := in[0], in[0].Graph()
		weights := method.Weights(g)
		encoded := prompt.Encode([]*prompt.Installed{method}, sources, in[1], nil, nil)
		b := sources.Shape().Dim(0)
		losses := make([]*Node, len(targets))
		for i, target := range targets {
			labels := BroadcastToDims(Const(g, [][]int32{target}), b, len(target)) // [b, t]
			perToken := t5.GroupLosses(m.Decode(weights, encoded, labels, nil), labels, b)
			losses[i] = MulScalar(perToken, len(target))
		}
		return Stack(losses, 1) // [b, k] nats
	})
	if err != nil {
		return nil, err
	}
	return &scorer{exec.SetMaxCache(-1), len(targets), batchSize}, nil
}

// probabilities returns each example's likelihoods of the targets, scaled to a sum of 1.
func (s *scorer) probabilities(ctx context.Context, examples []train.Pair) ([][]float64, error) {
	all := make([][]float64, len(examples))
	for first := 0; first < len(examples); first += s.batchSize {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some := examples[first:min(first+s.batchSize, len(examples))]
		out, err := s.exec.Call1(train.NewBatch(s.batchSize, some).Inputs()[:2]...)
		if err != nil {
			return nil, err
		}
		losses, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, err
		}
		for i := range some {
			all[first+i] = softmin(losses[i*s.k : (i+1)*s.k])
		}
	}
	return all, nil
}

// softmin returns exp(-loss) of each loss, over the sum of all.
func softmin(losses []float32) []float64 {
	p, sum := make([]float64, len(losses)), 0.0
	for i, loss := range losses {
		p[i] = math.Exp(float64(slices.Min(losses) - loss))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
