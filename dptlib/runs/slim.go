// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"strconv"
)

// Slim makes the folder small enough to be kept with code: it keeps only the part of each prompt that prediction needs,
// two digits of each update's loss, four of each evaluation's, five of singular values, and scores' intervals to a
// hundredth of a percentage point, outwards; it removes gradient norms, the prompts of last updates, and fine-tuned
// weights. Training a run again restores everything that was removed.
//
// It touches files of records that can be read, and no others.
func (f Folder) Slim() error {
	records, _ := f.Records()
	for _, r := range records {
		for _, path := range []string{f.LastPromptPath(r.ID), f.WeightsPath(r.ID)} {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		p, err := f.Prompt(r)
		if errors.Is(err, fs.ErrNotExist) { // the run failed, or left weights
			continue
		}
		if err != nil {
			return err
		}
		if slim := p.Slim(); slim != p {
			if err := slim.Write(f.PromptPath(r.ID), p.Metadata); err != nil {
				return err
			}
		}
	}
	return f.slimRecords(records)
}

// slimRecords shortens records.
func (f Folder) slimRecords(records []*Record) error {
	for _, r := range records {
		changed := r.GradientNorms != nil
		set := func(x *float64, short float64) { *x, changed = short, changed || *x != short }
		for i, loss := range r.Losses {
			r.Losses[i] = float32(rounded(float64(loss), 2))
			changed = changed || r.Losses[i] != loss
		}
		for i, value := range r.Spectrum {
			set(&r.Spectrum[i], rounded(value, 5))
		}
		for i := range r.Evaluations {
			e := &r.Evaluations[i]
			set(&e.Loss, rounded(e.Loss, 4))
			for j := range e.Scores.Metrics {
				m := &e.Scores.Metrics[j]
				set(&m.Low, hundredth(m.Low, -1))
				set(&m.High, hundredth(m.High, 1))
			}
		}
		if r.GradientNorms = nil; !changed {
			continue
		}
		if err := r.Write(f.RecordPath(r.ID)); err != nil {
			return err
		}
	}
	return nil
}

// rounded returns x with this many significant digits.
func rounded(x float64, digits int) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		panic(err) // FormatFloat writes what ParseFloat reads
	}
	return short
}

// hundredth returns the multiple of 0.01 next to x, in the direction of sign; x itself if it is one.
func hundredth(x, sign float64) float64 {
	near := math.Round(100*x) / 100
	if sign*(near-x) < 0 {
		near = math.Round(100*x+sign) / 100
	}
	return near
}
