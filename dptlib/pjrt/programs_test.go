// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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
		if info, err := os.Stat(path); err != nil || info.Size() > 1<<20 || !info.Mode().IsRegular() {
			m.t.Fatalf("%s must be a small file, %v", path, err)
		}
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

	// The swapped files would give another result.
	flags := m.write(filepath.Join(m.home, "flags"), "--xla_backend_optimization_level=1")
	for name, variable := range map[string]string{
		"off":              programsVariable + "=off",
		"another folder":   programsVariable + "=" + filepath.Join(m.home, "elsewhere"),
		"no folder":        programsVariable + "=" + filepath.Join(m.bin, "python3", "programs"),
		"dump":             "XLA_FLAGS=--xla_dump_to=" + t.TempDir(),
		"flags":            "XLA_FLAGS=--xla_backend_optimization_level=1",
		"flags in a file":  "XLA_FLAGS=" + flags,
		"number of cores":  "NPROC=1",
		"another variable": "PJRT_NPROC=1",
	} {
		t.Run(name, func(t *testing.T) { m.with(variable).computes(right) })
	}

	whole := first[paths[0]]
	for name, damage := range map[string]func(path string){
		"empty":       func(path string) { m.write(path, "") },
		"short":       func(path string) { m.write(path, whole[:20]) },
		"cut":         func(path string) { m.write(path, whole[:len(whole)-1]) },
		"another bit": func(path string) { m.write(path, whole[:100]+string(whole[100]^1)+whole[101:]) },
		"no program": func(path string) {
			sum := sha256.Sum256([]byte("no program"))
			m.write(path, string(sum[:])+"no program")
		},
		"pipe": func(path string) { os.Remove(path); syscall.Mkfifo(path, 0o600) },
		"huge": func(path string) { os.Truncate(path, 1<<40) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range paths {
				damage(path)
			}
			m.computes(right)
			for _, path := range paths {
				if new(programs).read(path) == nil {
					t.Errorf("a damaged file must be replaced")
				}
			}
		})
	}

	t.Run("relative folder", func(t *testing.T) {
		m.with(programsVariable+"=programs").mustFail(programsVariable, "absolute", `"programs"`)
	})
}

// TestProgramsOfAnotherPlugin shows that a plugin is not given another's programs, and that one that cannot serialize
// keeps none.
func TestProgramsOfAnotherPlugin(t *testing.T) {
	const right = "7\n8\n"
	m := newMachine(t, true).cachedCPU()
	cpu := m.with("GOMLX_BACKEND=xla:cpu").computes(right)
	m.jaxSite(standin(t))
	if same := m.with("STANDIN_LACKS=1").computes(right); len(same) != len(cpu) {
		t.Errorf("a plugin that cannot serialize left %d files", len(same)-len(cpu))
	}
	if both := m.computes(right); len(both) != 2*len(cpu) {
		t.Errorf("%d programs of the CPU plugin and %d with the stand-in's, must be 2 and 4", len(cpu), len(both))
	}
}

// TestRemoveOldest keeps what was used last, and what is not a program.
func TestRemoveOldest(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	name := func(letter string) string { return strings.Repeat(letter, 64) }
	for i, file := range []string{ // the newest first; each has 10 bytes
		name("b"), "letter.txt", name("a"), name("c"), "." + name("d") + "123", name("e") + ".bak",
	} {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, make([]byte, 10), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	(&programs{dir: dir}).removeOldest(29)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{name("a"), name("b"), name("e") + ".bak", "letter.txt"}; !slices.Equal(left, want) {
		t.Errorf("%q are left, must be %q", left, want)
	}
}
