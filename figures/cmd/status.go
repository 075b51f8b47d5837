// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"
	"time"

	"dpt/dptlib/runs"
)

// status prints how far the sweep is; with --watch again and again, in place on a terminal, until nothing is left to
// do.
func (c *sweepCmd) status(ctx context.Context, s streams, experiments []runs.Experiment) error {
	watch := runs.NewWatch(runs.Folder(c.Out), experiments)
	clear := ""
	if c.Watch && onTerminal(s.out) {
		clear = "\033[H\033[2J"
	}
	for {
		status, err := watch.Status()
		if err != nil {
			return err
		}
		fmt.Fprint(s.out, clear, status)
		if !c.Watch || status.Complete() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Second):
		}
	}
}
