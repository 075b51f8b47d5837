// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"dpt/dptlib/pjrt"
)

//go:embed requirements.lock
var requirements string

// environment is a checkout, and what Jupyter needs to run its notebooks.
type environment struct {
	root   string
	venv   string // the Python environment: Jupyter, the kernel and its tools
	goRoot string // of the Go that the checkout's go.mod selects
}

func newEnvironment(root string) (*environment, error) {
	command := exec.Command("go", "env", "GOROOT")
	command.Dir = root
	goRoot, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: go must be on the PATH: %w", err)
	}
	return &environment{root, filepath.Join(root, ".venv"), strings.TrimSpace(string(goRoot))}, nil
}

func (e *environment) bin(name string) string { return filepath.Join(e.venv, "bin", name) }

// setUp does what has not been done before. Two that start at once do it one after the other.
func (e *environment) setUp(ctx context.Context) error {
	lock := flock.New(filepath.Join(e.root, "build", "setup.lock"))
	if err := os.MkdirAll(filepath.Dir(lock.Path()), 0o755); err != nil {
		return err
	}
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return fmt.Errorf("waiting for another setup to finish (%s): %w", lock.Path(), err)
	}
	defer lock.Unlock()

	modules, err := e.files("go.mod", "go.sum")
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name, key string // done is what was done with this key, in this place
		do        func(context.Context) error
	}{
		{"Jupyter", requirements, e.installJupyter},
		{"Modules", modules, e.downloadModules},
		{"Go kernel", modules + e.goRoot, e.installKernel},
	} {
		if err := e.once(ctx, step.name, step.key, step.do); err != nil {
			return err
		}
	}
	if err := e.compile(ctx); err != nil {
		return err
	}
	if _, err := pjrt.Backend(); err != nil {
		return err
	}
	say("%-10s %s", "XLA", pjrt.Describe())
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// files is the content of files of the checkout.
func (e *environment) files(names ...string) (string, error) {
	var all strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(e.root, name))
		if err != nil {
			return "", err
		}
		all.Write(data)
	}
	return all.String(), nil
}

// once does a step unless a stamp says that it was done with the same key in the same place. The stamp is written last,
// so a step that was cut short is done again.
func (e *environment) once(ctx context.Context, name, key string, do func(context.Context) error) error {
	sum := sha256.Sum256([]byte(e.root + "\x00" + key))
	want, stamp := hex.EncodeToString(sum[:]), filepath.Join(e.venv, ".done-"+strings.ReplaceAll(name, " ", "-"))
	if found, err := os.ReadFile(stamp); err == nil && string(found) == want {
		say("%-10s ready", name)
		return nil
	}
	start := time.Now()
	if err := do(ctx); err != nil {
		return fmt.Errorf("setting up %s: %w", name, err)
	}
	say("%-10s ready, after %.0f s", name, time.Since(start).Seconds())
	return renameio.WriteFile(stamp, []byte(want), 0o644)
}

// installJupyter makes .venv anew, with the packages of requirements.lock, whose hashes pip checks.
func (e *environment) installJupyter(ctx context.Context) error {
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(e.venv); err != nil {
		return err
	}
	if err := follow(exec.CommandContext(ctx, python, "-m", "venv", e.venv), "Python environment", 0, nil); err != nil {
		return err
	}
	pip := exec.CommandContext(ctx, e.bin("python"), "-m", "pip", "install", "--require-hashes", "--no-deps",
		"--disable-pip-version-check", "--progress-bar=off", "-r", filepath.Join(e.root, "notebooks", "requirements.lock"))
	packages := strings.Count(requirements, "==")
	err = follow(pip, "Jupyter", packages, func(line string) bool {
		return strings.HasPrefix(line, "Collecting ") || strings.HasPrefix(line, "Ignoring ")
	})
	if err != nil {
		return err
	}
	// No questions about news at the first start.
	return e.write("share/jupyter/lab/settings/overrides.json", map[string]any{
		"@jupyterlab/apputils-extension:notification": map[string]any{"fetchNews": "false", "checkForUpdates": false},
	})
}

// findPython is a Python that requirements.lock is good for.
func findPython(ctx context.Context) (string, error) {
	var found []string
	for _, name := range []string{"python3", "python3.13", "python3.12", "python3.11"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		check := `import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))`
		out, err := exec.CommandContext(ctx, path, "-c", check).CombinedOutput()
		if err == nil {
			return path, nil
		}
		found = append(found, fmt.Sprintf("%s (%s)", path, lastLine(string(out))))
	}
	if found == nil {
		found = []string{"none"}
	}
	return "", fmt.Errorf("Python 3.11 or newer with venv must be on the PATH (Debian: apt install python3-venv), found %s", strings.Join(found, ", "))
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// downloadModules fetches the go.mod of every module that the project's depend on. A build needs fewer, but cells are built
// in a workspace, whose module graph is whole, and without the network.
func (e *environment) downloadModules(ctx context.Context) error {
	return follow(e.goCommand(ctx, "list", "-m", "all"), "Modules", 0, nil)
}

// installKernel builds GoNB, and goimports which it runs on each cell, at the versions of go.mod, and tells Jupyter.
func (e *environment) installKernel(ctx context.Context) error {
	tools := []string{"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports"}
	build := e.goCommand(ctx, append([]string{"build", "-v", "-o", filepath.Join(e.venv, "bin") + "/"}, tools...)...)
	if err := follow(build, "Go kernel", 0, nil); err != nil {
		return err
	}
	return e.write("share/jupyter/kernels/gonb/kernel.json", map[string]any{
		"argv":           []string{e.bin("gonb"), "--kernel", "{connection_file}", "-raw_error=true", "-logtostderr=false", "-go_work=" + e.root},
		"display_name":   "Go (gonb)",
		"language":       "go",
		"interrupt_mode": "message",
		"env": map[string]string{
			"PATH": strings.Join([]string{filepath.Join(e.venv, "bin"), filepath.Join(e.goRoot, "bin"), "${PATH}"}, ":"),
			// Cells use the modules of the checkout, which setup has fetched; without debug information they link faster.
			"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-ldflags=-w",
		},
	})
}

// compile builds the project's packages, so that a notebook's first cell takes a second and not a minute.
func (e *environment) compile(ctx context.Context) error {
	start := time.Now()
	if err := follow(e.goCommand(ctx, "build", "-v", "./..."), "Compiling", 0, nil); err != nil {
		return err
	}
	say("%-10s ready, after %.0f s", "Packages", time.Since(start).Seconds())
	return nil
}

// goCommand is a go command in the checkout, with go.mod as it is.
func (e *environment) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(e.goRoot, "bin", "go"), args...)
	command.Dir = e.root
	command.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	return command
}

// write stores a JSON file in the Python environment.
func (e *environment) write(name string, content any) error {
	path := filepath.Join(e.venv, name)
	data, err := json.MarshalIndent(content, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o644)
}
