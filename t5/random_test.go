// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// keyed returns an array of n rows of m normal numbers, a second draw of them, the uniform numbers of both, and where a
// dropout of the same keys drops.
func keyed(t *testing.T, a, b uint32, n, m int) [][]float32 {
	t.Helper()
	exec := MustNewExec(backend(t), func(keys *Node) []*Node {
		own := Squeeze(keys, 0)
		ones := AddScalar(MulScalar(KeyedUniform(own, 0, n, m), 0), 1)
		return []*Node{
			KeyedNormal(own, 0, n, m), KeyedNormal(own, 1, n, m), KeyedUniform(own, 0, n, m),
			KeyedUniform(own, 1, n, m),
			NewDropout(0.5, keys).apply(ones),
		}
	})
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromFlatDataAndDimensions([]uint32{a, b}, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	var lists [][]float32
	for _, value := range out {
		lists = append(lists, floats(t, value))
	}
	return lists
}

// The moments are those of the distributions, and draws, keys, rows and a dropout's elements are not correlated, within
// five standard deviations of what independent numbers would give.
func TestKeyedNumbers(t *testing.T) {
	const n, m = 400, 500
	lists, other := keyed(t, 7, 9, n, m), keyed(t, 7, 10, n, m)
	wide := func(list []float32) (x []float64) {
		for _, v := range list {
			x = append(x, float64(v))
		}
		return x
	}
	moment := func(x []float64, power float64) float64 {
		sum := 0.0
		for _, v := range x {
			sum += math.Pow(v, power) / float64(len(x))
		}
		return sum
	}
	normal, uniform := wide(lists[0]), wide(lists[2])
	for what, c := range map[string]struct{ got, want, variance float64 }{
		"mean": {moment(normal, 1), 0, 1}, "variance": {moment(normal, 2), 1, 2},
		"skewness":      {moment(normal, 3), 0, 15},
		"fourth moment": {moment(normal, 4), 3, 96}, "uniform mean": {moment(uniform, 1), 0.5, 1.0 / 12},
		"uniform square": {moment(uniform, 2), 1.0 / 3, 4.0 / 45},
	} {
		if bound := sigmas * math.Sqrt(c.variance/(n*m)); !(math.Abs(c.got-c.want) <= bound) {
			t.Errorf("%s: must be %g within %g, found %g", what, c.want, bound, c.got)
		}
	}
	for _, x := range uniform {
		if !(x >= 0 && x < 1) {
			t.Fatalf("a number is %v", x)
		}
	}
	centred := func(list []float32) []float64 {
		x := wide(list)
		shift, scale := moment(x, 1), math.Sqrt(moment(x, 2)-moment(x, 1)*moment(x, 1))
		for i := range x {
			x[i] = (x[i] - shift) / scale
		}
		return x
	}
	first := centred(lists[0])
	for what, pair := range map[string][2][]float64{
		"another draw": {first, centred(lists[1])}, "another key": {first, centred(other[0])},
		"the next row":    {first[m:], first[:(n-1)*m]},
		"the next column": {first[1:], first[:n*m-1]}, "uniform draws": {centred(lists[2]), centred(lists[3])},
		"a dropout": {centred(lists[2]), centred(lists[4])},
	} {
		sum := 0.0
		for i, x := range pair[0] {
			sum += x * pair[1][i]
		}
		if z := sum / math.Sqrt(float64(len(pair[0]))); !(math.Abs(z) <= sigmas) {
			t.Errorf("%s: correlation is %.1f standard deviations from 0, must be within %d", what, z, sigmas)
		}
	}
}
