// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// install runs pip, and verifies the plugin. Processes that start at the same time wait for the first of them, and use
// its installation; all of the folder's content is in place, and synced, before the folder gets its name.
func (w *wheels) install(ctx context.Context) error {
	unlock, err := w.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if w.check() == nil {
		return nil
	}
	w.sweep()
	work, err := os.MkdirTemp(w.root, incoming)
	if err != nil {
		return w.notWritable(err)
	}
	defer os.RemoveAll(work)
	fmt.Fprintf(os.Stderr, "dpt: installing XLA's %s plugin, %s (%s, once)\n", strings.ToUpper(w.kind), w.name, w.size)
	tree, err := w.pip(ctx, w.requirements, work)
	if err != nil {
		return err
	}
	plugin := filepath.Join(tree, filepath.FromSlash(w.plugin))
	if err := os.Rename(filepath.Join(tree, filepath.FromSlash(w.packaged)), plugin); err != nil {
		return err
	}
	if err := verify(plugin, w.sha256); err != nil {
		return err
	}
	if err := syncAll(tree); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(w.dir(), filepath.Join(work, "replaced")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(tree, w.dir())
}

// syncAll has the system write all files of a folder to the disk.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// lockTimeout bounds the wait for another process's installation.
const lockTimeout = 30 * time.Minute

// incoming is the prefix of the names of incomplete folders.
const incoming = ".incoming-"

// lock lets one process at a time change the cache. The system releases the lock of a process that dies.
func (w *wheels) lock(ctx context.Context) (unlock func() error, err error) {
	if err := os.MkdirAll(w.root, 0o755); err != nil {
		return nil, w.notWritable(err)
	}
	lock := flock.New(filepath.Join(w.root, ".lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, w.notWritable(err)
	}
	if !locked {
		fmt.Fprintln(os.Stderr, "dpt: another process is installing the XLA plugin; waiting for it")
		ctx, cancel := context.WithTimeout(ctx, lockTimeout)
		defer cancel()
		if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
			return nil, fmt.Errorf("waiting for another process to finish the installation (%s): %w", lock.Path(), err)
		}
	}
	return lock.Unlock, nil
}

// sweep removes the folders left by processes that were killed while they worked; it must be called under the lock.
// Folders that cannot be removed, because a pip that outlived its process still writes there, are left for the next
// time.
func (w *wheels) sweep() {
	left, _ := fs.Glob(os.DirFS(w.root), incoming+"*")
	for _, dir := range left {
		os.RemoveAll(filepath.Join(w.root, dir))
	}
}

func (w *wheels) notWritable(err error) error {
	return fmt.Errorf("the cache folder %s must be one that can be written to and locked "+
		"(XDG_CACHE_HOME sets where caches are): %w", w.root, err)
}
