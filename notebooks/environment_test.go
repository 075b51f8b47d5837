// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnviron(t *testing.T) {
	for name, value := range map[string]string{"PYTHONHOME": "/nowhere", "PIP_TARGET": "/elsewhere", "MYTHON": "kept",
		"GOFLAGS": "-mod=vendor"} {
		t.Setenv(name, value)
	}
	command := exec.Command("env")
	command.Env = environ([]string{"PYTHON", "PIP_"}, "GOFLAGS=-mod=readonly")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	variables := strings.Split(string(out), "\n")
	for variable, want := range map[string]bool{"PYTHONHOME=/nowhere": false, "PIP_TARGET=/elsewhere": false,
		"MYTHON=kept":         true,
		"GOFLAGS=-mod=vendor": false, "GOFLAGS=-mod=readonly": true} {
		if slices.Contains(variables, variable) != want {
			t.Errorf("%s: there: %t; want %t", variable, !want, want)
		}
	}
}

// Go commands and cells do not depend on what a shell or go env -w has set to build something else.
func TestGoEnvironment(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(settings, []byte("GOWORK=off\nGOFLAGS=-mod=mod\nCC=mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"GOFLAGS": "-mod=vendor -tags=other", "GOWORK": "/elsewhere/go.work",
		"CGO_ENABLED": "0", "GOENV": settings,
		"CGO_LDFLAGS": "-L$MINE", "GOPRIVATE": "*", "GO111MODULE": "off"} {
		t.Setenv(name, value)
	}
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEnvironment(root)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.goCommand(t.Context(), "env", "GOMOD", "GOWORK", "CGO_ENABLED", "CC").Output()
	if want := filepath.Join(root, "go.mod") + "\noff\n1\nmine\n"; err != nil || string(out) != want {
		t.Errorf("go env has %q, %v; want %q", out, err, want)
	}
	env, err := e.kernelEnv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"GOWORK": "", "GOENV": "off", "GOPROXY": "off", "CGO_ENABLED": "1",
		"GOFLAGS": "-ldflags=-w",
		"CC":      "mine", "CGO_LDFLAGS": "-L$$MINE", "GOPRIVATE": ""} {
		if got, ok := env[name]; !ok || got != want {
			t.Errorf("cells have %s=%q (set: %t); want %q", name, got, ok, want)
		}
	}
	if env["GOMODCACHE"] == "" || env["GOCACHE"] == "" {
		t.Errorf("cells have the caches %q and %q", env["GOMODCACHE"], env["GOCACHE"])
	}
}

// HOME may be missing, as in some services.
func TestHome(t *testing.T) {
	t.Setenv("HOME", "")
	os.Unsetenv("HOME")
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newEnvironment(root); err != nil || os.Getenv("HOME") == "" {
		t.Errorf("HOME is %q, %v; want the user's", os.Getenv("HOME"), err)
	}
}

// What is missing is named in one line, with what to do.
func TestMissing(t *testing.T) {
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEnvironment(root)
	if err != nil {
		t.Fatal(err)
	}
	old := t.TempDir()
	for name, script := range map[string]string{"python3": "echo 3.9; exit 1",
		"python3.12": "echo \"No module named 'ensurepip'\" >&2; exit 1",
		"headless":   "echo 'stdlib.h: No such file or directory' >&2; echo more; exit 1"} {
		if err := os.WriteFile(filepath.Join(old, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		about, name, value, want string
		find                     func() error
	}{
		{"no C compiler", "CC", "no-such-compiler", "apt install gcc libc6-dev), found no-such-compiler",
			func() error { return e.checkCompiler(t.Context()) }},
		{"no C headers", "CC", filepath.Join(old, "headless"), "stdlib.h: No such file or directory",
			func() error { return e.checkCompiler(t.Context()) }},
		{"no Python", "PATH", t.TempDir(), "found none",
			func() error { _, err := findPython(t.Context()); return err }},
		{"old Python, and one without venv", "PATH", old,
			"python3 (3.9), " + filepath.Join(old, "python3.12") + " (No module named 'ensurepip')",
			func() error { _, err := findPython(t.Context()); return err }},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			if err := c.find(); err == nil || !strings.Contains(err.Error(), c.want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%v; want one line with %q", err, c.want)
			}
		})
	}
}

// Relative paths in DPT_DATA and the like start at the folder where the program was started, not at Jupyter's working
// folder.
func TestStartedIn(t *testing.T) {
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(root, "superglue"))
	e, err := newEnvironment(root)
	if err != nil {
		t.Fatal(err)
	}
	command, remove, err := e.jupyter("jupyterlab")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	if want := "DPT_DIR=" + filepath.Join(root, "superglue"); !slices.Contains(command.Env, want) {
		t.Errorf("Jupyter's environment must hold %s, found %q", want, command.Env)
	}
}
