// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"os"
	"path/filepath"
	"testing"

	"dpt/superglue"
)

func TestMadeUpRows(t *testing.T) {
	task, err := superglue.Lookup("CB")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := writeMadeUpCB(filepath.Join(dir, "CB")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for split, want := range map[string]int{"train": 192, "val": 48} {
		rows, err := task.ReadSplit(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != want {
			t.Errorf("%s must have %d rows, found %d", split, want, len(rows))
		}
		classes := map[int]bool{}
		for _, row := range rows {
			source, _ := task.Text(row, superglue.Format{})
			if other, twice := seen[source]; twice {
				t.Errorf("%q is in %s and in %s", source, other, split)
			}
			seen[source], classes[row.Class()] = split, true
		}
		if len(classes) != 3 {
			t.Errorf("%s must have three classes, found %d", split, len(classes))
		}
	}
}

func TestDataOfTheEnvironment(t *testing.T) {
	t.Setenv("DPT_DATA", os.TempDir())
	task, err := superglue.Lookup("CB")
	if err != nil {
		t.Fatal(err)
	}
	if dir, _ := Data(task); dir != os.TempDir() {
		t.Errorf("DPT_DATA must be used, found %s", dir)
	}
}
