// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// significant is the level of the tests by which numbers are bold.
const significant = 0.05

// PairedT returns the two-sided p-value of Student's t-test that differences, of two methods seed by seed, have the
// mean 0: how often |t| with n - 1 degrees of freedom exceeds |mean|·√n/sd (Student 1908). It is NaN with fewer than
// two differences, and where all are equal, for then there is nothing to judge their spread by.
func PairedT(differences Summary) float64 {
	if differences.N < 2 || differences.SD == 0 {
		return math.NaN()
	}
	t := math.Abs(differences.Mean) * math.Sqrt(float64(differences.N)) / differences.SD
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(differences.N - 1)}.Survival(t)
}

// Holm corrects the p-values of a family of tests for their number (Holm 1979): the i-th smallest of m is multiplied by
// m - i + 1, made no smaller than the one before, and at most 1. A NaN is no test: it stays, and does not count.
func Holm(p []float64) []float64 {
	var order []int
	for i := range p {
		if !math.IsNaN(p[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	corrected, before := slices.Clone(p), 0.0
	for rank, i := range order {
		before = max(before, min(1, float64(len(order)-rank)*p[i]))
		corrected[i] = before
	}
	return corrected
}

// A comparison is the difference of two methods' scores, seed by seed.
type comparison struct {
	Measured
	p float64 // of [PairedT]; NaN: not tested
}

// compare subtracts b's scores from a's, which are of the same columns: tasks, and after these averages of them. The
// p-values of the tasks are corrected by [Holm]; an average is a family of its own.
func compare(a, b []Measured, tasks int) []comparison {
	list := make([]comparison, len(a))
	p := make([]float64, len(a))
	for i := range a {
		list[i].Measured = a[i].Less(b[i])
		p[i] = PairedT(list[i].Summary())
	}
	copy(p, Holm(p[:tasks]))
	for i := range list {
		list[i].p = p[i]
	}
	return list
}

// above reports whether the first of two methods scores higher, significantly.
func (c comparison) above() bool { return c.p < significant && c.Summary().Mean > 0 }

// cell returns the difference for a table; it is bold where it is significant.
func (c comparison) cell() Cell {
	cell := c.Cell()
	if !math.IsNaN(c.p) {
		cell.P, cell.Bold = max(c.p, math.SmallestNonzeroFloat64), c.p < significant
	}
	return cell
}

// familyOf returns the cells of differences, tested as one family.
func familyOf(differences []Measured) (cells []Cell) {
	var p []float64
	for _, d := range differences {
		p = append(p, PairedT(d.Summary()))
	}
	for i, corrected := range Holm(p) {
		cells = append(cells, comparison{differences[i], corrected}.cell())
	}
	return cells
}

// best reports of each method and column whether the score is significantly above that of every other method.
func best(methods [][]Measured, tasks int) [][]bool {
	won := make([][]bool, len(methods))
	for i, a := range methods {
		won[i] = slices.Repeat([]bool{len(methods) > 1}, len(a))
		for j, b := range methods {
			if i == j {
				continue
			}
			for k, c := range compare(a, b, tasks) {
				won[i][k] = won[i][k] && c.above()
			}
		}
	}
	return won
}
