// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestUseHugePages starts this test's program as one that calls UseHugePages, and looks at what came of its arguments
// and environment.
func TestUseHugePages(t *testing.T) {
	const marker = "DPT_TEST_HUGE_PAGES"
	if os.Getenv(marker) != "" {
		UseHugePages()
		t.Logf("argument %s, GLIBC_TUNABLES=%s;", os.Args[len(os.Args)-1], os.Getenv("GLIBC_TUNABLES"))
		return
	}
	for _, c := range []struct{ before, after string }{
		{"", "glibc.malloc.hugetlb=1"},
		{"glibc.malloc.arena_max=2", "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"},
		{"glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0"},
	} {
		program := exec.Command(os.Args[0], "-test.run=^TestUseHugePages$", "-test.v", "-", "last one")
		program.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool {
			return strings.HasPrefix(s, "GLIBC_TUNABLES=")
		}), marker+"=1")
		if c.before != "" {
			program.Env = append(program.Env, "GLIBC_TUNABLES="+c.before)
		}
		out, err := program.CombinedOutput()
		want := "argument last one, GLIBC_TUNABLES=" + c.after + ";"
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("with %q: found error %v and output %s, want %s", c.before, err, out, want)
		}
	}
}
