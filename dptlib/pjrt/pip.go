// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"dpt/dptlib/pip"
)

// python returns an isolated Python with a process group of its own: it executes nothing from the working folder, or
// from the folders in PYTHONPATH and the like, and ends, with every process that it started, when the context ends.
func python(ctx context.Context, program, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, append([]string{"-I"}, args...)...)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = time.Second
	return command
}

// pipInstall installs the requirements with pip into a folder of its own under work. A Python without pip can have one
// in a virtual environment.
func pipInstall(ctx context.Context, requirements, work string) (tree string, err error) {
	program, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("python3 must be on the PATH: %w", err)
	}
	list, temporary := filepath.Join(work, "requirements.txt"), filepath.Join(work, "tmp")
	if err := os.WriteFile(list, []byte(requirements), 0o644); err != nil {
		return "", err
	}
	if err := os.Mkdir(temporary, 0o755); err != nil {
		return "", err
	}
	if python(ctx, program, work, "-m", "pip", "--version").Run() != nil {
		environment := filepath.Join(work, "venv")
		if err := follow(ctx, python(ctx, program, work, "-m", "venv", environment)); err != nil {
			return "", fmt.Errorf("python3 must have pip, or be able to make a virtual environment: %w", err)
		}
		program = filepath.Join(environment, "bin", "python")
	}
	settings, err := pip.Settings(python(ctx, program, work, "-m", "pip", "config", "list"))
	if err != nil {
		return "", cmp.Or(ctx.Err(), err)
	}
	tree = filepath.Join(work, "tree")
	install := python(ctx, program, work, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile",
		"--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--target", tree, "--requirement", list)
	install.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PIP_") })
	install.Env = append(install.Env, settings...)
	install.Env = append(install.Env, "PIP_ROOT_USER_ACTION=ignore", "TMPDIR="+temporary)
	return tree, follow(ctx, install)
}

// follow shows a command's output on standard error as it arrives, and repeats its end in the error.
func follow(ctx context.Context, command *exec.Cmd) error {
	var output bytes.Buffer
	command.Stdout = io.MultiWriter(os.Stderr, &output)
	command.Stderr = command.Stdout
	err := command.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		tail := output.Bytes()
		tail = tail[max(0, len(tail)-800):]
		return fmt.Errorf("%s: %w\n%s", filepath.Base(command.Path), err, bytes.TrimSpace(tail))
	}
	return nil
}
