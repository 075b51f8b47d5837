// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"testing"
)

// Checked against the paper's own cell, 63.14 ± 1.10 for 65, 65 and 67 of 104 right, and against tables of Student's t.
func TestSummarize(t *testing.T) {
	s := Summarize(100*65./104, 100*65./104, 100*67./104)
	if math.Abs(s.Mean-63.14) > 0.005 || math.Abs(s.SD-1.11) > 0.005 || s.N != 3 || s.Min != 62.5 {
		t.Errorf("got %+v, want mean 63.14, sd 1.11 (the paper cuts it to 1.10), lowest 62.5 of 3", s)
	}
	for n, quantile := range map[int]float64{2: 12.706, 3: 4.303, 5: 2.776, 30: 2.045} { // t(0.975; n-1)
		s := Summary{N: n, Mean: 10, SD: 2}
		low, high, ok := s.Interval()
		half := quantile * 2 / math.Sqrt(float64(n))
		if !ok || math.Abs(low-10+half) > 1e-3 || math.Abs(high-10-half) > 1e-3 {
			t.Errorf("n = %d: got %v to %v, want 10 ± %v", n, low, high, half)
		}
	}
	if one := Summarize(7); one.N != 1 || one.Mean != 7 || one.SD != 0 {
		t.Errorf("one seed: got %+v", one)
	}
	if _, _, ok := Summarize(7).Interval(); ok {
		t.Error("one seed has no interval")
	}
	if none := Summarize(); none.N != 0 {
		t.Errorf("no seed: got %+v", none)
	}
}

// The mean of three seeds and its 95 % t-interval.
func ExampleSummarize() {
	s := Summarize(62, 64, 66)
	low, high, _ := s.Interval()
	fmt.Printf("%.1f ± %.1f (n = %d), 95 %%: %.1f to %.1f\n", s.Mean, s.SD, s.N, low, high)
	// Output: 64.0 ± 2.0 (n = 3), 95 %: 59.0 to 69.0
}
