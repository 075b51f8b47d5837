// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Accuracy returns the share of right answers.
func Accuracy(answers []Answer) Metric {
	right := 0
	for _, a := range answers {
		if a.Right() {
			right++
		}
	}
	return Share("accuracy", right, len(answers), "examples")
}

// exactMatch returns the share of predictions that equal the target, where that is free text.
func exactMatch(answers []Answer) Metric {
	m := Accuracy(answers)
	m.Name = "em"
	return m
}

// MacroF1 returns the mean, over this many classes, of the class's F1; a class that is neither gold nor predicted
// counts as 0. A bootstrap's sample leaves out a class that only the sample lacks: that a rare class was not drawn says
// nothing of the predictions.
func MacroF1(answers []Answer, classes int) Metric {
	count := func(sample []int) (both, gold, predicted []float64) {
		both, gold, predicted = make([]float64, classes), make([]float64, classes), make([]float64, classes)
		for _, i := range sample {
			a := answers[i]
			gold[a.Example.Class()]++
			if a.Class >= 0 && a.Class < classes {
				predicted[a.Class]++
			}
			if a.Right() {
				both[a.Class]++
			}
		}
		return both, gold, predicted
	}
	var all []int
	for i := range answers {
		all = append(all, i)
	}
	_, anyGold, anyPredicted := count(all)
	return Bootstrap("f1_macro", len(answers), "examples", func(sample []int) float64 {
		both, gold, predicted := count(sample)
		sum, n := 0.0, classes
		for c := range classes {
			sum += f1(both[c], predicted[c], gold[c])
			if gold[c]+predicted[c] == 0 && anyGold[c]+anyPredicted[c] > 0 {
				n--
			}
		}
		return 100 * sum / float64(n)
	})
}

// f1 returns the harmonic mean of precision both/predicted and recall both/gold; it is 0 if both is.
func f1(both, predicted, gold float64) float64 {
	if both == 0 {
		return 0
	}
	return 2 * both / (predicted + gold)
}

// Share returns k of n units in percent, with Wilson's 95 % interval. unit is the plural that names them.
func Share(name string, k, n int, unit string) Metric {
	const z = 1.959963984540054 // the normal distribution's 97.5 % quantile
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m)) / (1 + z*z/m)
	low, high := max(0, centre-half), min(1, centre+half)
	return Metric{Name: name, Value: 100 * p, N: n, Unit: unit, Low: 100 * low, High: 100 * high}
}

const (
	resamples     = 1000
	bootstrapSeed = 42
)

// Bootstrap returns a statistic of n independent units in percent, with the 95 % percentile interval over samples of n
// units drawn with replacement. statistic gets the units of a sample as numbers below n; for the value itself, each
// unit once. The seed is fixed: equal answers have equal intervals.
func Bootstrap(name string, n int, unit string, statistic func(sample []int) float64) Metric {
	sample := make([]int, n)
	for i := range sample {
		sample[i] = i
	}
	m := Metric{Name: name, Value: statistic(sample), N: n, Unit: unit}
	random := rand.New(rand.NewPCG(bootstrapSeed, uint64(n)))
	values := make([]float64, resamples)
	for r := range values {
		for i := range sample {
			sample[i] = random.IntN(n)
		}
		values[r] = statistic(sample)
	}
	slices.Sort(values)
	m.Low, m.High = values[resamples*25/1000], values[resamples*975/1000-1]
	return m
}
