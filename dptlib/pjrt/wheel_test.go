// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"archive/zip"
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

// plugin stands for the shared library in the wheels of these tests.
var plugin = bytes.Repeat([]byte("plugin "), 20_000)

// archive is a zip file of the given entries.
func archive(t testing.TB, entries map[string][]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, data := range entries {
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func goodArchive(t testing.TB) []byte {
	return archive(t, map[string][]byte{
		wheelFolder + "/" + pluginFile:  plugin,
		wheelFolder + "/__init__.py":    []byte("print()"),
		"x.dist-info/licenses/LICENSE":  []byte("Apache"),
		"../../../../tmp/escaped/a.txt": []byte("never unpacked"),
	})
}

// serving is a wheel in the cache folder root, whose fetch puts file there without any network.
func serving(root string, file []byte) *wheel {
	sum := sha256.Sum256(file)
	return &wheel{root, hex.EncodeToString(sum[:]), int64(len(plugin)), func(_ context.Context, into string) error {
		return os.WriteFile(filepath.Join(into, "x.whl"), file, 0o644)
	}}
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

// checkInstalled holds that the cache has one good copy, and nothing else.
func checkInstalled(t *testing.T, w *wheel) {
	t.Helper()
	if err := w.check(); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(w.plugin()); err != nil || !bytes.Equal(got, plugin) {
		t.Errorf("the plugin is not the wheel's (%v)", err)
	}
	if list := names(t, w.root); len(list) != 1 {
		t.Errorf("the cache holds %v, must hold one folder", list)
	}
	if list := names(t, w.dir()); fmt.Sprint(list) != "[LICENSE "+pluginFile+"]" {
		t.Errorf("the plugin's folder holds %v", list)
	}
}

func TestInstall(t *testing.T) {
	w := serving(filepath.Join(t.TempDir(), "dpt", "pjrt"), goodArchive(t))
	if err := w.check(); err == nil {
		t.Error("an empty cache must not pass for an installed plugin")
	}
	if err := w.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, w)
	w.fetch = func(context.Context, string) error { return errors.New("fetched again") }
	if err := w.install(t.Context()); err != nil {
		t.Errorf("what is there must be used: %v", err)
	}
}

func TestInstallRefuses(t *testing.T) {
	good := goodArchive(t)
	for name, c := range map[string]struct {
		file []byte
		sum  string // of the file where it is empty
		says string
	}{
		"other file":        {good, strings.Repeat("0", 64), "SHA-256"},
		"truncated file":    {good[:len(good)/2], serving("", good).sha256, "SHA-256"},
		"truncated zip":     {good[:len(good)/2], "", "zip"},
		"empty zip":         {nil, "", "zip"},
		"no plugin":         {archive(t, map[string][]byte{"x/" + pluginFile: plugin}), "", wheelFolder + "/" + pluginFile},
		"damaged content":   {damaged(good), "", pluginFile},
		"file is a sitemap": {[]byte("<html>sign in</html>"), serving("", good).sha256, "SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serving(t.TempDir(), c.file)
			if c.sum != "" {
				w.sha256 = c.sum
			}
			if err := w.install(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, must mention %s", err, c.says)
			}
			if list := names(t, w.root); len(list) != 0 {
				t.Errorf("the cache holds %v, must be empty", list)
			}
		})
	}
}

// damaged flips a bit of the plugin's compressed data, which the zip's CRC-32 tells.
func damaged(file []byte) []byte {
	file = bytes.Clone(file)
	at := bytes.Index(file, []byte(pluginFile)) + len(pluginFile) + 20
	file[at] ^= 4
	return file
}

func TestInstallNeedsOneWheel(t *testing.T) {
	for n, files := range [][]string{{}, {"a.whl", "b.whl"}} {
		w := serving(t.TempDir(), nil)
		w.fetch = func(_ context.Context, into string) error {
			for _, name := range files {
				if err := os.WriteFile(filepath.Join(into, name), nil, 0o644); err != nil {
					return err
				}
			}
			return nil
		}
		if err := w.install(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprint("found ", 2*n)) {
			t.Errorf("%d wheels: error %v", 2*n, err)
		}
	}
}

// A plugin of another size, as a full disk or another version would leave, is replaced.
func TestInstallReplacesWrongSize(t *testing.T) {
	w := serving(t.TempDir(), goodArchive(t))
	if err := w.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{0, int64(len(plugin)) - 1, int64(len(plugin)) + 1} {
		if err := os.Truncate(w.plugin(), size); err != nil {
			t.Fatal(err)
		}
		if err := w.check(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(size)) {
			t.Errorf("%d bytes: error %v, must mention them", size, err)
		}
		if err := w.install(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkInstalled(t, w)
	}
}

// Where the download fails, what was there before stays.
func TestInterruptedFetch(t *testing.T) {
	w := serving(t.TempDir(), goodArchive(t))
	whole := w.fetch
	w.fetch = func(ctx context.Context, into string) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return errors.Join(os.WriteFile(filepath.Join(into, "x.whl.part"), plugin[:100], 0o644), ctx.Err())
	}
	if err := w.install(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, must be that of the fetch", err)
	}
	if list := names(t, w.root); len(list) != 0 {
		t.Errorf("the cache holds %v, must be empty", list)
	}
	w.fetch = whole
	if err := w.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, w)
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
		w := serving(root, goodArchive(t))
		err := w.install(t.Context())
		if err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "XDG_CACHE_HOME") {
			t.Errorf("error %v, must name %s and XDG_CACHE_HOME", err, root)
		}
	}
}

// These variables make this test's program one of the processes that start at once: the cache to install into, and the
// wheel file to find there.
const childRoot, childWheel = "DPT_TEST_PJRT_ROOT", "DPT_TEST_PJRT_WHEEL"

func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		if err := child(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child installs a wheel. Where it has to fetch it, it says so, and waits for the end of its standard input before.
func child(root string) error {
	file, err := os.ReadFile(os.Getenv(childWheel))
	if err != nil {
		return err
	}
	w := serving(root, file)
	fetch := w.fetch
	w.fetch = func(ctx context.Context, into string) error {
		fmt.Println("fetching")
		io.Copy(io.Discard, os.Stdin)
		return fetch(ctx, into)
	}
	return w.install(context.Background())
}

// TestTwoProcesses: of processes that start at once one fetches, and all use what it left.
func TestTwoProcesses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.whl")
	if err := os.WriteFile(file, goodArchive(t), 0o644); err != nil {
		t.Fatal(err)
	}
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
		c.Env = append(os.Environ(), childRoot+"="+root, childWheel+"="+file)
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
	first := make([]byte, len("fetching\n"))
	if _, err := io.ReadFull(said, first); err != nil || string(first) != "fetching\n" {
		t.Fatalf("one must fetch, found %q (%v)", first, err)
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
		t.Errorf("only one may fetch, then found %q (%v)", rest, err)
	}
	checkInstalled(t, serving(root, goodArchive(t)))
}

// TestNoPlugin: the error lists what was tried, and both ways to mend it.
func TestNoPlugin(t *testing.T) {
	text := noPlugin([]error{errors.New("the cache: nothing there"), errors.New("pip: no route\nto host")}).Error()
	for _, part := range []string{"- the cache: nothing there", "- pip: no route\n    to host", wheelPackage + "==" + wheelVersion, "PJRT_PLUGIN_LIBRARY_PATH", "pip"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q must be in the error, found:\n%s", part, text)
		}
	}
}
