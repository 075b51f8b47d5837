// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"math/rand/v2"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// IA3 is (IA)³ (Liu et al. 2022, arXiv 2205.05638): trained factors, 1 at the start, of each element of the keys and
// values of all attentions, and of each input of the feed-forward networks' last layers wo. As weights [out, in] these
// are the rows of k and v and the columns of wo, so that nothing else of the model changes: 3L·2·h·k + 2L·f parameters
// of L layers in each stack, and there is no prompt.
//
// Its paper trains with Adafactor at 3e-3, 1,000 updates of 8 rows, with two more losses; here it has the trainer's
// optimizer and loss.
type IA3 struct{}

var _ = Register(IA3{})

// Name implements [Method].
func (IA3) Name() string { return "(IA)3" }

// Vectors implements [Method].
func (IA3) Vectors() int { return 0 }

// LearningRate implements [RateChooser]: the paper's.
func (IA3) LearningRate() float64 { return 3e-3 }

// Parameters implements [Counter].
func (IA3) Parameters(c t5.Config) int {
	return (c.Layers+2*c.DecoderLayers)*2*c.Heads*c.DKV + (c.Layers+c.DecoderLayers)*c.DFF
}

// factors returns the shape of a module's factors, given that of its weight [out, in], or nil if it has none.
func (IA3) factors(module string, weight []int) []int {
	switch {
	case strings.HasSuffix(module, "Attention.k"), strings.HasSuffix(module, "Attention.v"):
		return []int{weight[0], 1}
	case strings.HasSuffix(module, "DenseReluDense.wo"):
		return []int{1, weight[1]}
	}
	return nil
}

// Init implements [Method]; its variables are "M.ia3_l" for each module M such as
// "encoder.block.0.layer.0.SelfAttention.k", of ones: [out, 1] of keys and values, and [1, in] of wo.
func (m IA3) Init(b Backbone, _ *rand.Rand) (list []Variable, err error) {
	for _, w := range b.Weights() {
		module := strings.TrimSuffix(w.Name, ".weight")
		if shape := m.factors(module, w.Shape); shape != nil {
			list = append(list, constant(module+".ia3_l", 1, shape...))
		}
	}
	return list, nil
}

// Prompt implements [Method].
func (IA3) Prompt(Variables) *Node { return nil }

// Weight implements [WeightHook].
func (m IA3) Weight(v Variables, name string, w *Node) *Node {
	module := strings.TrimSuffix(name, ".weight")
	if m.factors(module, w.Shape().Dimensions) == nil {
		return w
	}
	return ConvertDType(Mul(ConvertDType(w, dtypes.Float32), v(module+".ia3_l")), w.DType())
}

// PEFT implements [PEFTAdapter].
func (IA3) PEFT() map[string]any {
	return map[string]any{
		"peft_type": "IA3", "target_modules": []string{"k", "v", "wo"}, "feedforward_modules": []string{"wo"},
		"fan_in_fan_out": false,
	}
}
