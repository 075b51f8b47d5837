// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"

	"dpt/superglue"
)

// A run may train on part of a training split, or on one with its labels dealt anew. Each of these is a dataset made of
// another, which stays as it is; its fingerprint is that of the files, for a run's settings say the rest.

// FewShot is the dataset with k of its training examples, drawn as [superglue.FewShot] does; the development split stays
// whole, as in the paper.
func (d *Dataset) FewShot(k int, seed uint64) (*Dataset, error) {
	draw, indices, err := superglue.FewShot(d.train, k, seed)
	if err != nil {
		return nil, err
	}
	d.Fingerprint()
	few := *d
	few.train, few.Train, few.Draw = draw, pick(d.Train, indices), make([]string, k)
	for i := range draw {
		few.Draw[i] = draw[i].ID()
	}
	return &few, nil
}

// HoldOut sets n training examples aside, to select the best evaluation on.
func (d *Dataset) HoldOut(n int, seed uint64) (*Dataset, error) {
	if n < 1 || n >= len(d.Train) {
		return nil, fmt.Errorf("a holdout takes 1 to %d of %d training examples, found %d", len(d.Train)-1, len(d.Train), n)
	}
	order := stream(seed, holdoutStream, 0).Perm(len(d.Train))
	rows := func(places []int) (rows []superglue.Example) {
		for _, i := range places {
			rows = append(rows, d.train[i])
		}
		return rows
	}
	d.Fingerprint()
	rest := *d
	rest.Held, rest.held = pick(d.Train, order[:n]), rows(order[:n])
	rest.Train, rest.train = pick(d.Train, order[n:]), rows(order[n:])
	return &rest, nil
}

// ShuffleLabels deals the training examples' targets anew among them.
func (d *Dataset) ShuffleLabels(seed uint64) *Dataset {
	d.Fingerprint()
	shuffled := *d
	shuffled.Train = make([]Example, len(d.Train))
	for i, from := range stream(seed, labelStream, 0).Perm(len(d.Train)) {
		shuffled.Train[i] = Example{d.Train[i].Source, d.Train[from].Target}
	}
	return &shuffled
}

// under is the dataset that a run's settings ask for.
func (d *Dataset) under(s Settings) (_ *Dataset, err error) {
	if s.Recipe.Holdout > 0 {
		if d, err = d.HoldOut(s.Recipe.Holdout, s.Recipe.Seed); err != nil {
			return nil, err
		}
	}
	if s.FewShot > 0 {
		if d, err = d.FewShot(s.FewShot, s.Recipe.Seed); err != nil {
			return nil, err
		}
	}
	if s.ShuffleLabels {
		d = d.ShuffleLabels(s.Recipe.Seed)
	}
	return d, nil
}
