// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPinned(t *testing.T) {
	got := pinned("# jupyter==1\nidna==3.11 \\\n    --hash=sha256:00\n" +
		"appnope==0.1.4 ; sys_platform == 'darwin' \\\n    --hash=sha256:00\nA_b.c==2.0\n")
	if want := []string{"idna==3.11", "A_b.c==2.0"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
	if all := pinned(requirements); len(all) < 50 ||
		!slices.ContainsFunc(all, func(pin string) bool { return strings.HasPrefix(pin, "jupyterlab==") }) {
		t.Errorf("requirements.lock pins %d packages, %q", len(all), all)
	}
}
