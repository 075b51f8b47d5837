// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
)

// openLab runs JupyterLab on this machine's own address, with the token that Jupyter makes, until the user stops it.
func (e *environment) openLab(ctx context.Context) error {
	args := []string{"--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir=" + e.root,
		"--LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb"}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	lab, remove, err := e.jupyter("jupyterlab", args...)
	if err != nil {
		return err
	}
	defer remove()
	lab.Stdout, lab.Stderr = os.Stdout, os.Stderr
	if err := runApart(ctx, lab); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
