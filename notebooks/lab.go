// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// openLab runs JupyterLab on this machine's own address, with the token that Jupyter makes, until the user stops it.
func (e *environment) openLab(ctx context.Context) error {
	args := []string{"lab", "--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir=" + e.root, "--LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb"}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	lab := exec.CommandContext(ctx, e.bin("jupyter"), args...)
	lab.Env = e.jupyterEnv()
	lab.Stdin, lab.Stdout, lab.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Ctrl-C reaches JupyterLab by the terminal, too, and it may ask back: it ends by itself.
	lab.Cancel = func() error { return lab.Process.Signal(os.Interrupt) }
	lab.WaitDelay = time.Minute
	if err := lab.Run(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// jupyterEnv has Jupyter prefer the kernel in .venv to one of the same name that the user has.
func (e *environment) jupyterEnv() []string {
	return append(os.Environ(), "JUPYTER_PREFER_ENV_PATH=1")
}
