// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// step is a part of the setup.
type step struct {
	title string
	key   string // what was done is good for this key, in this place; "" for a step without a stamp
	check func(context.Context) error
	do    func(context.Context, *progress) error
}

// setUp does the steps that have not been done before, or are not complete; it leaves out completion in cells if nobody
// types. Two that start at once do so one after the other.
func (e *environment) setUp(ctx context.Context, completion bool) error {
	unlock, err := e.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.checkCompiler(ctx); err != nil {
		return err
	}
	modules, err := e.files("go.mod", "go.sum")
	if err != nil {
		return err
	}
	steps := []step{
		{"Jupyter", requirements, e.checkJupyter, e.installJupyter},
		{"Modules", modules, e.checkModules, e.downloadModules},
		e.toolStep("Go kernel", modules, kernelTools),
		{"Packages", "", nil, e.compile},
		{"XLA", "", nil, e.findXLA},
	}
	if completion {
		steps = append(steps, e.toolStep("Completion", modules, completionTools))
	}
	for _, s := range steps {
		if err := e.once(ctx, s); err != nil {
			if errors.Is(err, syscall.EROFS) || errors.Is(err, os.ErrPermission) {
				err = fmt.Errorf("the repository's folder must be writable to set up: %w", err)
			}
			return fmt.Errorf("setting up %s: %w", s.title, err)
		}
	}
	return e.configure(ctx)
}

// lock keeps other setups of the checkout waiting. Where the file system cannot lock, or cannot be written, it does
// nothing: what is missing then will be reported.
func (e *environment) lock(ctx context.Context) (unlock func() error, err error) {
	lock := flock.New(filepath.Join(e.root, "build", "setup.lock"))
	err = os.MkdirAll(filepath.Dir(lock.Path()), 0o755)
	if err == nil {
		var got bool
		if got, err = lock.TryLock(); err == nil && !got {
			say("waiting for another setup to finish (%s)", lock.Path())
			_, err = lock.TryLockContext(ctx, 200*time.Millisecond)
		}
	}
	for _, lockless := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EROFS,
		os.ErrPermission} {
		if errors.Is(err, lockless) {
			say("going on without the lock that keeps two setups apart (%v)", err)
			return func() error { return nil }, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("waiting for another setup to finish (%s): %w", lock.Path(), err)
	}
	return lock.Unlock, nil
}

// files is the content of files of the checkout.
func (e *environment) files(names ...string) (string, error) {
	var all strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(e.root, name))
		if err != nil {
			return "", err
		}
		all.Write(data)
	}
	return all.String(), nil
}

// once does a step unless its stamp says that it was done with the same key in the same place, and what it made passes
// its check. The stamp is written last, so a step that was cut short is done again.
func (e *environment) once(ctx context.Context, s step) error {
	shown := newProgress(s.title)
	stamp := filepath.Join(e.venv, ".done-"+strings.ReplaceAll(s.title, " ", "-"))
	sum := sha256.Sum256([]byte(e.root + "\x00" + s.key))
	want := hex.EncodeToString(sum[:])
	if found, err := os.ReadFile(stamp); s.key != "" && err == nil && string(found) == want {
		if err = s.check(ctx); err == nil {
			shown.end("ready")
			return nil
		}
		shown.end("")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		say("%-10s is done again: %v", s.title, err)
		shown = newProgress(s.title)
	}
	if err := s.do(ctx, shown); err != nil {
		shown.end("")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	shown.end("ready")
	if s.key == "" {
		return nil
	}
	return renameio.WriteFile(stamp, []byte(want), 0o644)
}

// write stores a file in the Python environment, unless it is there.
func (e *environment) write(name string, content []byte) error {
	path := filepath.Join(e.venv, name)
	if found, err := os.ReadFile(path); err == nil && string(found) == string(content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, content, 0o644)
}

// writeJSON is write of a value as JSON.
func (e *environment) writeJSON(name string, value any) error {
	data, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err
	}
	return e.write(name, append(data, '\n'))
}
