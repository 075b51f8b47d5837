// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"

	"github.com/gomlx/compute/dtypes/bfloat16"
)

// Embeddings copies rows of the shared embedding table: [len(ids), e], row after row, as float32.
func (m *Model) Embeddings(ids []int32) ([]float32, error) {
	table, err := m.Store.GetVariable(scopePath + "/shared/weight").Value()
	if err != nil {
		return nil, err
	}
	e := m.DModel
	rows := make([]float32, 0, len(ids)*e)
	for _, id := range ids {
		if id < 0 || int(id) >= m.VocabSize {
			return nil, fmt.Errorf("a token must be from 0 to %d, found %d", m.VocabSize-1, id)
		}
	}
	err = table.ConstFlatData(func(flat any) {
		for _, id := range ids {
			from, to := int(id)*e, (int(id)+1)*e
			switch flat := flat.(type) {
			case []float32:
				rows = append(rows, flat[from:to]...)
			case []bfloat16.BFloat16:
				for _, x := range flat[from:to] {
					rows = append(rows, x.Float32())
				}
			}
		}
	})
	return rows, err
}
