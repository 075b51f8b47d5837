// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A command's lines become the step's state; one that fails is reported with what it said, but not with go's requests.
func TestFollow(t *testing.T) {
	shown := newProgress("Some step")
	defer shown.end("")
	var lines []string
	state := func(line string) string {
		lines = append(lines, line)
		return strings.TrimPrefix(line, "hidden")
	}
	out, err := shown.follow(exec.Command("sh", "-c", "echo a; echo b >&2; echo hidden"), state)
	if want := []string{"a", "b", "hidden"}; err != nil || !slices.Equal(out, want) || !slices.Equal(lines, want) ||
		shown.state != "b" {
		t.Errorf("%q, %v, state %q; want %q, and b", out, err, shown.state, want)
	}
	_, err = shown.follow(exec.Command("sh", "-c", "echo '# get https://example.com'; echo 'no such module'; exit 3"),
		state)
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3\nno such module") {
		t.Errorf("%v; want its status and its words", err)
	}
	if _, err = shown.follow(exec.Command("/no/such/program"), state); err == nil {
		t.Error("a program that is not there runs")
	}
}
