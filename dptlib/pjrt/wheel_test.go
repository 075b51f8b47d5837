// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// content is that of the shared library in the wheels of these tests.
var content = bytes.Repeat([]byte("plugin "), 20_000)

// serving is a package in the cache folder root, whose pip leaves plugin in a package without any network.
func serving(root string, plugin []byte) *wheels {
	sum := sha256.Sum256(content)
	w := cpuWheels
	w.root, w.sha256 = root, hex.EncodeToString(sum[:])
	w.pip = func(_ context.Context, _, work string) (string, error) {
		tree := filepath.Join(work, "tree")
		path := filepath.Join(tree, filepath.FromSlash(w.packaged))
		return tree, errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, plugin, 0o644),
			os.WriteFile(filepath.Join(tree, "LICENSE"), []byte("Apache"), 0o644))
	}
	return &w
}

// names lists what a folder holds but the lock.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			list = append(list, e.Name())
		}
	}
	return list
}

// checkInstalled checks that the cache has one good copy, and nothing else.
func checkInstalled(t *testing.T, w *wheels) {
	t.Helper()
	if err := w.check(); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(w.path()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the plugin is not the wheel's (%v)", err)
	}
	if list := names(t, w.root); len(list) != 1 {
		t.Errorf("the cache holds %v, must hold one folder", list)
	}
}

func TestInstall(t *testing.T) {
	w := serving(filepath.Join(t.TempDir(), "dpt", "pjrt"), content)
	if err := w.check(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty cache must not pass for an installed plugin, nor for a damaged one: %v", err)
	}
	if err := w.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, w)
	w.pip = func(context.Context, string, string) (string, error) { return "", errors.New("installed again") }
	if err := w.install(t.Context()); err != nil {
		t.Errorf("what is there must be used: %v", err)
	}
}

// A plugin with another digest than the pinned one, or none, is refused, and nothing of it stays.
func TestInstallRefuses(t *testing.T) {
	other, pinned := append(bytes.Clone(content), 0), serving("", nil).sha256
	for name, c := range map[string]struct {
		w    *wheels
		says []string
	}{
		"other plugin": {serving(t.TempDir(), other), []string{pinned, fmt.Sprintf("%x", sha256.Sum256(other))}},
		"empty plugin": {serving(t.TempDir(), nil), []string{pinned, "e3b0c44298fc1c14"}},
		"no plugin": {func() *wheels {
			w := serving(t.TempDir(), content)
			w.pip = func(_ context.Context, _, work string) (string, error) { return work, nil }
			return w
		}(), []string{cpuWheels.packaged}},
		"pip fails": {func() *wheels {
			w := serving(t.TempDir(), content)
			w.pip = func(_ context.Context, _, work string) (string, error) {
				err := os.WriteFile(filepath.Join(work, "x.part"), content[:100], 0o644)
				return "", errors.Join(err, errors.New("no route"))
			}
			return w
		}(), []string{"no route"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.w.install(t.Context())
			for _, word := range c.says {
				if err == nil || !strings.Contains(err.Error(), word) {
					t.Errorf("error %v, must mention %s", err, word)
				}
			}
			if list := names(t, c.w.root); len(list) != 0 {
				t.Errorf("the cache holds %v, must be empty", list)
			}
		})
	}
}

// A plugin that was changed after it was verified is found, although its size and time are unchanged, and replaced; if
// that fails it stays, but is not used.
func TestChangedPluginIsReplaced(t *testing.T) {
	change := map[string]func(path string) error{
		"longer":  func(path string) error { return os.Truncate(path, int64(len(content))+1) },
		"shorter": func(path string) error { return os.Truncate(path, int64(len(content))-1) },
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"as long, as old": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			other := bytes.Clone(content)
			other[7] ^= 1
			return errors.Join(os.WriteFile(path, other, 0o644), os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
	}
	for name, change := range change {
		t.Run(name, func(t *testing.T) {
			w := serving(t.TempDir(), content)
			if err := errors.Join(w.install(t.Context()), w.check()); err != nil {
				t.Fatal(err)
			}
			if err := change(w.path()); err != nil {
				t.Fatal(err)
			}
			if err := w.check(); err == nil || !strings.Contains(err.Error(), w.sha256) {
				t.Fatalf("error %v, must name the digest", err)
			}
			good := w.pip
			w.pip = func(context.Context, string, string) (string, error) { return "", errors.New("offline") }
			if _, err := w.libraries(t.Context()); err == nil || !strings.Contains(err.Error(), "offline") {
				t.Errorf("a changed plugin must not be used: %v", err)
			}
			w.pip = good
			if list, err := w.libraries(t.Context()); err != nil || len(list) != 1 {
				t.Errorf("found %v, %v", list, err)
			}
			checkInstalled(t, w)
		})
	}
}

// The digest is computed once, and again for a copy of the cache; a note that names another digest does not count.
func TestVerifiedOnce(t *testing.T) {
	w := serving(t.TempDir(), content)
	if err := errors.Join(w.install(t.Context()), w.check()); err != nil {
		t.Fatal(err)
	}
	noted, err := os.ReadFile(w.stamp())
	if err != nil || !strings.HasPrefix(string(noted), w.sha256) {
		t.Fatalf("noted %q, %v", noted, err)
	}
	other := *w
	other.sha256 = strings.Repeat("0", 64)
	if err := other.check(); err == nil {
		t.Error("another version's pinned digest must be computed for itself")
	}
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(w.root)); err != nil {
		t.Fatal(err)
	}
	moved := serving(root, content)
	if err := moved.check(); err != nil {
		t.Error(err)
	}
	if renewed, err := os.ReadFile(moved.stamp()); err != nil || string(renewed) == string(noted) {
		t.Errorf("the copy must be verified for itself: %q, %v", renewed, err)
	}
}

// A cache folder that cannot be written to is named, with the way out. (A file in its place stops root, too.)
func TestCacheNotWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	roots := []string{file, filepath.Join(file, "dpt")}
	if os.Getuid() != 0 {
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		roots = append(roots, locked, filepath.Join(locked, "dpt"))
	} else {
		t.Log("root may write anywhere: folders without write permission are not tried")
	}
	for _, root := range roots {
		err := serving(root, content).install(t.Context())
		if err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "XDG_CACHE_HOME") {
			t.Errorf("error %v, must name %s and XDG_CACHE_HOME", err, root)
		}
	}
}

// childInstall installs. Where it has to, it says so, and waits for the end of its standard input before.
func childInstall() error {
	w := serving(os.Getenv("DPT_TEST_PJRT_ROOT"), content)
	pip := w.pip
	w.pip = func(ctx context.Context, requirements, work string) (string, error) {
		fmt.Println("installing")
		io.Copy(io.Discard, os.Stdin)
		return pip(ctx, requirements, work)
	}
	return w.install(context.Background())
}

// Of processes that start at once one installs, and all use what it left.
func TestTwoProcesses(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said, output, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	var children []*exec.Cmd
	var inputs []io.Closer
	for range 2 {
		c := exec.Command(program)
		c.Env = append(os.Environ(), childTask+"=install", "DPT_TEST_PJRT_ROOT="+root)
		c.Stdout, c.Stderr = output, os.Stderr
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children, inputs = append(children, c), append(inputs, in)
	}
	output.Close()
	first := make([]byte, len("installing\n"))
	if _, err := io.ReadFull(said, first); err != nil || string(first) != "installing\n" {
		t.Fatalf("one must install, found %q (%v)", first, err)
	}
	for _, in := range inputs {
		in.Close()
	}
	for _, c := range children {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if rest, err := io.ReadAll(said); err != nil || len(rest) != 0 {
		t.Errorf("only one may install, then found %q (%v)", rest, err)
	}
	checkInstalled(t, serving(root, content))
}
