// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"
)

// Rescale returns a copy of a model in which everything that enters the residual stream is factor times as large: the
// shared embeddings, and the output of every attention (o) and feed-forward network (wo). Each sub-layer normalises
// what it reads, with an Epsilon that grows with the square of the factor, so the scale ends at the last norm of either
// stack. Where the embeddings are also the output layer (tied, T5 v1.0), the decoder's last norm is divided by factor;
// an lm_head of its own (v1.1) stays as it is.
//
// The two models compute the same function of tokens, up to rounding. They differ for a soft prompt, which enters the
// stream at its own scale: a prompt has the same effect on m as factor times that prompt on the copy.
func Rescale(backend compute.Backend, m *Model, factor float64) (*Model, error) {
	if !(factor > 0) || math.IsInf(factor, 0) {
		return nil, fmt.Errorf("t5: a model is rescaled by a positive, finite factor, found %g", factor)
	}
	config := m.Config
	config.Epsilon *= factor * factor
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("t5: a model cannot be rescaled by %g: %w", factor, err)
	}
	scaled := &Model{Config: config, Store: model.NewStore(), Unknown: m.Unknown}
	for _, w := range m.Weights() {
		old, err := m.Store.GetVariable(w.path()).Value()
		if err != nil {
			return nil, err
		}
		host, err := m.CopyWeight(w)
		if err != nil {
			return nil, err
		}
		values, err := tensors.CopyFlatData[float32](host)
		if err != nil {
			return nil, err
		}
		a := m.rescaling(w.Name, factor)
		value, err := fill(backend, old.Shape(), func(i int) float32 { return float32(a * float64(values[i])) })
		if err != nil {
			return nil, err
		}
		if err := scaled.set(w, value); err != nil {
			return nil, err
		}
	}
	return scaled, nil
}

// rescaling returns the number that [Rescale] multiplies a weight by.
func (c *Config) rescaling(name string, factor float64) float64 {
	switch {
	case name == "shared.weight", strings.HasSuffix(name, "Attention.o.weight"), strings.HasSuffix(name, ".wo.weight"):
		return factor
	case name == "decoder.final_layer_norm.weight" && c.TiedEmbeddings:
		return 1 / factor
	}
	return 1
}

// EmbeddingDeviation returns the standard deviation of all elements of the shared embedding table. Published T5 v1.1
// small's is 11.6 (github.com/huggingface/transformers, pull request 26441).
func (m *Model) EmbeddingDeviation() (float64, error) {
	table, err := m.CopyWeight(m.Weights()[0])
	if err != nil {
		return 0, err
	}
	flat, err := tensors.CopyFlatData[float32](table)
	if err != nil {
		return 0, err
	}
	elements := make([]float64, len(flat))
	for i, x := range flat {
		elements[i] = float64(x)
	}
	return stat.PopStdDev(elements, nil), nil
}
