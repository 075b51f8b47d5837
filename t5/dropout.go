// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Dropout zeroes activations at random, where T5 does: on the embedded input and each stack's output, on attention
// weights, inside the feed-forward network and on every sub-layer's output. A nil Dropout changes nothing.
//
// Whether an element is dropped depends on the key, on which of the model's dropouts it is, and on the element's
// coordinates alone. So padding a batch to another length drops the same elements of it, and a resumed run makes the
// same draws as an uninterrupted one.
type Dropout struct {
	rate  float64
	keys  *Node // [k, 2] uint32
	draws *uint32

	padding []int         // of each group's prompt on the left, where not all are 0
	source  map[int][]int // the axes that run over source positions, by an array's rank
}

// NewDropout drops with probability rate. Its keys, [k, 2] uint32, are random numbers that the caller changes from step
// to step, one pair for each of k groups of consecutive rows. At rate 0 it returns nil.
func NewDropout(rate float64, keys *Node) *Dropout {
	switch {
	case rate == 0:
		return nil
	case !(rate > 0 && rate < 1):
		exceptions.Panicf("t5: a dropout rate must be in [0, 1), found %v", rate)
	}
	return &Dropout{rate: rate, keys: keys, draws: new(uint32)}
}

// skip has source positions counted from the end of each group's padding, here and in what shares the dropout's draws
// later.
func (d *Dropout) skip(padding []int) {
	if d != nil && slices.Max(padding) > 0 {
		d.padding = padding
	}
}

// along is the same dropout for arrays whose axes run over source positions as said, by rank.
func (d *Dropout) along(source map[int][]int) *Dropout {
	if d == nil {
		return nil
	}
	along := *d
	along.source = source
	return &along
}

// apply keeps each element of x [b, ...] with probability 1-rate and divides it by that.
func (d *Dropout) apply(x *Node) *Node {
	if d == nil {
		return x
	}
	threshold := Scalar(x.Graph(), dtypes.Uint32, math.Round(d.rate*(1<<32)))
	keep := GreaterOrEqual(d.bits(x.Shape().Dimensions), threshold)
	return Where(keep, DivScalar(x, 1-d.rate), ZerosLike(x))
}

// bits returns 32 random bits for each coordinate of an array.
func (d *Dropout) bits(dimensions []int) *Node {
	*d.draws++
	k := d.keys.Shape().Dim(0)
	perGroup := append([]int{k, dimensions[0] / k}, dimensions[1:]...)
	var steps []*Node
	if d.padding != nil {
		for _, axis := range d.source[len(dimensions)] {
			steps = append(steps, d.paddingSteps(axis, len(perGroup)))
		}
	}
	return Reshape(randomBits(d.keys, *d.draws, perGroup, steps...), dimensions...)
}

// paddingSteps returns the distance [k, 1, ...] by which the padding moved each group's counter along an axis of the
// array.
func (d *Dropout) paddingSteps(axis, rank int) *Node {
	dims := slices.Repeat([]int{1}, rank)
	dims[0] = len(d.padding)
	steps := make([]uint32, len(d.padding))
	for group, n := range d.padding {
		steps[group] = uint32(n) * axisStep[axis+1] // axis 0 became two
	}
	return Const(d.keys.Graph(), tensors.FromFlatDataAndDimensions(steps, dims...))
}

// axisStep moves the counter along each axis by odd numbers without a small common lattice.
var axisStep = [...]uint32{0, 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f}

func firstRound(x *Node) *Node {
	return MulScalar(BitwiseXor(x, BitwiseShiftRightLogicalScalar(x, 16)), uint32(0x85ebca6b))
}

func secondRound(x *Node) *Node {
	x = MulScalar(BitwiseXor(x, BitwiseShiftRightLogicalScalar(x, 13)), uint32(0xc2b2ae35))
	return BitwiseXor(x, BitwiseShiftRightLogicalScalar(x, 16))
}

// randomBits returns 32 random bits for each coordinate of an array [k, ...] of uint32, of the pairs of keys [k, 2]: a
// counter, linear in the coordinates and moved back by some steps [k, 1, ...], through the finaliser of MurmurHash3.
// The key, hashed with the number of the draw, gives the counter's start and enters again between the two rounds, so
// that neither two draws nor two keys that differ in one bit give correlated bits. XLA fuses it into the operation that
// uses it, where its own generators would write the bits to memory first (measured: a fifth of a T5-small training step
// on a CPU).
func randomBits(keys *Node, draw uint32, dimensions []int, back ...*Node) *Node {
	key := func(i int) *Node { // [k, 1, ...]
		dims := slices.Repeat([]int{1}, len(dimensions))
		dims[0] = dimensions[0]
		key := Reshape(Slice(keys, AxisRange(), AxisElem(i)), dims...)
		return secondRound(firstRound(AddScalar(key, draw*0x9e3779b9)))
	}
	counter := key(0)
	for axis := 1; axis < len(dimensions); axis++ {
		index := Iota(keys.Graph(), shapes.Make(dtypes.Uint32, dimensions...), axis)
		counter = Add(counter, MulScalar(index, axisStep[axis]))
	}
	for _, steps := range back {
		counter = Sub(counter, steps)
	}
	return secondRound(BitwiseXor(firstRound(counter), key(1)))
}
