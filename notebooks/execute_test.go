// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shirou/gopsutil/v4/process"
)

func TestCheck(t *testing.T) {
	cell := func(outputs string) string {
		return `{"cells":[{"cell_type":"markdown","source":[]},{"cell_type":"code","outputs":[` + outputs + `]}]}`
	}
	for name, c := range map[string]struct{ notebook, summary, problem string }{
		"text and an image": {cell(`{"output_type":"stream","name":"stdout","text":["a\n","b"]},{"output_type":"display_data","data":{"image/png":"iVBO","text/plain":["x"]}}`), "1 cells, 1 images", ""},
		"failed cell":       {cell(`{"output_type":"error","ename":"ERROR","evalue":"exit status 2","traceback":["panic: no rows"]}`), "", "cell 2 failed: exit status 2\npanic: no rows"},
		"standard error":    {cell(`{"output_type":"stream","name":"stderr","text":["exit ","status 1"]}`), "", "cell 2 wrote to standard error:\nexit status 1"},
		"in pieces":         {cell(`{"output_type":"stream","name":"stderr","text":"panic: "},{"output_type":"stream","name":"stderr","text":"no rows"}`), "", "panic: no rows"},
		"one string":        {cell(`{"output_type":"stream","name":"stderr","text":"oops"}`), "", "oops"},
		"no notebook":       {`[]`, "", "n.ipynb"},
	} {
		path := filepath.Join(t.TempDir(), "n.ipynb")
		if err := os.WriteFile(path, []byte(c.notebook), 0o644); err != nil {
			t.Fatal(err)
		}
		summary, err := check(path)
		if summary != c.summary || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: found %q and %v", name, summary, err)
		}
	}
}

// TestKillTree kills a shell whose child has a session of its own, as Jupyter's kernels have.
func TestKillTree(t *testing.T) {
	shell := exec.Command("sh", "-c", `exec 3<&0; setsid sh -c 'echo $$; exec cat' <&3 & wait`)
	output, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := shell.StdinPipe() // never closed: only a kill ends cat
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	children, err := (&process.Process{Pid: int32(shell.Process.Pid)}).Children()
	if err != nil || len(children) == 0 {
		t.Fatalf("the shell must have a child: %v", err)
	}
	if err := killTree(int32(shell.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	// The output ends when the last process that holds it is gone.
	if _, err := io.ReadAll(output); err != nil {
		t.Fatal(err)
	}
	if err := shell.Wait(); err == nil {
		t.Error("the shell ended by itself")
	}
}

func TestParse(t *testing.T) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	execute, timeout := flags.Bool("execute", false, ""), flags.Duration("timeout", 0, "")
	names, err := parse(flags, []string{"-execute", "quickstart", "-timeout", "5m", "fig01"})
	if err != nil || !*execute || timeout.Minutes() != 5 || !slices.Equal(names, []string{"quickstart", "fig01"}) {
		t.Errorf("found %v, %v, %v, %v", *execute, *timeout, names, err)
	}
}
