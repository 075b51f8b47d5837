// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// LoRA is low-rank adaptation (Hu et al. 2022, arXiv 2106.09685) as HuggingFace PEFT applies it to a T5: the query and
// value weights of all attentions, encoder and decoder, self and cross, become W + alpha/r·B·A, with A [r, in] and B
// [out, r]. Of L layers in each stack it trains 3L·2·r·(e + h·k) parameters, and there is no prompt.
//
// PEFT's default is r = alpha = 8; learning rates are from 3e-4 to 1e-3, with AdamW. Dropout on x in x·A, an option in
// PEFT, would not be a change of the weights and is left out. A bfloat16 model's weights are rounded after the sum.
type LoRA struct {
	Rank  int     `json:"rank"`  // r
	Alpha float64 `json:"alpha"` // its factor is alpha/r
}

var _ = Register(LoRA{Rank: 8, Alpha: 8})

// Name implements [Method].
func (LoRA) Name() string { return "LoRA" }

// Vectors implements [Method].
func (LoRA) Vectors() int { return 0 }

// LearningRate implements [RateChooser]: the prompts' 0.3 destroys the weights.
func (LoRA) LearningRate() float64 { return 1e-3 }

// Parameters implements [Counter].
func (l LoRA) Parameters(c t5.Config) int {
	return (c.Layers + 2*c.DecoderLayers) * 2 * l.Rank * (c.DModel + c.Heads*c.DKV)
}

// adapts reports whether the weight of a module is adapted.
func (LoRA) adapts(module string) bool {
	return strings.HasSuffix(module, "Attention.q") || strings.HasSuffix(module, "Attention.v")
}

// Init implements [Method]; its variables are, for a module M such as "encoder.block.0.layer.0.SelfAttention.q", A as
// "M.lora_A.weight", uniform up to ±1/sqrt(in), and B as "M.lora_B.weight", zeros.
func (l LoRA) Init(b Backbone, random *rand.Rand) (list []Variable, err error) {
	if l.Rank < 1 || !(l.Alpha > 0) {
		return nil, fmt.Errorf("LoRA needs a rank of at least 1 and an alpha above 0, found %d and %g", l.Rank, l.Alpha)
	}
	for _, w := range b.Weights() {
		if module := strings.TrimSuffix(w.Name, ".weight"); l.adapts(module) {
			out, in := w.Shape[0], w.Shape[1]
			list = append(list, uniform(module+".lora_A.weight", random, 1/math.Sqrt(float64(in)), l.Rank, in),
				constant(module+".lora_B.weight", 0, out, l.Rank))
		}
	}
	return list, nil
}

// Prompt implements [Method].
func (LoRA) Prompt(Variables) *Node { return nil }

// Weight implements [WeightHook].
func (l LoRA) Weight(v Variables, name string, w *Node) *Node {
	module := strings.TrimSuffix(name, ".weight")
	if !l.adapts(module) {
		return w
	}
	change := Dot(v(module+".lora_B.weight"), v(module+".lora_A.weight")).MatMul() // [out, in]
	change = MulScalar(change, l.Alpha/float64(l.Rank))
	return ConvertDType(Add(ConvertDType(w, dtypes.Float32), change), w.DType())
}

// PEFT implements [PEFTAdapter].
func (l LoRA) PEFT() map[string]any {
	return map[string]any{
		"peft_type": "LORA", "r": l.Rank, "lora_alpha": l.Alpha, "lora_dropout": 0, "bias": "none",
		"fan_in_fan_out": false,
		"target_modules": []string{"q", "v"},
	}
}
