// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What torch 2.15.0 returns for torch.randperm(n, generator=torch.Generator().manual_seed(42)): the first eight, the
// last four, and the sum of position times value. More numbers than one state of the generator has (624), and n beyond
// 2^16.
func TestHalfSplit(t *testing.T) {
	for _, c := range []struct {
		n           int
		first, last []int
		sum         int
	}{
		{10, []int{2, 6, 1, 8, 4, 5, 0, 9}, []int{0, 9, 3, 7}, 223},
		{56, []int{22, 8, 36, 39, 34, 28, 26, 6}, []int{46, 38, 0, 3}, 42679},                  // CB
		{104, []int{70, 20, 30, 58, 2, 0, 74, 48}, []int{38, 4, 36, 66}, 282623},               // WSC
		{277, []int{207, 84, 253, 243, 190, 28, 165, 111}, []int{239, 1, 119, 38}, 5223616},    // RTE
		{638, []int{292, 360, 246, 12, 52, 100, 570, 549}, []int{258, 87, 198, 371}, 63834374}, // WiC
		// BoolQ
		{3270, []int{282, 3153, 2578, 2833, 2504, 90, 2626, 3238}, []int{2777, 2381, 1664, 2257}, 8728561199},
		// MultiRC
		{4848, []int{3270, 1987, 3664, 967, 3242, 1717, 418, 2042}, []int{1031, 2586, 4466, 1614}, 28352991170},
		{70000, []int{37542, 64941, 23546, 30182, 19690, 46550, 59030, 28299}, []int{14807, 24027, 42492, 518},
			85866297930514},
	} {
		selection, report := HalfSplit(c.n)
		order, sum := slices.Concat(selection, report), 0
		for i, at := range order {
			sum += i * at
		}
		if diff := cmp.Diff([]any{c.first, c.last, c.sum}, []any{order[:8], order[c.n-4:], sum}); diff != "" {
			t.Errorf("%d (-want +got):\n%s", c.n, diff)
		}
		if len(selection) != c.n/2 || len(report) != c.n-c.n/2 {
			t.Errorf("%d has halves of %d and %d", c.n, len(selection), len(report))
		}
	}
	for n, want := range []string{"[] []", "[] [0]", "[0] [1]"} { // as torch has them
		selection, report := HalfSplit(n)
		if got := fmt.Sprint(selection, report); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// spec/successors.md: of the official rows of WSC 31 of 52 are False in the first half, 35 of 52 in the second.
func TestHalfSplitOfWSC(t *testing.T) {
	rows := mustSplit(t, wsc, filepath.Join(shared(t), "data", "superglue"), "val")
	selection, report := HalfSplit(len(rows))
	isFalse := func(half []int) (n int) {
		for _, i := range half {
			n += 1 - rows[i].Class()
		}
		return n
	}
	if isFalse(selection) != 31 || isFalse(report) != 35 {
		t.Errorf("%d and %d are False, want 31 and 35", isFalse(selection), isFalse(report))
	}
}

// No query of ReCoRD is trained on and held out, and WSC's held-out examples keep their False rows.
func TestHoldOut(t *testing.T) {
	for _, task := range []Task{record, wsc} {
		rows := mustSplit(t, task, filepath.Join(shared(t), "data", "fewglue_32dev"), "dev32")
		train, held, err := task.HoldOut(rows, randperm(len(rows), 1), 10)
		if err != nil {
			t.Fatal(err)
		}
		heldIDs := map[string]bool{}
		classes := map[int]bool{}
		for _, x := range held {
			heldIDs[x.ID()], classes[x.Class()] = true, true
		}
		for _, x := range train {
			if heldIDs[x.ID()] {
				t.Errorf("%s: %s is trained on and held out", task.Name, x.ID())
			}
			if task.Name == "WSC" && x.Class() != 1 {
				t.Errorf("%s: %s is trained on, and it is False", task.Name, x.ID())
			}
		}
		if len(held) != 10 || len(heldIDs) != 10 || task.Name == "WSC" && len(classes) != 2 {
			t.Errorf("%s: held out %d examples of %d IDs with classes %v; want 10 of 10", task.Name, len(held),
				len(heldIDs), classes)
		}
		for _, n := range []int{-1, 0, len(rows)} {
			if _, _, err := task.HoldOut(rows, randperm(len(rows), 1), n); err == nil {
				t.Errorf("%s: %d of %d rows were held out", task.Name, n, len(rows))
			}
		}
	}
}
