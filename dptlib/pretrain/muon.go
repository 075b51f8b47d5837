// SPDX-License-Identifier: Apache-2.0

package pretrain

import (
	"cmp"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"dpt/dptlib/train"
)

// muon updates matrices along their orthogonalised momentum, so that all directions of a matrix learn equally fast (K.
// Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024). Matrices of one shape are stacked,
// so that the graph stays small.
func muon(scope *model.Scope, matrices []*model.Variable, gradients []*Node, rate *Node) {
	const momentum, decay = 0.95, 0.01
	type group struct {
		rows, columns int
		members       []int
	}
	var groups []group
	for i, v := range matrices {
		rows, columns := v.Shape().Dimensions[0], v.Shape().Dimensions[1]
		short, long := min(rows, columns), max(rows, columns)
		at := slices.IndexFunc(groups, func(g group) bool { return g.rows == short && g.columns == long })
		if at < 0 {
			at, groups = len(groups), append(groups, group{short, long, nil})
		}
		groups[at].members = append(groups[at].members, i)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.rows, b.rows),
			cmp.Compare(a.columns, b.columns))
	})
	for _, group := range groups {
		wide := make([]*Node, len(group.members)) // each [1, rows, columns]
		for j, i := range group.members {
			v, g := matrices[i], gradients[i].Graph()
			moment := train.MomentsScope(scope, v).WithInitializer(initializer.Zero).VariableWithShape("first",
				shapes.Make(dtypes.Float32, v.Shape().Dimensions...))
			moment.SetTrainable(false)
			next := Add(MulScalar(moment.NodeValue(g), momentum), gradients[i])
			moment.SetNodeValue(next)
			step := Add(gradients[i], MulScalar(next, momentum)) // Nesterov's
			if v.Shape().Dimensions[0] > v.Shape().Dimensions[1] {
				step = Transpose(step, 0, 1)
			}
			wide[j] = InsertAxes(step, 0)
		}
		steps := orthogonal(Concatenate(wide, 0)) // [n, rows, columns]
		for j, i := range group.members {
			v := matrices[i]
			step := Squeeze(Slice(steps, AxisElem(j)), 0)
			rows, columns := v.Shape().Dimensions[0], v.Shape().Dimensions[1]
			if rows > columns {
				step = Transpose(step, 0, 1)
			}
			scale := math.Sqrt(max(1, float64(rows)/float64(columns)))
			value := v.NodeValue(step.Graph())
			v.SetNodeValue(Sub(value, Mul(Add(MulScalar(step, scale), MulScalar(value, decay)), rate)))
		}
	}
}

// orthogonal brings the singular values of x [n, rows, columns], rows <= columns, near 1 by five steps of a
// Newton-Schulz iteration with Jordan's coefficients.
func orthogonal(x *Node) *Node {
	norm := Sqrt(ReduceAndKeep(Square(x), ReduceSum, 1, 2)) // [n, 1, 1]
	x = Div(x, AddScalar(norm, 1e-7))
	for range 5 {
		square := Dot(x, x).General([]int{2}, []int{0}, []int{2}, []int{0})           // [n, rows, rows]
		fourth := Dot(square, square).General([]int{2}, []int{0}, []int{1}, []int{0}) // [n, rows, rows]
		polynomial := Add(MulScalar(square, -4.7750), MulScalar(fourth, 2.0315))
		x = Add(MulScalar(x, 3.4445), Dot(polynomial, x).General([]int{2}, []int{0}, []int{1}, []int{0}))
	}
	return x
}
