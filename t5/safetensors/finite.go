// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"encoding/binary"
	"fmt"
)

// CheckFinite returns an error that names the tensor and its first element that is an infinity or a NaN. Only F16,
// BF16, F32 and F64 are looked at. It reads some GB a second.
func (t Tensor) CheckFinite() error {
	if i := t.firstNotFinite(); i >= 0 {
		index := make([]int, len(t.Shape))
		for axis, rest := len(t.Shape)-1, i; axis >= 0; axis-- {
			index[axis], rest = rest%t.Shape[axis], rest/t.Shape[axis]
		}
		return fmt.Errorf("tensor %q: its elements must be finite, found an infinity or NaN at %v", t.Name, index)
	}
	return nil
}

// firstNotFinite returns the place of the first element whose exponent's bits are all set, as only those of infinities
// and NaNs are, or -1.
func (t Tensor) firstNotFinite() int {
	switch t.DType {
	case Float16:
		return firstFull16(t.Data, 0x7c00)
	case BF16:
		return firstFull16(t.Data, 0x7f80)
	case Float32:
		const exponent = 0x7f80_0000
		for i := 0; i+4 <= len(t.Data); i += 4 {
			if binary.LittleEndian.Uint32(t.Data[i:])&exponent == exponent {
				return i / 4
			}
		}
	case Float64:
		const exponent = 0x7ff0_0000_0000_0000
		for i := 0; i+8 <= len(t.Data); i += 8 {
			if binary.LittleEndian.Uint64(t.Data[i:])&exponent == exponent {
				return i / 8
			}
		}
	}
	return -1
}

func firstFull16(data []byte, exponent uint16) int {
	for i := 0; i+2 <= len(data); i += 2 {
		if binary.LittleEndian.Uint16(data[i:])&exponent == exponent {
			return i / 2
		}
	}
	return -1
}
