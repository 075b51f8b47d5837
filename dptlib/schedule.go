// SPDX-License-Identifier: Apache-2.0

package dptlib

// Decay is what the learning rate does after its warm-up.
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

// At is the learning rate of an update, counted from 0.
func (s Schedule) At(update int) float64 {
	switch {
	case update < s.Warmup:
		return s.Peak * float64(update) / float64(s.Warmup)
	case s.Decay == NoDecay:
		return s.Peak
	}
	return s.Peak * max(0, float64(s.Total-update)/float64(max(1, s.Total-s.Warmup)))
}

// calendar is when a run's epochs begin and when it is evaluated, in updates.
type calendar struct {
	perEpoch, total, every int
}

// calendar of the recipe on so many training examples.
func (r Recipe) calendar(examples int) calendar {
	c := calendar{perEpoch: (examples + r.BatchSize - 1) / r.BatchSize, total: r.Updates, every: r.EvaluateEvery}
	if c.total == 0 {
		c.total = r.Epochs * c.perEpoch
	}
	if c.every == 0 {
		c.every = c.perEpoch
	}
	return c
}

// evaluates says whether the run is evaluated after so many updates.
func (c calendar) evaluates(updates int) bool { return updates%c.every == 0 || updates == c.total }

// evaluations counts them.
func (c calendar) evaluations() int { return (c.total + c.every - 1) / c.every }
