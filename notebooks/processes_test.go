// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

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

// TestMain lets the test program be the one that a signal ends: it runs the shell program of its environment as it
// would run Jupyter.
func TestMain(m *testing.M) {
	if script := os.Getenv("DPT_TEST_APART"); script != "" {
		alive := os.NewFile(3, "alive")
		command := exec.Command("sh", "-c", script)
		command.Stdin, command.ExtraFiles = os.Stdin, []*os.File{alive}
		fmt.Fprintln(alive, "ended:", runApart(interruptible(), command))
		return
	}
	os.Exit(m.Run())
}

// Whichever signal ends the program, nothing that it started is left, not what has a session of its own, not orphans,
// and not what ignores signals; but first the program that it runs is asked to end.
func TestSignals(t *testing.T) {
	const (
		deaf   = `trap '' INT TERM HUP; `
		family = deaf + `setsid sh -c 'sh -c "sleep 1000 & echo orphan >&3" & sleep 1000' & sleep 1000 & `
		polite = family + `trap 'echo asked >&3; exit 0' TERM; echo ready >&3; while :; do sleep 0.05; done`
		stale  = family + `echo ready >&3; while :; do sleep 1000; done`
	)
	for _, c := range []struct {
		about   string
		script  string
		signals []syscall.Signal
		want    string
		within  time.Duration
	}{
		{"Ctrl-C", polite, []syscall.Signal{syscall.SIGINT}, "asked\nended: context canceled\n", grace},
		{"kill", polite, []syscall.Signal{syscall.SIGTERM}, "asked\nended: context canceled\n", grace},
		{"a closed terminal", polite, []syscall.Signal{syscall.SIGHUP}, "asked\nended: context canceled\n", grace},
		{"Ctrl-C, which the program ignores", stale, []syscall.Signal{syscall.SIGINT}, "ended: context canceled\n",
			2 * grace},
		{"Ctrl-C twice", stale, []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM}, "", grace},
		{"an end of its own", family + "echo ready >&3; read line; exit 0", nil, "ended: <nil>\n", grace},
	} {
		t.Run(c.about, func(t *testing.T) {
			for _, s := range c.signals {
				if signal.Ignored(s) {
					t.Skipf("started with %v ignored, as by nohup, and so is the program", s)
				}
			}
			alive, theirs, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			program := exec.Command(os.Args[0])
			program.Env = append(os.Environ(), "DPT_TEST_APART="+c.script)
			program.ExtraFiles = []*os.File{theirs}
			stdin, err := program.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := program.Start(); err != nil {
				t.Fatal(err)
			}
			theirs.Close()
			in := bufio.NewReader(alive)
			for seen := ""; !strings.Contains(seen, "ready") || !strings.Contains(seen, "orphan"); {
				line, err := in.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				seen += line
			}
			start := time.Now()
			if c.signals == nil {
				stdin.Close()
			}
			for _, s := range c.signals {
				if err := program.Process.Signal(s); err != nil {
					break // it has ended
				}
			}
			// The pipe ends when the last process that holds it is gone.
			rest, err := io.ReadAll(in)
			if took := time.Since(start); err != nil || c.want != "" && string(rest) != c.want || took > c.within {
				t.Errorf("%q, %v, after %v; want %q within %v", rest, err, took, c.want, c.within)
			}
			program.Wait()
		})
	}
}
