// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

// testEnvironment is an empty checkout.
func testEnvironment(t *testing.T) *environment {
	root := t.TempDir()
	return &environment{root: root, venv: filepath.Join(root, ".venv")}
}

// A step is done once, and again for another key, after a failure, and when what it made is damaged.
func TestOnce(t *testing.T) {
	e := testEnvironment(t)
	count := 0
	var failure, damage error
	do := func(context.Context, *progress) error {
		count++
		return errors.Join(failure, os.MkdirAll(e.venv, 0o755))
	}
	check := func(context.Context) error { return damage }
	for _, c := range []struct {
		about           string
		key             string
		failure, damage error
		want            int
	}{
		{"at first", "a", nil, nil, 1},
		{"again", "a", nil, nil, 1},
		{"another key", "b", nil, nil, 2},
		{"damaged", "b", nil, errors.New("a file is missing"), 3},
		{"sound", "b", nil, nil, 3},
		{"a failure", "c", errors.New("no network"), nil, 4},
		{"after a failure", "c", nil, nil, 5},
		{"no key", "", nil, nil, 6},
		{"no key, again", "", nil, nil, 7},
	} {
		failure, damage = c.failure, c.damage
		err := e.once(t.Context(), step{"Some step", c.key, check, do})
		if count != c.want || !errors.Is(err, c.failure) {
			t.Errorf("%s: done %d times, %v; want %d times", c.about, count, err, c.want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("Ctrl-C")
	cancel(stopped)
	if err := e.once(ctx,
		step{"Some step", "d", check,
			func(ctx context.Context, _ *progress) error { return ctx.Err() }}); !errors.Is(err, stopped) {
		t.Errorf("%v; want %v", err, stopped)
	}
}

// A second setup waits, until it is interrupted; a place that cannot hold a lock is no reason not to start.
func TestLock(t *testing.T) {
	e := testEnvironment(t)
	unlock, err := e.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.lock(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "setup.lock") {
		t.Errorf("%v; want %v, and the lock's name", err, context.Canceled)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if got, err := flock.New(filepath.Join(e.root, "build", "setup.lock")).TryLock(); !got || err != nil {
		t.Errorf("%t, %v; want the lock free", got, err)
	}
}

// A Python environment of this program's is removed; another one is moved aside, with all that it holds.
func TestClearVenv(t *testing.T) {
	for _, c := range []struct {
		about string
		files []string
		kept  string // where the environment's "precious" is found
	}{
		{"none", nil, ""},
		{"an empty one", []string{}, ""},
		{"a half-made one", []string{madeHere, "precious"}, ""},
		{"one of an earlier version", []string{".done-Jupyter", "precious"}, ""},
		{"somebody else's", []string{"pyvenv.cfg", "precious"}, "build/venv-that-was-there/precious"},
	} {
		e := testEnvironment(t)
		if c.files != nil {
			if err := os.Mkdir(e.venv, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range c.files {
			if err := os.WriteFile(filepath.Join(e.venv, name), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.clearVenv(); err != nil {
			t.Errorf("%s: %v", c.about, err)
		}
		if entries, err := os.ReadDir(e.venv); err != nil || len(entries) != 1 || entries[0].Name() != madeHere {
			t.Errorf("%s: there are %v, %v; want only the mark", c.about, entries, err)
		}
		if c.kept != "" && !exists(filepath.Join(e.root, c.kept)) {
			t.Errorf("%s: there is no %s", c.about, c.kept)
		}
	}
}
