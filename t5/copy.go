// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// CopyWeight copies one of [Config.Weights] to the host, as float32.
func (m *Model) CopyWeight(w Weight) (*tensors.Tensor, error) {
	from, err := m.Store.GetVariable(w.path()).Value()
	if err != nil {
		return nil, err
	}
	to := tensors.FromShape(shapes.Make(dtypes.Float32, w.Shape...))
	err = from.ConstFlatData(func(source any) {
		tensors.MustMutableFlatData(to, func(flat []float32) {
			switch source := source.(type) {
			case []float32:
				copy(flat, source)
			case []bfloat16.BFloat16:
				for i, x := range source {
					flat[i] = x.Float32()
				}
			}
		})
	})
	return to, err
}
