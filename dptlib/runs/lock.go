// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// lock keeps other processes from making the same runs. Where another makes one of them it waits, or returns [ErrLocked].
func (f Folder) lock(ctx context.Context, jobs []*Job, wait bool) (unlock func(), err error) {
	dir := filepath.Join(string(f), ".locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var held []*flock.Flock
	release := func() {
		for _, l := range held {
			l.Unlock()
		}
	}
	for _, id := range slices.Sorted(slices.Values(ids(jobs))) { // in one order, so that no two wait for each other
		l := flock.New(filepath.Join(dir, id))
		locked, err := l.TryLock()
		if !locked && err == nil && wait {
			locked, err = l.TryLockContext(ctx, time.Second)
		}
		if err == nil && !locked {
			err = ErrLocked
		}
		if err != nil {
			release()
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("locking %s: %w", l.Path(), err)
		}
		held = append(held, l)
	}
	return release, nil
}
