// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"testing"
)

// TestPairedT: within 1e-9 of SciPy 1.17.1's
//
//	stats.ttest_rel(a, b)
func TestPairedT(t *testing.T) {
	for _, c := range []struct {
		a, b         []float64
		p, low, high float64
	}{
		{[]float64{71.2, 68.4, 90.6, 55, 93.2, 92.8, 70.4, 88, 91.6, 94.4},
			[]float64{65, 69.2, 55.2, 55.4, 90, 89.4, 57.8, 55.2, 63.9, 90.2},
			0.021115417961676732, 2.345184290240491, 22.51481570975951},
		{[]float64{73.6, 74, 71.8}, []float64{55.2, 65.3, 57.8},
			0.03943380072624953, 1.6346579562584207, 25.765342043741576},
	} {
		var seeds []uint64
		for i := range c.a {
			seeds = append(seeds, uint64(i))
		}
		a := Measured{Seeds: seeds, Values: c.a, Runs: make([]string, len(c.a))}
		b := Measured{Seeds: seeds, Values: c.b, Runs: make([]string, len(c.a))}
		d := a.Less(b).Summary()
		low, high, _ := d.Interval()
		if p := PairedT(d); math.Abs(p-c.p) > 1e-9 || math.Abs(low-c.low) > 1e-9 || math.Abs(high-c.high) > 1e-9 {
			t.Errorf("%d seeds: p = %v, interval %v to %v, want %v, %v to %v", len(c.a), p, low, high, c.p, c.low,
				c.high)
		}
	}
	for _, d := range []Summary{{}, Summarize(3), Summarize(2, 2, 2)} {
		if p := PairedT(d); !math.IsNaN(p) {
			t.Errorf("of %v there must be no test, found p = %v", d.Values, p)
		}
	}
}

// TestHolm: within 1e-12 of statsmodels 0.15.0's
//
//	multipletests(p, method="holm")[1]
func TestHolm(t *testing.T) {
	p := []float64{0.0004, 0.03, math.NaN(), 0.012, 0.8, 0.009, 0.011, 0.5, 0.25}
	want := []float64{0.0032, 0.12, math.NaN(), 0.066, 1, 0.063, 0.066, 1, 0.75}
	for i, got := range Holm(p) {
		if math.IsNaN(got) != math.IsNaN(want[i]) || math.Abs(got-want[i]) > 1e-12 {
			t.Errorf("of %v found %v, want %v", p[i], got, want[i])
		}
	}
}

// TestBest: a method is best where each comparison says so, after the correction for the number of tasks, and never
// by a difference that is the same on all seeds or lacks a score.
func TestBest(t *testing.T) {
	of := func(values ...float64) Measured {
		m := Measured{Values: values, Runs: make([]string, len(values))}
		for i := range values {
			m.Seeds = append(m.Seeds, uint64(i))
		}
		return m
	}
	clear, close, equal := of(80, 81, 82.5, 80.5), of(70, 71, 71, 71), of(81, 82, 83.5, 81.5)
	for _, c := range []struct {
		what    string
		methods [][]Measured
		tasks   int
		want    []bool // of the first method
	}{
		{"far above", [][]Measured{{clear}, {close}}, 1, []bool{true}},
		{"below", [][]Measured{{close}, {clear}}, 1, []bool{false}},
		{"above one of two", [][]Measured{{clear}, {close}, {clear}}, 1, []bool{false}},
		{"one point below on all seeds", [][]Measured{{equal}, {clear}}, 1, []bool{false}},
		{"not run", [][]Measured{{clear}, {of()}}, 1, []bool{false}},
		{"alone", [][]Measured{{clear}}, 1, []bool{false}},
		// p = 0.039 alone, and 0.079 as the smaller of two; an average is not corrected
		{"of one task", [][]Measured{
			{of(73.6, 74, 71.8), of(5, 6, 8)}, {of(55.2, 65.3, 57.8), of(5, 5, 9)},
		}, 1, []bool{true, false}},
		{"of two tasks", [][]Measured{
			{of(73.6, 74, 71.8), of(5, 6, 8), of(73.6, 74, 71.8)},
			{of(55.2, 65.3, 57.8), of(5, 5, 9), of(55.2, 65.3, 57.8)},
		}, 2, []bool{false, false, true}},
	} {
		if got := best(c.methods, c.tasks)[0]; fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: found %v, want %v", c.what, got, c.want)
		}
	}
}

// A method against another on five seeds, and the p-value corrected for two other tasks.
func ExamplePairedT() {
	difference := Summarize(80-71.5, 81-72, 83-70, 79-74, 82-73)
	low, high, _ := difference.Interval()
	p := PairedT(difference)
	corrected := Holm([]float64{p, 0.2, 0.04})
	fmt.Printf("%.1f [%.1f, %.1f], p = %.4f, corrected %.4f\n", difference.Mean, low, high, p, corrected[0])
	// Output: 8.9 [5.4, 12.4], p = 0.0022, corrected 0.0065
}
