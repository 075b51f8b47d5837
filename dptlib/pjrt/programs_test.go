// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
)

// childPrograms prints the sum of 1, 2 and 4, and their product, each by a program of its own.
func childPrograms() error {
	worthKeeping = 0
	backend, err := Backend()
	if err != nil {
		return err
	}
	for _, f := range []func(*graph.Node) *graph.Node{
		func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) },
		func(x *graph.Node) *graph.Node { return graph.ReduceAllMultiply(x) },
	} {
		result, err := graph.CallOnce(backend, f, []float32{1, 2, 4})
		if err != nil {
			return err
		}
		fmt.Println(result.Value())
	}
	return nil
}

// with returns the machine with one more variable.
func (m *machine) with(variable string) *machine {
	other := *m
	other.env = append(slices.Clip(m.env), variable)
	return &other
}

// computes checks what a child prints, and returns the files of its compiled programs.
func (m *machine) computes(want string) map[string]string {
	m.t.Helper()
	c := m.command()
	c.Env = append(c.Env, childTask+"=programs")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil || string(out) != want || stderr.Len() > 0 {
		m.t.Errorf("the child printed %q, must be %q and nothing else; %v\n%s", out, want, err, &stderr)
	}
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(m.cache, "dpt", "programs", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			m.t.Fatal(err)
		}
		files[path] = string(content)
	}
	return files
}

// TestPrograms shows by swapping the files of two programs that compiled programs are kept, and loaded in the next
// process.
func TestPrograms(t *testing.T) {
	const right, swapped = "7\n8\n", "8\n7\n"
	m := newMachine(t, false).cachedCPU()
	first := m.computes(right)
	if len(first) != 2 {
		t.Fatalf("two programs must be kept, found %d files", len(first))
	}
	paths := slices.Sorted(maps.Keys(first))
	m.write(paths[0], first[paths[1]])
	m.write(paths[1], first[paths[0]])
	if files := m.computes(swapped); len(files) != 2 {
		t.Errorf("a loaded program must not be kept again, found %d files", len(files))
	}

	for name, variable := range map[string]string{
		"off":            programsVariable + "=off",
		"another folder": programsVariable + "=" + filepath.Join(m.home, "elsewhere"),
		"no folder":      programsVariable + "=" + filepath.Join(m.bin, "python3", "programs"),
		"dump":           "XLA_FLAGS=--xla_dump_to=" + t.TempDir(),
		"cores":          "NPROC=1",
		"options":        "XLA_FLAGS=--xla_backend_optimization_level=1",
	} {
		t.Run(name, func(t *testing.T) { m.with(variable).computes(right) })
	}

	damages := map[string]string{
		"empty": "", "short": first[paths[0]][:40], "cut": first[paths[0]][:len(first[paths[0]])-1],
		"another bit": first[paths[0]][:100] + "\x00\x01" + first[paths[0]][102:], "text": strings.Repeat("program\n", 99),
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			for _, path := range paths {
				m.write(path, damage)
			}
			files := m.computes(right)
			for _, path := range paths {
				if files[path] != first[path] {
					t.Errorf("a damaged program must be compiled again, and kept")
				}
			}
		})
	}
}

// TestProgramsOfAnotherPlugin shows that a plugin is not given another's programs.
func TestProgramsOfAnotherPlugin(t *testing.T) {
	const right = "7\n8\n"
	m := newMachine(t, true).cachedCPU()
	cpu := m.with("GOMLX_BACKEND=xla:cpu").computes(right)
	m.jaxSite(standin(t))
	if both := m.computes(right); len(both) != 2*len(cpu) {
		t.Errorf("%d programs of the CPU plugin and %d with those of the stand-in, must be 2 and 4", len(cpu), len(both))
	}
}

// TestRemoveOldest keeps what was used last.
func TestRemoveOldest(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for _, age := range []int{3, 1, 4, 2} { // hours; each file has 10 bytes
		path := filepath.Join(dir, fmt.Sprint("used ", age, " hours ago"))
		if err := os.WriteFile(path, make([]byte, 10), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-time.Duration(age)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	programs{dir: dir}.removeOldest(29)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"used 1 hours ago", "used 2 hours ago"}; !slices.Equal(left, want) {
		t.Errorf("%q are left, must be %q", left, want)
	}
}
