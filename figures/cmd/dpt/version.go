// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

type versionCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run prints the versions.
func (c *versionCmd) Run(s streams) error {
	backend, err := pjrt.Backend()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s, map[string]string{
			"version": runs.Commit(), "go": runtime.Version(), "plugin": pjrt.Describe(), "device": backend.Description(),
		})
	}
	fmt.Fprintf(s.out, "dpt %s, %s\n%s\n", runs.Commit(), runtime.Version(), pjrt.Describe())
	return nil
}
