// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// The values of float16 bits, by IEEE 754: normal, largest, least normal, least subnormal, zero of either sign.
func TestReader(t *testing.T) {
	read := func(t *testing.T, dtype DType, bits uint16) float32 {
		half := Tensor{Name: "w", DType: dtype, Data: binary.LittleEndian.AppendUint16(nil, bits)}
		at, err := half.Reader()
		if err != nil {
			t.Fatal(err)
		}
		return at(0)
	}
	for bits, want := range map[uint16]float32{
		0x3c00: 1, 0xc000: -2, 0x3555: 0.333251953125, 0x7bff: 65504, 0x0400: 0x1p-14, 0x0001: 0x1p-24,
		0x03ff: 1023 * 0x1p-24,
		0x0000: 0, 0x7c00: float32(math.Inf(1)),
	} {
		if got := read(t, Float16, bits); got != want {
			t.Errorf("float16 %#04x: %v, want %v", bits, got, want)
		}
	}
	for bits, want := range map[uint16]float32{0x3f80: 1, 0xc000: -2, 0x0001: 0x1p-133} {
		if got := read(t, BF16, bits); got != want {
			t.Errorf("bfloat16 %#04x: %v, want %v", bits, got, want)
		}
	}
	if _, err := (Tensor{Name: "w", DType: Int16}).Reader(); err == nil || !strings.Contains(err.Error(), `"w"`) {
		t.Errorf("integers: error %v, must mention the tensor", err)
	}
}
