// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"

	"dpt/dptlib"
	"dpt/dptlib/pjrt"
)

type versionCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

func (c *versionCmd) Run() error {
	backend, err := pjrt.Backend()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]string{
			"version": dptlib.Version(), "go": runtime.Version(), "plugin": pjrt.Describe(), "device": backend.Description(),
		})
	}
	fmt.Printf("dpt %s, %s\n%s\n", dptlib.Version(), runtime.Version(), pjrt.Describe())
	return nil
}
