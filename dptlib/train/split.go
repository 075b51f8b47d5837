// SPDX-License-Identifier: Apache-2.0

package train

import (
	"slices"

	"dpt/superglue"
)

// A run may train on part of a training split, or on one with its labels shuffled. Each of these is a dataset made from
// another, which stays as it is; its fingerprint is that of the files, since a run's settings say the rest.

// FewShot returns the dataset with k of its training examples, drawn as [superglue.FewShot] does; the development split
// stays whole, as in the paper.
func (d *Dataset) FewShot(k int, seed uint64) (*Dataset, error) {
	_, places, err := superglue.FewShot(d.Train.Rows, k, seed)
	if err != nil {
		return nil, err
	}
	d.Fingerprint()
	few := *d
	few.Train, few.Draw = d.Train.Pick(places), make([]string, k)
	for i, row := range few.Train.Rows {
		few.Draw[i] = row.ID()
	}
	return &few, nil
}

// HoldOut returns the dataset with n of its training rows set aside, to select the best evaluation on. They are drawn
// from the whole file, so that the held-out rows are like the development split, and no example of a held-out row is
// trained on. See [superglue.Task.HoldOut].
func (d *Dataset) HoldOut(n int, seed uint64) (*Dataset, error) {
	train, held, err := d.Task.HoldOut(d.rows, stream(seed, holdoutStream, 0).Perm(len(d.rows)), n)
	if err != nil {
		return nil, err
	}
	d.Fingerprint()
	rest := *d
	rest.Train, rest.Held = d.split(train), d.split(held)
	return &rest, nil
}

// HalfSplit returns the dataset with its development split cut in two by [superglue.HalfSplit]: the best evaluation is
// selected on the first half, and the scores on the second half are reported.
func (d *Dataset) HalfSplit() *Dataset {
	d.Fingerprint()
	halves := *d
	selection, report := superglue.HalfSplit(d.Dev.Len())
	halves.Held, halves.Dev = d.Dev.Pick(selection), d.Dev.Pick(report)
	return &halves
}

// ShuffleLabels returns the dataset with the targets of the training examples shuffled among them.
func (d *Dataset) ShuffleLabels(seed uint64) *Dataset {
	d.Fingerprint()
	shuffled := *d
	shuffled.Train.Pairs = slices.Clone(d.Train.Pairs)
	for i, from := range stream(seed, labelStream, 0).Perm(d.Train.Len()) {
		shuffled.Train.Pairs[i].Target = d.Train.Pairs[from].Target
	}
	return &shuffled
}
