// SPDX-License-Identifier: Apache-2.0

package dptlib_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers are the module's packages from the bottom up: each may import only what stands before it.
var layers = strings.Fields(`
	t5/modelfile t5/safetensors t5/tokenizer t5 t5/toy
	superglue superglue/lookalike
	dptlib dptlib/pip dptlib/pjrt dptlib/fetch dptlib/prompt dptlib/internal/cases dptlib/train dptlib/pretrain dptlib/predict dptlib/runs
	figures/internal/timeless figures figures/cmd figures/cmd/dpt
	notebooks/nb notebooks/generate notebooks/xla notebooks`)

// TestImportsPointDown: no import arrow points up, and the tasks and T5 know nothing of each other.
func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "dpt/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		names := strings.Fields(line)
		from := strings.TrimPrefix(names[0], "dpt/")
		level := slices.Index(layers, from)
		if level < 0 {
			t.Errorf("package %s has no place among the layers", from)
		}
		for _, name := range names[1:] {
			to, own := strings.CutPrefix(name, "dpt/")
			if own && slices.Index(layers, to) >= level {
				t.Errorf("%s imports %s, which stands above it", from, to)
			}
			if own && (strings.HasPrefix(from, "superglue") && strings.HasPrefix(to, "t5") ||
				strings.HasPrefix(from, "t5") && strings.HasPrefix(to, "superglue")) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}
