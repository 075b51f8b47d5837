// SPDX-License-Identifier: Apache-2.0

// Package fetch downloads the data and models that DPT works on: SuperGLUE's official archives into the user's cache,
// and T5 models from HuggingFace into the cache of the Python tools, in their layout.
//
// An interrupted download is resumed where it stopped, by this process or a later one. A file has a temporary name
// until it is whole, verified and synced; nothing unfinished ever has a final name.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Client downloads. The zero value is ready.
type Client struct {
	// Log receives bars and lines about progress, unless it is nil.
	Log io.Writer
	// Wait passes the time between two attempts, or returns early with the context's error. Nil stands for a real wait.
	Wait func(ctx context.Context, d time.Duration) error
	// Stall is the time after which a connection that brings nothing, or less than 1 KiB a second, is given up; 0
	// stands for 30 seconds. A slow server may take as long as it likes.
	Stall time.Duration
	// Cache is the folder for archives; "" is [CacheDir].
	Cache string
	// Mirror is the address below which SuperGLUE's archives lie; "" stands for the official one. Archives are verified
	// no matter where they come from.
	Mirror string
}

// CacheDir returns the user's folder for DPT's downloads: dpt in [os.UserCacheDir].
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "dpt"), err
}

// source is a file on a server.
type source struct {
	url    string
	token  string // sent to the url's host, and to no other
	size   int64  // in bytes
	digest digest
}

const (
	partial     = ".incomplete" // follows the name of a file that is being downloaded, here as in HuggingFace's cache
	attempts    = 5             // in a row that make no progress
	allAttempts = 100
	patience    = 2 * time.Minute
)

// file downloads src to path, unless path exists.
func (c *Client) file(ctx context.Context, src source, path string) error {
	if info, err := os.Stat(path); err == nil { // it was verified before it got its name
		if info.Size() != src.size || !info.Mode().IsRegular() {
			return fmt.Errorf("%s must be a regular file of %d bytes, found %v with %d: "+
				"remove it to have it fetched again",
				path, src.size, info.Mode(), info.Size())
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	restarted, most := false, size(path+partial)
	err := c.retry(ctx, func() (progress bool, err error) {
		before, start := most, time.Now()
		err = c.attempt(ctx, src, path+partial)
		if mismatch := new(mismatchError); errors.As(err, &mismatch) {
			os.Remove(path + partial)
			if mismatch.resumed && !restarted { // the earlier part may be another version's
				restarted = true
				err = &transientError{err}
			}
		}
		most = max(most, size(path+partial))
		return float64(most-before) >= minRate*max(1, time.Since(start).Seconds()), err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(path+partial, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// retry calls f until it succeeds, fails for good, or has failed too often: in a row without progress, or in all.
func (c *Client) retry(ctx context.Context, f func() (progress bool, err error)) error {
	failed := 0
	for try := 1; ; try++ {
		progress, err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed++
		if progress {
			failed = 0
		}
		if transient := new(transientError); !errors.As(err, &transient) {
			return err
		}
		if failed == attempts || try == allAttempts {
			return fmt.Errorf("%w; given up after %d tries", err, try)
		}
		delay := 500 * time.Millisecond << max(0, failed-1)
		if status := new(StatusError); errors.As(err, &status) && status.RetryAfter > 0 {
			if delay = status.RetryAfter; delay > patience {
				return err
			}
		}
		c.logf("%v; trying again in %v\n", err, delay)
		if err := c.wait(ctx, delay); err != nil {
			return err
		}
	}
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) stall() time.Duration {
	if c.Stall == 0 {
		return 30 * time.Second
	}
	return c.Stall
}

func (c *Client) logf(format string, args ...any) {
	if c.Log != nil {
		io.WriteString(c.Log, printable(fmt.Sprintf(format, args...)))
	}
}

// full adds advice to an error of a full disk.
func full(err error, dir string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("the disk that holds %s is full: free some space and run the same again, "+
			"what has arrived is kept; "+
			"or have another cache folder (XDG_CACHE_HOME, for models HF_HOME): %w", dir, err)
	}
	return err
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// syncDir makes the names in a folder survive a crash.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
