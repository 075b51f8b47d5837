// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"reflect"
	"testing"
	"time"

	"dpt/dptlib/runs"
	"dpt/dptlib/train"
)

// What is made from records names each of them, and doesn't depend on the order in which they were read.
func TestFromRecords(t *testing.T) {
	start := time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)
	a := &runs.Record{ID: "b2", Versions: map[string]string{"dpt": "0123abc"}, Device: "cpu",
		Result: train.Result{Started: start, Trainable: 10}}
	b := &runs.Record{ID: "a1", Versions: map[string]string{"dpt": "4567def"}, Device: "cpu",
		Result: train.Result{Started: start.Add(time.Hour), Trainable: 20}}
	p := ProvenanceOf(Toy, []*runs.Record{a, b})
	if want := "scale: toy; commit: 0123abc 4567def; device: cpu; date: 2026-11-25T23:00:00Z; specs: a1 b2"; p.String() != want {
		t.Errorf("got %q, want %q", p, want)
	}
	if q := ProvenanceOf(Toy, []*runs.Record{b, a}); !reflect.DeepEqual(p, q) {
		t.Errorf("the other way round: got %+v, want %+v", q, p)
	}
	s := SummaryOf([]*runs.Record{a, b}, func(r *runs.Record) float64 { return float64(r.Trainable) })
	if s.Mean != 15 || s.N != 2 || !reflect.DeepEqual(s.Runs, []string{"b2", "a1"}) {
		t.Errorf("got %+v, want the mean 15 of runs b2 and a1", s)
	}
}
