// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"
	"runtime"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

type versionCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run prints the versions.
func (c *versionCmd) Run(ctx context.Context, s streams) error {
	backend, err := pjrt.BackendContext(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s, map[string]any{
			"version": runs.Commit(), "go": runtime.Version(), "plugin": pjrt.Describe(),
			"device": pjrt.DeviceOf(backend),
		})
	}
	fmt.Fprintf(s.out, "dpt %s, %s\n%s\n", runs.Commit(), runtime.Version(), pjrt.Describe())
	return nil
}
