// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"slices"
	"time"

	"dpt/superglue"
)

// Stage names the current activity of training.
type Stage string

const (
	// Compiling is building and compiling programs; there is one for each length of batches.
	Compiling Stage = "compiling"
	// Training is making updates.
	Training Stage = "training"
	// Evaluating is decoding the development split.
	Evaluating Stage = "evaluating"
)

// Progress says how far training is.
type Progress struct {
	Stage           Stage
	Update, Updates int
	Batch, Batches  int               // of the evaluation in progress; while compiling, programs
	Loss            float64           // of the last batch; in a group, the first run's, like everything below
	ExamplesPerSec  float64           // of all runs, over the time of updates whose program was compiled before
	Remaining       time.Duration     // 0 if it is not known yet
	Score           *superglue.Metric // the last evaluation's, nil before there is one
}

// clock measures how long updates and evaluations take, compiling left out.
type clock struct {
	started time.Time       // of this process's part
	before  time.Duration   // spent before it was resumed
	saved   time.Time       // when the last checkpoint was written, or training began
	recent  []time.Duration // of the last updates that did not compile
	latest  time.Duration   // of the last evaluation
}

func newClock() clock { return clock{started: time.Now()} }

// spent is the time that the runs have taken, in this process and before.
func (c *clock) spent() time.Duration { return c.before + time.Since(c.started) }

func (c *clock) updated(took time.Duration, compiled bool) {
	const window = 32
	if compiled {
		c.recent = append(c.recent[max(0, len(c.recent)-window+1):], took)
	}
}

func (c *clock) evaluated(took time.Duration) { c.latest = took }

// update returns the time that an update takes, or 0 if none has been measured.
func (c *clock) update() time.Duration {
	if len(c.recent) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(c.recent))
	return sorted[len(sorted)/2]
}

// compiling reports that some programs of a number are compiled or being compiled.
func (s *session) compiling(done, programs int) {
	if s.options.Report != nil {
		p := s.progress(Compiling)
		p.Batch, p.Batches = done, programs
		s.options.Report(p)
	}
}

// evaluating reports a batch of an evaluation.
func (s *session) evaluating(done, batches int) {
	if s.options.Report != nil {
		p := s.progress(Evaluating)
		p.Batch, p.Batches = done, batches
		s.options.Report(p)
	}
}

func (s *session) report(stage Stage) {
	if s.options.Report != nil {
		s.options.Report(s.progress(stage))
	}
}

func (s *session) progress(stage Stage) Progress {
	p := Progress{Stage: stage, Updates: s.calendar.Total}
	if len(s.runs) == 0 {
		return p
	}
	p.Update = s.updates()
	first := s.runs[0]
	if n := len(first.Losses); n > 0 {
		p.Loss = float64(first.Losses[n-1])
	}
	if update := s.clock.update(); update > 0 {
		p.ExamplesPerSec = float64(s.jobs[0].Recipe.BatchSize*len(s.jobs)) / update.Seconds()
		evaluations := s.calendar.Evaluations() - len(first.Evaluations)
		p.Remaining = time.Duration(p.Updates-p.Update)*update + time.Duration(max(0, evaluations))*s.clock.latest
	}
	p.Score = first.lastMetric()
	return p
}

// Share returns how much of the updates is done, or of the evaluation if there are no updates to make, from 0 to 1.
func (p Progress) Share() float64 {
	switch {
	case p.Updates > 0:
		return float64(p.Update) / float64(p.Updates)
	case p.Stage == Evaluating:
		return float64(p.Batch) / float64(max(1, p.Batches))
	}
	return 0
}

// String describes the progress in one line.
func (p Progress) String() string {
	if p.Updates == 0 && p.Stage == Evaluating {
		return fmt.Sprintf("%s: batch %d of %d", p.Stage, p.Batch, p.Batches)
	}
	text := fmt.Sprintf("update %d of %d", p.Update, p.Updates)
	switch {
	case p.Stage == Compiling:
		text += ", " + string(Compiling)
		if p.Batches > 1 {
			text += fmt.Sprintf(" %d of %d programs", p.Batch+1, p.Batches)
		}
	case p.Stage == Evaluating:
		text += fmt.Sprintf(", evaluating: batch %d of %d", p.Batch, p.Batches)
	}
	if p.Update > 0 {
		text += fmt.Sprintf(", loss %.3f", p.Loss)
	}
	if p.Score != nil {
		text += fmt.Sprintf(", dev %s %.1f %%", p.Score.Name, p.Score.Value)
	}
	if p.ExamplesPerSec > 0 {
		text += fmt.Sprintf(", %.0f examples/s, %v left", p.ExamplesPerSec, p.Remaining.Round(time.Second))
	}
	return text
}
