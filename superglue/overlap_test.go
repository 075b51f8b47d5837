// SPDX-License-Identifier: Apache-2.0

package superglue_test

import (
	"fmt"
	"testing"

	"dpt/superglue"
	"dpt/superglue/lookalike"
)

func ExampleReCoRD_Overlap() {
	x := superglue.ReCoRD{
		PassageText: "Ida bought a pear in Lima. Tom and Ian sold the old boat.\n@highlight\nZoe ate",
		QueryText:   "Tom and @placeholder sold a boat.",
		Entities:    []string{"Ian", "Ida", "Tom", "Zoe"},
	}
	fmt.Println(x.Overlap())
	// Output: Ian
}

// TestOverlap: words alone answer most queries of the look-alike (94.8 %, as an independent program counted on the
// data of 26 November 2026; the bound leaves room for harder ones), and one of three names is right a third of the
// time.
func TestOverlap(t *testing.T) {
	task, err := superglue.Lookup("ReCoRD")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := lookalike.Split("ReCoRD", "val", 1)
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]string, len(rows))
	for i, row := range rows {
		answers[i] = row.(superglue.ReCoRD).Overlap()
	}
	scores, err := task.Score(superglue.Format{}, rows, answers)
	if err != nil {
		t.Fatal(err)
	}
	first := task.Statistics("val", rows, superglue.Format{}, func(string) int { return 0 }).Majority
	if first == nil || first.Score.Value < 20 || first.Score.Value > 45 {
		t.Errorf("one of three entities must be right a third of the time, found %+v", first)
	}
	if got := scores.Metrics[0].Value; got < 50 || scores.Invalid > 0 {
		t.Errorf("words must answer most of the queries, found %g %% and %d that are no entities", got, scores.Invalid)
	}
}
