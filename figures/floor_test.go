// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"slices"
	"strings"
	"testing"

	"dpt/superglue"
)

// TestFloors: the look-alikes' majorities are those of their own counts, with Wilson's interval: of 638 rows of WiC
// half are of either class, 46.1 to 53.9 %. Only ReCoRD has a heuristic on words.
func TestFloors(t *testing.T) {
	q := &Query{Setup: toySetup(), store: &Store{}}
	all := q.floors(PaperTasks)
	wic := all["WiC"].majority
	if share := superglue.Share("", wic.N/2, wic.N, ""); wic.Value != 50 || wic.Low != share.Low ||
		wic.High != share.High {
		t.Errorf("WiC: found %v, want half of the rows, %v", wic, share)
	}
	for _, task := range PaperTasks {
		if all[task] == nil || (all[task].overlap != nil) != (task == "ReCoRD") {
			t.Errorf("%s: found %+v", task, all[task])
		}
	}
	if all := (&Query{Setup: toySetup()}).floors(PaperTasks); len(all) > 0 {
		t.Error("where only the experiments are asked for, no data need be made")
	}
	lacking := &Query{Setup: toySetup(), store: &Store{}}
	lacking.Data = t.TempDir()
	one := Measured{Values: []float64{1}}
	if f := lacking.floors(PaperTasks)["CB"]; f != nil || f.note(one) != "" || f.found(one) != nil {
		t.Errorf("without data there must be no floor, found %+v", f)
	}
}

// TestRest: a cell at the floor or at 100 is marked; a task is left out of the last average where all methods are at
// either, and stays where one is not, or has not been run. Seeds have found a task above the floor's interval.
func TestRest(t *testing.T) {
	f := &floor{majority: superglue.Share("accuracy", 100, 200, "examples")} // 50, from 43.1 to 56.9
	all := floors{"A": f, "B": f, "C": f, "D": f}
	of := func(values ...float64) Measured {
		return Measured{Seeds: []uint64{0, 1}[:len(values)], Values: values, Runs: make([]string, len(values))}
	}
	floor, top, between, none := of(50, 56), of(100, 99.5), of(50, 90), of()
	for note, m := range map[string]Measured{"most frequent": floor, "at 100": top, "": between} {
		if got := f.note(m); !strings.Contains(got, note) || (note == "") != (got == "") {
			t.Errorf("%v is marked %q, want %q", m.Values, got, note)
		}
	}
	if *f.found(floor) != 0 || *f.found(between) != 1 || *f.found(top) != 2 || f.found(none) != nil {
		t.Error("50 and 56 are within the majority's interval, 90 and 100 are above it")
	}
	tasks := []string{"A", "B", "C", "D", "unknown"}
	methods := [][]Measured{{floor, top, between, none, floor}, {top, top, floor, top, floor}}
	rest := all.rest(tasks, methods)
	if !slices.Equal(rest, []int{2, 3, 4}) {
		t.Fatalf("C, D and the unknown task must remain, found %v", rest)
	}
	cells := cellsOf(tasks[:3], methods[0][:3], []int{2})
	all3 := (53 + 99.75 + 70.) / 3
	if n := len(cells); n != 5 || cells[4].Note != "without A, B" || cells[4].Ours.Mean != 70 ||
		cells[3].Ours.Mean != all3 {
		t.Errorf("the averages must be of all three and of C alone, found %+v", cells[3:])
	}
	if cells = cellsOf(tasks[:2], methods[0][:2], nil); cells[3].Text != nothing {
		t.Errorf("where no task remains there is no average, found %+v", cells[3])
	}
}
