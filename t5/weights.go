// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5/safetensors"
)

// Weight is one parameter of a T5 by its HuggingFace name. In the model's store, dots are slashes.
type Weight struct {
	Name  string  // such as "encoder.block.0.layer.0.SelfAttention.q.weight"
	Shape []int   // linear layers are [out, in], as PyTorch stores them
	scale float64 // standard deviation of its random initialisation, before initializer_factor; 0 stands for all ones
}

// Weights lists every parameter that the architecture has. Tied embeddings come once, as "shared.weight".
func (c *Config) Weights() []Weight {
	var list []Weight
	add := func(scale float64, shape []int, format string, args ...any) {
		list = append(list, Weight{fmt.Sprintf(format, args...) + ".weight", shape, scale})
	}
	e, inner, f := c.DModel, c.Heads*c.DKV, c.DFF
	root := func(n int) float64 { return 1 / math.Sqrt(float64(n)) }

	attention := func(prefix string) {
		add(root(e*c.DKV), []int{inner, e}, "%s.q", prefix)
		add(root(e), []int{inner, e}, "%s.k", prefix)
		add(root(e), []int{inner, e}, "%s.v", prefix)
		add(root(inner), []int{e, inner}, "%s.o", prefix)
	}
	stack := func(name string, layers int, sublayers ...string) {
		for i := range layers {
			for j, kind := range sublayers {
				prefix := fmt.Sprintf("%s.block.%d.layer.%d", name, i, j)
				add(0, []int{e}, "%s.layer_norm", prefix)
				switch {
				case kind != "DenseReluDense":
					attention(prefix + "." + kind)
					if i == 0 && kind == "SelfAttention" {
						add(root(e), []int{c.Buckets, c.Heads}, "%s.SelfAttention.relative_attention_bias", prefix)
					}
				case c.Gated():
					add(root(e), []int{f, e}, "%s.DenseReluDense.wi_0", prefix)
					add(root(e), []int{f, e}, "%s.DenseReluDense.wi_1", prefix)
					add(root(f), []int{e, f}, "%s.DenseReluDense.wo", prefix)
				default:
					add(root(e), []int{f, e}, "%s.DenseReluDense.wi", prefix)
					add(root(f), []int{e, f}, "%s.DenseReluDense.wo", prefix)
				}
			}
		}
		add(0, []int{e}, "%s.final_layer_norm", name)
	}
	add(1, []int{c.VocabSize, e}, "shared")
	stack("encoder", c.Layers, "SelfAttention", "DenseReluDense")
	stack("decoder", c.DecoderLayers, "SelfAttention", "EncDecAttention", "DenseReluDense")
	if !c.TiedEmbeddings {
		add(1, []int{c.VocabSize, e}, "lm_head")
	}
	return list
}

// NumParameters counts the weights' elements.
func (c *Config) NumParameters() int {
	total := 0
	for _, p := range c.Weights() {
		total += shapes.Make(dtypes.Float32, p.Shape...).Size()
	}
	return total
}

// toDevice copies a file's tensor to the backend, converting it on the way: no copy of it stays in host memory.
func toDevice(backend compute.Backend, from safetensors.Tensor, dtype dtypes.DType) (*tensors.Tensor, error) {
	read, err := from.Reader()
	if err != nil {
		return nil, err
	}
	shape := shapes.Make(dtype, from.Shape...)
	if fileDType(dtype) == from.DType {
		return tensors.FromRaw(backend, 0, shape, from.Data)
	}
	return fill(backend, shape, read)
}

// fill makes a tensor on the backend of value(0), value(1), ... in row-major order; its dtype is float32 or bfloat16.
func fill(backend compute.Backend, shape shapes.Shape, value func(i int) float32) (*tensors.Tensor, error) {
	t, err := tensors.FromShapeForBackend(backend, 0, shape)
	if err != nil {
		return nil, err
	}
	err = t.MutableFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float32:
			for i := range flat {
				flat[i] = value(i)
			}
		case []bfloat16.BFloat16:
			for i := range flat {
				flat[i] = bfloat16.FromFloat32(value(i))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if backend.HasSharedBuffers() {
		return t, nil
	}
	if err := t.MaterializeOnDevice(backend, false, 0); err != nil {
		return nil, err
	}
	t.FinalizeLocal()
	return t, nil
}

// checkDType returns an error if weights cannot be held in dtype.
func checkDType(dtype dtypes.DType) error {
	if dtype != dtypes.Float32 && dtype != dtypes.BFloat16 {
		return fmt.Errorf("t5: weights are held in float32 or bfloat16, not in %s", dtype)
	}
	return nil
}

// fileDType returns the file format's name for a backbone dtype.
func fileDType(dtype dtypes.DType) safetensors.DType {
	if dtype == dtypes.BFloat16 {
		return safetensors.BF16
	}
	return safetensors.Float32
}
