// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"time"

	"dpt/dptlib/runs"
)

// Costs returns a table of the cost of each artefact: at the toy scale the number of its runs and, if the store has all
// of them, the time that they took; at the paper's scale the estimated GPU-hours, of all its runs and of those that no
// artefact before it needs.
func Costs(artefacts []Artefact, store *Store) (*Table, error) {
	t := &Table{Title: "Costs", Heads: []string{"Figure or table", "Notebook"},
		Columns: []string{"Toy runs", "Toy, CPU time", "Paper runs", "Paper, GPU-hours", "of them its own"}}
	t.Caption = "CPU time: each batch's, from the records, shared by its runs; batches may have been trained side by " +
		"side. GPU-hours: estimated, on one H100 in TF32."
	seen := map[string]bool{}
	var all []*runs.Record
	for _, a := range artefacts {
		toys, err := a.Experiments(Options{Setup: Toy})
		if err != nil {
			return nil, err
		}
		published, err := a.Experiments(Options{Setup: Paper})
		if err != nil {
			return nil, err
		}
		took, found := store.took(toys)
		all = append(all, found...)
		hours, own := 0.0, 0.0
		for _, e := range published {
			hours += GPUHours(e)
			if !seen[keyOf(e)] {
				seen[keyOf(e)] = true
				own += GPUHours(e)
			}
		}
		spent := took.Round(time.Second).String()
		if len(found) < len(toys) {
			spent = fmt.Sprintf("%d of %d run", len(found), len(toys))
		}
		t.Rows = append(t.Rows, Row{Heads: []string{a.Title, a.Name}, Cells: []Cell{
			{Text: fmt.Sprint(len(toys))}, {Text: spent}, {Text: fmt.Sprint(len(published))}, {Text: hoursOf(hours)},
			{Text: hoursOf(own)},
		}})
	}
	t.Provenance = ProvenanceOf(Toy, all)
	return t, nil
}

// hoursOf writes an estimate with two digits.
func hoursOf(hours float64) string {
	if hours >= 10 {
		return thousands(int(math.Round(hours)))
	}
	return fmt.Sprintf("%.2g", hours)
}

// took returns the time that the runs of experiments took, and the records found.
func (s *Store) took(experiments []runs.Experiment) (total time.Duration, found []*runs.Record) {
	for _, e := range experiments {
		if r := s.Find(e); r != nil {
			found = append(found, r)
			total += time.Duration(r.Seconds / float64(max(1, len(r.Group))) * float64(time.Second))
		}
	}
	return total, found
}
