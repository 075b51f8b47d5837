// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Summary is one number measured on several seeds. The zero Summary is a number that has not been measured, and is
// drawn and printed as missing, never as zero.
type Summary struct {
	N      int       `json:"n"` // seeds
	Mean   float64   `json:"mean"`
	SD     float64   `json:"sd"` // sample standard deviation, n-1 in the denominator; 0 for one seed
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Values []float64 `json:"values,omitempty"` // of each seed
	Runs   []string  `json:"runs,omitempty"`   // spec ids of the records that the values come from, in their order
}

// Summarize summarizes the values of n seeds; of none it returns the zero Summary.
func Summarize(values ...float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	s := Summary{N: len(values), Min: floats.Min(values), Max: floats.Max(values), Values: values}
	if s.Mean = stat.Mean(values, nil); s.N > 1 {
		s.SD = stat.StdDev(values, nil)
	}
	return s
}

// meanAlone returns the mean of n seeds of which nothing else is known, or to be drawn.
func meanAlone(n int, mean float64) Summary { return Summary{N: n, Mean: mean, Min: mean, Max: mean} }

// Median returns the middle of the values, or of the two in the middle the mean; 0 where there are none.
func (s Summary) Median() float64 {
	if len(s.Values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s.Values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Interval is the 95 % t-interval of the mean, mean ± t(0.975; n-1) · sd / √n (Student 1908): it holds for seeds drawn
// independently whose scores are about normal. With three seeds t is 4.30. It speaks of seeds only, not of the
// development split's size. It is not ok with fewer than two seeds.
func (s Summary) Interval() (low, high float64, ok bool) {
	if s.N < 2 {
		return 0, 0, false
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(s.N - 1)}.Quantile(0.975)
	half := t * s.SD / math.Sqrt(float64(s.N))
	return s.Mean - half, s.Mean + half, true
}

func (s Summary) check() error {
	for _, v := range []float64{s.Mean, s.SD, s.Min, s.Max} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("numbers must be finite, found mean %v, sd %v, range %v to %v: leave out runs that "+
				"diverged, and say so", s.Mean, s.SD, s.Min, s.Max)
		}
	}
	if s.N < 0 || s.SD < 0 || s.N > 0 && (s.Mean < s.Min-1e-9 || s.Mean > s.Max+1e-9) {
		return fmt.Errorf("n >= 0, sd >= 0 and min <= mean <= max must hold, found n %d, mean %v, sd %v, range %v to "+
			"%v: make it with Summarize", s.N, s.Mean, s.SD, s.Min, s.Max)
	}
	return nil
}

// seeds says how many seeds there are in all of the summaries that have been measured: "3 seeds", "2 to 3 seeds".
func seeds(summaries []Summary) string {
	low, high := math.MaxInt, 0
	for _, s := range summaries {
		if s.N > 0 {
			low, high = min(low, s.N), max(high, s.N)
		}
	}
	switch {
	case high == 0:
		return "no seed yet"
	case low < high:
		return fmt.Sprintf("%d to %d seeds", low, high)
	case high == 1:
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", high)
}
