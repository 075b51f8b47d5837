// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
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
	settings, err := pipSettings(ctx, program, work)
	if err != nil {
		return "", err
	}
	tree = filepath.Join(work, "tree")
	install := python(ctx, program, work, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile",
		"--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--target", tree, "--requirement", list)
	install.Env = append(settings, "TMPDIR="+temporary)
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

// kept are pip's settings that tell where packages come from and how they are reached.
var kept = []string{"index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy", "cert",
	"client-cert", "timeout", "default-timeout", "retries", "resume-retries", "keyring-provider", "use-feature",
	"use-deprecated", "cache-dir", "no-cache-dir"}

// pipSettings returns this process's environment, with those of pip's settings that are kept, from its variables and
// its configuration files, and no others: settings that say where to install, or demand a virtual environment, would
// break the installation.
func pipSettings(ctx context.Context, program, work string) ([]string, error) {
	list := python(ctx, program, work, "-m", "pip", "config", "list")
	list.Env = append(os.Environ(), "PIP_USER=0", "PIP_GLOBAL=0", "PIP_SITE=0") // otherwise it would list one file only
	var out, problem bytes.Buffer
	list.Stdout, list.Stderr = &out, &problem
	err := list.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("pip config list: %w\n%s", err, bytes.TrimSpace(problem.Bytes()))
	}
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PIP_") })
	environment = append(environment, "PIP_CONFIG_FILE="+os.DevNull, "PIP_ROOT_USER_ACTION=ignore")
	unescape := strings.NewReplacer(`\n`, "\n", `\'`, `'`, `\\`, `\`)
	for _, section := range []string{"global.", "install.", ":env:."} { // the last value of a variable counts
		for line := range strings.Lines(out.String()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=") // value is a Python literal: 'text'
			name, ok := strings.CutPrefix(name, section)
			if !ok || !slices.Contains(kept, name) || len(value) < 2 {
				continue
			}
			value = unescape.Replace(value[1 : len(value)-1])
			if name == "find-links" || strings.HasSuffix(name, "cert") {
				value = absolute(value)
			}
			environment = append(environment, "PIP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
		}
	}
	return environment, nil
}

// absolute makes those fields absolute that are paths from the working folder, because pip runs in another.
func absolute(fields string) string {
	list := strings.Fields(fields)
	for i, field := range list {
		if _, err := os.Stat(field); err == nil {
			list[i], _ = filepath.Abs(field)
		}
	}
	return strings.Join(list, " ")
}
