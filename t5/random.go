// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Draws of the same keys are told apart by their numbers: a [Dropout]'s are counted from 1.
const (
	uniformDraw = 1 << 31
	angleDraw   = 1 << 30
)

// KeyedUniform returns random numbers from 0 to below 1, multiples of 2^-24: an array of the given dimensions, four at
// most, in float32. An element depends on the keys [2] (uint32), on the number of the draw, which must be below 2^30,
// and on its coordinates alone; a [Dropout] of the same keys has others. Gradients do not pass through it.
func KeyedUniform(keys *Node, draw uint32, dimensions ...int) *Node {
	bits := randomBits(Reshape(keys, 1, 2), uniformDraw|draw, append([]int{1}, dimensions...))
	numbers := MulScalar(ConvertDType(BitwiseShiftRightLogicalScalar(bits, uint32(8)), dtypes.Float32), 0x1p-24)
	return StopGradient(Reshape(numbers, dimensions...))
}

// KeyedNormal is [KeyedUniform] for standard normal numbers, by the transform of Box and Muller.
func KeyedNormal(keys *Node, draw uint32, dimensions ...int) *Node {
	radius := Sqrt(MulScalar(Log(OneMinus(KeyedUniform(keys, draw, dimensions...))), -2))
	angle := MulScalar(KeyedUniform(keys, angleDraw|draw, dimensions...), 2*math.Pi)
	return StopGradient(Mul(radius, Cos(angle)))
}
