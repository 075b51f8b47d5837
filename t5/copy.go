// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// CopyWeights copies every weight into scope as a trainable float32 variable, under the same names as in [Model.Scope]:
// the graph functions find them there.
func (m *Model) CopyWeights(scope *model.Scope) error {
	for _, p := range m.Weights() {
		from, err := m.Store.GetVariable(p.path()).Value()
		if err != nil {
			return err
		}
		to := tensors.FromShape(shapes.Make(dtypes.Float32, p.Shape...))
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
		if err != nil {
			return err
		}
		path := scope.Scope() + "/" + strings.ReplaceAll(p.Name, ".", "/")
		if _, err := scope.Store().CreateVariable(path, to); err != nil {
			return err
		}
	}
	return nil
}
