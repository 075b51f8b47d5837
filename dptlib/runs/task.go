// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"slices"
)

// Outcome is the result of running a share of a sweep.
type Outcome struct {
	Failures  []Failure // of the share's runs, and of others that this process trained
	Refused   []error   // see [Plan]
	Elsewhere int       // runs of the share that another process trains
}

// RunShare trains a share of a sweep, and then the runs that other shares' processes have left, until every run is done
// or being trained by another process. It does not wait for others.
func (s *Sweep) RunShare(ctx context.Context, shares *Shares, share int) (*Outcome, error) {
	s.leave = true
	own, out := shares.from(share, 1), &Outcome{}
	var trained []Failure
	c, err := s.run(ctx, s.plan(own))
	if err != nil {
		return out, err
	}
	trained = append(trained, c.failures...)
	for again := true; again; { // a pass takes time, and meanwhile other processes may die
		left, err := s.lacking(shares.from(share, len(shares.Shares)))
		if err != nil {
			return out, err
		}
		if c, err = s.run(ctx, s.plan(left)); err != nil {
			return out, err
		}
		trained, again = append(trained, c.failures...), c.trained > 0
	}
	p := s.plan(own)
	out.Failures, out.Refused, out.Elsewhere = p.Failures, p.Refused, p.Runs-p.Done
	for _, f := range trained {
		if !slices.ContainsFunc(out.Failures, func(other Failure) bool { return other.ID == f.ID }) {
			out.Failures = append(out.Failures, f)
		}
	}
	return out, nil
}

// lacking returns the groups with runs that have no record and no process. It goes by the names of models and data, so
// that models that only other shares need are not opened needlessly.
func (s *Sweep) lacking(groups []OutlinedGroup) ([]OutlinedGroup, error) {
	stored := newIndex(s.Folder)
	if err := stored.read(); err != nil {
		return nil, err
	}
	locks, _, err := s.Folder.holders()
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, l := range locks {
		held[l.key] = true
	}
	return slices.DeleteFunc(slices.Clone(groups), func(g OutlinedGroup) bool {
		return !slices.ContainsFunc(g.Experiments,
			func(e Experiment) bool { return stored.find(e) == nil && !held[nameKey(e)] })
	}), nil
}
