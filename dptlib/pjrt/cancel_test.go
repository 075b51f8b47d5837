// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// hanging makes installations with pip last for ever, in a process that Python started, whose number is in the file.
func (m *machine) hanging() (pid string) {
	m.script("python3", `
case "$*" in
*pip\ install*) sleep 3600 & echo $! >"$FAKE_LOG"; echo it hangs >&2; wait ;;
esac`)
	return m.log
}

// until starts a child, and returns when it has said a word on standard error.
func (m *machine) until(c *exec.Cmd, word string) {
	m.t.Helper()
	stderr, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), word) {
			go io.Copy(io.Discard, stderr)
			return
		}
	}
	m.t.Fatalf("the child never said %q: %v", word, c.Wait())
}

// ends checks that the child ends soon with a status, and leaves neither a half-made folder nor a running process.
func (m *machine) ends(c *exec.Cmd, status int, pid string) {
	m.t.Helper()
	start := time.Now()
	c.Wait()
	if took := time.Since(start); took > 3*time.Second || c.ProcessState.ExitCode() != status {
		m.t.Errorf("after %v with %v, must be within 3 s with status %d", took, c.ProcessState, status)
	}
	if left := names(m.t, filepath.Join(m.cache, "dpt", "pjrt")); len(left) != 0 {
		m.t.Errorf("the cache holds %v, must be empty", left)
	}
	if pid == "" {
		return
	}
	number, err := os.ReadFile(pid)
	if err != nil {
		m.t.Fatal(err)
	}
	state, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(number)), "stat"))
	if err == nil && !strings.Contains(string(state), ") Z ") { // a zombie has ended too
		m.t.Errorf("what pip started still runs: %s", state)
	}
}

func TestSignalEndsInstallation(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(fmt.Sprint("pip, ", signal), func(t *testing.T) {
			m := newMachine(t, false)
			pid := m.hanging()
			c := m.command()
			m.until(c, "it hangs")
			c.Process.Signal(signal)
			m.ends(c, 130, pid)
		})
		t.Run(fmt.Sprint("another's installation, ", signal), func(t *testing.T) {
			m := newMachine(t, false)
			root := filepath.Join(m.cache, "dpt", "pjrt")
			m.mkdir(root)
			lock := flock.New(filepath.Join(root, ".lock"))
			if err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			defer lock.Unlock()
			c := m.command()
			m.until(c, "waiting for it")
			c.Process.Signal(signal)
			m.ends(c, 130, "")
		})
	}
}

// childContext cancels the making of a backend when its standard input ends, and then makes another.
func childContext() error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if _, err := BackendContext(ctx); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("must be canceled, found %v", err)
	}
	if _, err := BackendContext(ctx); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("must be canceled again, found %v", err)
	}
	os.Setenv("GOMLX_BACKEND", "go")
	_, err := Backend()
	return err
}

// A context that is done ends the installation as a signal does; a later call tries again.
func TestContextEndsInstallation(t *testing.T) {
	m := newMachine(t, true) // the GPU's installation comes first; the CPU's must not follow
	pid := m.hanging()
	m.set(childTask + "=context")
	c := m.command()
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	m.until(c, "it hangs")
	in.Close()
	m.ends(c, 0, pid)
}
