// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

// share trains a share of a sweep that was cut into some, as a task of a Slurm array or as a worker. A task of several
// workers has as many shares.
func (c *sweepCmd) share(ctx context.Context, s streams) error {
	shares, err := runs.ReadShares(c.List)
	if err != nil {
		return err
	}
	runs.Commit = func() string { return shares.Commit }
	if n := max(1, c.Workers); n > 1 {
		return c.shareOut(ctx, s, shares, n)
	}
	if c.Share >= len(shares.Shares) {
		return fmt.Errorf("%s has %d shares, and none with number %d", c.List, len(shares.Shares), c.Share)
	}
	if c.Worker {
		go endWith(os.Stdin)
	}
	backend, err := pjrt.BackendContext(ctx)
	if err != nil {
		return err
	}
	if !c.Worker || c.Share == 0 {
		fmt.Fprintln(s.progress, pjrt.Describe())
	}
	var line *bar
	if !c.Worker { // its parent shows how far all are
		line = newBar(s.progress)
	}
	sweep, err := c.open(newLibrary(backend, s), s, line)
	if err != nil {
		return err
	}
	if c.Retry {
		if sweep.Retry, err = written(c.List); err != nil {
			return err
		}
	}
	out, err := sweep.RunShare(ctx, shares, c.Share)
	if err != nil {
		return err
	}
	for _, refused := range runs.Reasons(out.Refused) {
		fmt.Fprintln(s.progress, "dpt:", refused)
	}
	if c.Worker { // its parent tells of the others
		return left(s, nil, len(out.Refused), 0)
	}
	if out.Elsewhere > 0 {
		fmt.Fprintf(s.progress, "dpt: %d runs of share %d are trained by other processes\n", out.Elsewhere, c.Share)
	}
	return left(s, out.Failures, len(out.Refused), 0)
}

// shareOut trains as many shares in as many workers, of a task that has several GPUs.
func (c *sweepCmd) shareOut(ctx context.Context, s streams, shares *runs.Shares, n int) error {
	errs, err := c.supervise(ctx, s, shares, c.List, c.Share*n, n)
	if err != nil {
		return err
	}
	status, err := runs.NewWatch(runs.Folder(c.Out), shares.Experiments()).Status()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, status.Summary())
	return errors.Join(append(errs, left(s, status.Failures, 0, 0))...)
}

// written returns when a file was: what failed before the sweep was cut is trained again, once.
func written(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// endWith ends this process, by SIGTERM, when a pipe from its parent is closed, as it is when the parent was killed.
func endWith(pipe io.Reader) {
	io.Copy(io.Discard, pipe)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
}
