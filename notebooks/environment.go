// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
)

// environment is a checkout, with everything that Jupyter needs to run its notebooks.
type environment struct {
	root   string
	dir    string // where the program was started; relative paths in DPT_DATA and the like are taken from there
	venv   string // the Python environment: Jupyter, the kernel and its tools
	goRoot string // of the Go that the checkout's go.mod selects
}

func newEnvironment(root string) (*environment, error) {
	if os.Getenv("HOME") == "" { // which Go's caches, XLA's plugin and Jupyter need
		me, err := user.Current()
		if err != nil || me.HomeDir == "" {
			return nil, fmt.Errorf("HOME must be set to a folder that can be written (%v)", err)
		}
		os.Setenv("HOME", me.HomeDir)
	}
	command := exec.Command("go", "env", "GOROOT")
	command.Dir = root
	command.Env = environ(nil, "GOWORK=off", "GOFLAGS=")
	goRoot, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: go must be on the PATH: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return &environment{root, dir, filepath.Join(root, ".venv"), strings.TrimSpace(string(goRoot))}, nil
}

func (e *environment) bin(name string) string { return filepath.Join(e.venv, "bin", name) }

// environ returns this process's environment without the variables that have one of the prefixes, and with those in
// set.
func environ(without []string, set ...string) []string {
	var kept []string
	for _, variable := range os.Environ() {
		drop := false
		for _, prefix := range without {
			drop = drop || strings.HasPrefix(variable, prefix)
		}
		if !drop {
			kept = append(kept, variable)
		}
	}
	return append(kept, set...)
}

// goCommand returns a go command in the checkout, which leaves go.mod unchanged. The user chooses where modules and the
// C compiler are.
func (e *environment) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(e.goRoot, "bin", "go"), args...)
	command.Cancel = func() error { return killTree(int32(command.Process.Pid)) }
	command.Dir = e.root
	command.Env = environ(nil, "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off", "GO111MODULE=on",
		"GOTOOLCHAIN=local", "CGO_ENABLED=1", "GOROOT="+e.goRoot, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	return command
}

// kernelEnv returns the environment of cells: it depends on the settings found when setting up, not on those found
// later. Cells use the modules that setup has fetched, without the network; without debug information they link faster.
func (e *environment) kernelEnv(ctx context.Context) (map[string]string, error) {
	names := []string{"GOPATH", "GOMODCACHE", "GOCACHE", "GOAMD64", "GOEXPERIMENT", "CC", "CXX", "PKG_CONFIG",
		"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"}
	out, err := e.goCommand(ctx, append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	for name, value := range env {
		env[name] = strings.ReplaceAll(value, "$", "$$") // Jupyter replaces $NAME
	}
	for name, value := range map[string]string{
		"PATH":   strings.Join([]string{filepath.Join(e.venv, "bin"), filepath.Join(e.goRoot, "bin"), "${PATH}"}, ":"),
		"GOROOT": e.goRoot, "GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH, "GOTOOLCHAIN": "local",
		"GOENV": "off", "GO111MODULE": "on", "GOWORK": "", "GOFLAGS": "-ldflags=-w", "CGO_ENABLED": "1",
		"GOPROXY": "off", "GOSUMDB": "off", "GOPRIVATE": "", "GONOPROXY": "",
		// as pjrt.UseHugePages has it, for the cells' programs; of settings of the same name the last holds, the user's
		"GLIBC_TUNABLES": strings.TrimSuffix("glibc.malloc.hugetlb=1:"+os.Getenv("GLIBC_TUNABLES"), ":"),
	} {
		env[name] = value
	}
	return env, nil
}

// python is a command of the Python environment, which sees neither the working folder nor the user's Python settings.
func (e *environment) python(ctx context.Context, args ...string) *exec.Cmd {
	return isolated(ctx, e.bin("python"), args...)
}

// isolated is a command of a Python that takes no module from the working folder, from PYTHONPATH or from the user's
// own.
func isolated(ctx context.Context, python string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, python, append([]string{"-I"}, args...)...)
	command.Cancel = func() error { return killTree(int32(command.Process.Pid)) }
	command.Dir = "/"
	command.Env = environ([]string{"PYTHON", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_"}, "PYTHONNOUSERSITE=1")
	return command
}

// jupyter returns a Jupyter program with its settings and kernels in .venv, independent of the user's own. Its
// connection files and the cells' programs lie in a folder that remove removes.
func (e *environment) jupyter(module string, args ...string) (command *exec.Cmd, remove func(), err error) {
	temporary, err := os.MkdirTemp("", "dpt-notebooks-")
	if err != nil {
		return nil, nil, err
	}
	command = exec.Command(e.bin("python"), append([]string{"-I", "-m", module}, args...)...) // runApart ends it
	// Jupyter takes settings from its working folder, too.
	command.Dir = e.venv
	command.Env = environ([]string{"PYTHON", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "JUPYTER", "IPYTHONDIR"},
		"PYTHONNOUSERSITE=1", "TMPDIR="+temporary,
		"JUPYTER_RUNTIME_DIR="+filepath.Join(temporary, "runtime"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(e.venv, "jupyter"),
		"JUPYTER_DATA_DIR="+filepath.Join(e.venv, "share", "jupyter"),
		"JUPYTER_PREFER_ENV_PATH=1",
		"DPT_DIR="+e.dir)
	return command, func() { os.RemoveAll(temporary) }, nil
}
