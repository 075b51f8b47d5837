// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// The programs that a cell needs, at the versions of go.mod.
var (
	kernelTools = []string{"github.com/janpfeifer/gonb",
		"golang.org/x/tools/cmd/goimports"} // GoNB runs it on each cell
	completionTools = []string{"golang.org/x/tools/gopls"}
)

//go:embed jupyter_server_config.py
var serverConfig []byte

// checkCompiler looks for the C compiler, which the packages around XLA need.
func (e *environment) checkCompiler(ctx context.Context) error {
	out, err := e.goCommand(ctx, "env", "CC").Output()
	if err != nil {
		return fmt.Errorf("go env CC: %w", commandError(err))
	}
	words := strings.Fields(string(out))
	if len(words) == 0 {
		words = []string{"gcc"}
	}
	compiler := exec.CommandContext(ctx, words[0], append(words[1:], "-fsyntax-only", "-xc", "-")...)
	compiler.Stdin = strings.NewReader("#include <stdlib.h>\n#include <pthread.h>\n")
	if out, err := compiler.CombinedOutput(); err != nil {
		return fmt.Errorf("a C compiler with its headers must be on the PATH, or CC must name one "+
			"(Debian: apt install gcc libc6-dev), found %s: %s (%w)",
			words[0], firstLine(string(out)), err)
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// commandError adds, in one line, what a command wrote to standard error.
func commandError(err error) error {
	if exit := new(exec.ExitError); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %.400s", err, strings.Join(strings.Fields(string(exit.Stderr)), " "))
	}
	return err
}

// downloadModules fetches all modules of go.mod, and what else a workspace needs to resolve them: cells are built in
// one, without the network, and it looks at the go.mod of every module that the project's depend on.
func (e *environment) downloadModules(ctx context.Context, shown *progress) error {
	modules, err := e.files("go.mod")
	if err != nil {
		return err
	}
	total, count := strings.Count(modules, " v"), 0
	_, err = shown.follow(e.goCommand(ctx, "mod", "download", "-x"), func(line string) string {
		if strings.Contains(line, ".zip: 200 ") {
			count++
		}
		return fmt.Sprintf("%d of up to %d modules", count, total)
	})
	if err != nil {
		return err
	}
	if _, err := shown.follow(e.goCommand(ctx, "list", "-m", "all"),
		func(string) string { return "looking at all dependencies" }); err != nil {
		return err
	}
	return e.inWorkspace(ctx)
}

// checkModules resolves the project's packages as a cell does.
func (e *environment) checkModules(ctx context.Context) error {
	return e.inWorkspace(ctx, "GOPROXY=off", "GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=")
}

// inWorkspace lists the project's dependencies in a workspace like that of a kernel.
func (e *environment) inWorkspace(ctx context.Context, env ...string) error {
	dir, err := os.MkdirTemp("", "dpt-workspace-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, args := range [][]string{{"work", "init", e.root}, {"list", "-deps", "dpt/..."}} {
		command := e.goCommand(ctx, args...)
		command.Dir = dir
		command.Env = append(command.Env,
			append(env, "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=-mod=readonly")...)
		if _, err := command.Output(); err != nil {
			return fmt.Errorf("%s: %w", command, commandError(err))
		}
	}
	return nil
}

// toolStep is the step that builds tools into .venv/bin.
func (e *environment) toolStep(title, modules string, tools []string) step {
	check := func(ctx context.Context) error { return e.checkTools(ctx, tools) }
	return step{title, modules + e.goRoot, check, func(ctx context.Context, shown *progress) error {
		args := append([]string{"build", "-v", "-o", filepath.Join(e.venv, "bin") + "/"}, tools...)
		if _, err := shown.follow(e.goCommand(ctx, args...), compiled()); err != nil {
			return err
		}
		return check(ctx)
	}}
}

// checkTools runs tools.
func (e *environment) checkTools(ctx context.Context, tools []string) error {
	args := map[string][]string{"gonb": {"-V"}, "gopls": {"version"}}
	for _, tool := range tools {
		name := path.Base(tool)
		command := exec.CommandContext(ctx, e.bin(name), args[name]...)
		command.Stdin = strings.NewReader("package p\n") // for goimports
		if _, err := command.Output(); err != nil {
			return fmt.Errorf("%s must run: %w", command, commandError(err))
		}
	}
	return nil
}

// compile builds the project's packages, so that a notebook's first cell takes a second and not a minute.
func (e *environment) compile(ctx context.Context, shown *progress) error {
	// Programs are left out, since they would be linked each time.
	list, err := e.goCommand(ctx, "list", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", commandError(err))
	}
	_, err = shown.follow(e.goCommand(ctx, append([]string{"build", "-v"}, strings.Fields(string(list))...)...),
		compiled())
	return err
}

// compiled counts the packages that go build -v names.
func compiled() func(line string) string {
	count := 0
	return func(line string) string {
		count++
		return fmt.Sprintf("%d compiled, now %s", count, line)
	}
}

// findXLA ensures that there is an XLA plugin.
func (e *environment) findXLA(ctx context.Context, shown *progress) error {
	shown.set("linking and starting")
	out, err := shown.follow(e.goCommand(ctx, "run", "./notebooks/xla"), func(line string) string { return line })
	if err != nil {
		return err
	}
	shown.found = lastLine(strings.Join(out, "\n"))
	return nil
}

// configure tells Jupyter of the kernel, and of settings.
func (e *environment) configure(ctx context.Context) error {
	env, err := e.kernelEnv(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		e.writeJSON("share/jupyter/kernels/gonb/kernel.json", map[string]any{
			"argv": []string{e.bin("gonb"), "--kernel", "{connection_file}", "-raw_error=true",
				"-logtostderr=false", "-go_work=" + e.root},
			"display_name":   "Go (gonb)",
			"language":       "go",
			"interrupt_mode": "message",
			"env":            env,
		}),
		e.writeJSON("share/jupyter/lab/settings/overrides.json", map[string]any{
			// No questions about news at the first start.
			"@jupyterlab/apputils-extension:notification": map[string]any{"fetchNews": "false",
				"checkForUpdates": false},
			// gopls may take longer than JupyterLab's second, after a cell or on a busy machine.
			"@jupyterlab/completer-extension:manager": map[string]any{"providerTimeout": 10_000}, // ms
		}),
		e.write("etc/jupyter/jupyter_server_config.py", serverConfig))
}
