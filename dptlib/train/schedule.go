// SPDX-License-Identifier: Apache-2.0

package train

// Decay names the course of the learning rate after its warm-up.
type Decay string

const (
	// LinearDecay falls to 0 at the end, as in the released code.
	LinearDecay Decay = "linear"
	// NoDecay stays at the peak.
	NoDecay Decay = "constant"
)

// Schedule is the learning rate of each update: linear warm-up from 0 to Peak, then Decay.
type Schedule struct {
	Peak   float64
	Warmup int // updates; the first of them has rate 0
	Total  int // updates
	Decay  Decay
}

// At returns the learning rate of an update, counted from 0.
func (s Schedule) At(update int) float64 {
	switch {
	case update < s.Warmup:
		return s.Peak * float64(update) / float64(s.Warmup)
	case s.Decay == NoDecay:
		return s.Peak
	}
	return s.Peak * max(0, float64(s.Total-update)/float64(max(1, s.Total-s.Warmup)))
}

// rate returns the learning rate of an update, counted from 0, of total.
func (r Recipe) rate(update, total int) float64 {
	return Schedule{r.LearningRate, int(r.Warmup * float64(total)), total, r.Decay}.At(update)
}

// Calendar says when a run's epochs begin and when it is evaluated, in updates.
type Calendar struct {
	PerEpoch int // updates in an epoch
	Total    int // updates in all
	Every    int // updates between evaluations
}

// Calendar returns the recipe's calendar for a number of training examples.
func (r Recipe) Calendar(examples int) Calendar {
	c := Calendar{PerEpoch: (examples + r.BatchSize - 1) / r.BatchSize, Total: r.Updates, Every: r.EvaluateEvery}
	if c.Total == 0 {
		c.Total = r.Epochs * c.PerEpoch
	}
	if c.Every == 0 {
		c.Every = c.PerEpoch
	}
	return c
}

// Evaluates reports whether the run is evaluated after this many updates.
func (c Calendar) Evaluates(updates int) bool { return updates%c.Every == 0 || updates == c.Total }

// Evaluations returns the number of evaluations.
func (c Calendar) Evaluations() int { return (c.Total + c.Every - 1) / c.Every }
