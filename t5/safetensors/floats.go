// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes/float16"
)

// Reader returns a function of element i, in row-major order, of a tensor whose dtype is F32, F16 or BF16. Float32
// holds what these hold.
func (t Tensor) Reader() (func(i int) float32, error) {
	little := binary.LittleEndian
	switch t.DType {
	case Float32:
		return func(i int) float32 { return math.Float32frombits(little.Uint32(t.Data[4*i:])) }, nil
	case BF16:
		return func(i int) float32 { return math.Float32frombits(uint32(little.Uint16(t.Data[2*i:])) << 16) }, nil
	case Float16:
		return func(i int) float32 { return float16.Float16(little.Uint16(t.Data[2*i:])).Float32() }, nil
	}
	return nil, fmt.Errorf("tensor %q: its dtype must be F32, F16 or BF16, found %s", t.Name, t.DType)
}
