// SPDX-License-Identifier: Apache-2.0

package pjrt_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/pjrt"
)

func Example() {
	backend, err := pjrt.Backend()
	if err != nil {
		panic(err)
	}
	total := func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }
	sum, err := graph.CallOnce(backend, total, []float32{1, 2, 3})
	if err != nil {
		panic(err)
	}
	fmt.Println(sum)
	// Output: float32(6)
}
