// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"slices"
	"strings"
	"testing"

	"dpt/dptlib/runs"
	"dpt/figures"
)

// TestRunRows: what the list says of two stored runs is never the same, but for their ids, scores, times and memory;
// those that scored a stored prompt once more are called so.
func TestRunRows(t *testing.T) {
	records, _ := runs.Folder(Root() + "/" + figures.Folder(figures.Options{Setup: "toy"})).Records()
	heads, lines := RunRows(records)
	if len(lines) < 1000 {
		t.Fatalf("found %d records, want those of the repository", len(lines))
	}
	seen := map[string]string{}
	for i, line := range lines {
		var what []string
		for _, head := range []string{"task", "method", "settings", "model", "seed"} {
			what = append(what, line[slices.Index(heads, head)])
		}
		key := strings.Join(what, "; ")
		if other, ok := seen[key]; ok {
			t.Errorf("runs %s and %s are both %s", other, records[i].ID, key)
		}
		seen[key] = records[i].ID
		if got, want := strings.HasPrefix(what[2], "re-scored "), records[i].Of() != ""; got != want {
			t.Errorf("run %s is %s; re-scored: %v", records[i].ID, key, want)
		}
	}
}
