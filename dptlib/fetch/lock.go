// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// locked calls f while no other process has the lock.
func (c *Client) locked(ctx context.Context, path string, f func() error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a FIFO would wait for ever
		return fmt.Errorf("the lock %s must be a regular file, found %v: remove it", path, info.Mode())
	}
	lock := flock.New(path)
	got, err := lock.TryLock()
	if err == nil && !got {
		c.logf("waiting for another process that downloads the same (%s)\n", path)
		_, err = lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return lockError(err, path)
	}
	defer lock.Unlock()
	return f()
}

// lockError names the lock, and says what to do about a file system without locks.
func lockError(err error, path string) error {
	err = fmt.Errorf("locking %s: %w", path, err)
	for _, lockless := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		if errors.Is(err, lockless) {
			return fmt.Errorf("%w: its file system has no locks, as some network file systems; "+
				"have another cache folder, on a local disk (XDG_CACHE_HOME, for models HF_HOME)", err)
		}
	}
	return err
}
