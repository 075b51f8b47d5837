// SPDX-License-Identifier: Apache-2.0

package dptlib

// Schedule is the released code's learning rate: linear warm-up from 0 to Peak, then linear decay to 0.
type Schedule struct {
	Peak   float64
	Warmup int // updates; the first of them has rate 0
	Total  int // updates
}

// At is the learning rate of an update, counted from 0.
func (s Schedule) At(update int) float64 {
	if update < s.Warmup {
		return s.Peak * float64(update) / float64(s.Warmup)
	}
	return s.Peak * max(0, float64(s.Total-update)/float64(max(1, s.Total-s.Warmup)))
}
