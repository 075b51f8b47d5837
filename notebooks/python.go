// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"dpt/dptlib/pip"
)

//go:embed requirements.lock
var requirements string

// checkJupyter compares the packages' versions with requirements.lock, and their files with the sizes that they had
// when they were installed.
func (e *environment) checkJupyter(ctx context.Context) error {
	const script = `import csv, os, sys
from importlib.metadata import distribution
for name, version in (pin.split("==") for pin in sys.argv[1:]):
    package = distribution(name)
    if package.version != version:
        sys.exit(f"{name} must have the version {version}, found {package.version}")
    for path, _, size in csv.reader(package.read_text("RECORD").splitlines()):
        if size and os.stat(package.locate_file(path)).st_size != int(size):
            sys.exit(f"{package.locate_file(path)} must have {size} bytes")`
	out, err := e.python(ctx, append([]string{"-c", script}, pinned(requirements)...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("its packages must be whole: %s (%w)", lastLine(string(out)), err)
	}
	return nil
}

var pin = regexp.MustCompile(`(?m)^([a-zA-Z0-9_.-]+==[^ ;\\\n]+) *(;?)`)

// pinned lists the packages that a lock file asks for on every machine, as NAME==VERSION.
func pinned(lock string) (names []string) {
	for _, match := range pin.FindAllStringSubmatch(lock, -1) {
		if match[2] == "" {
			names = append(names, match[1])
		}
	}
	return names
}

// madeHere marks a Python environment as one that this program made, and may remove.
const madeHere = ".made-by-dpt"

// installJupyter makes .venv, with the packages of requirements.lock, whose hashes pip checks.
func (e *environment) installJupyter(ctx context.Context, shown *progress) error {
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := e.clearVenv(); err != nil {
		return err
	}
	shown.set("making a Python environment")
	silent := func(string) string { return "" }
	if _, err := shown.follow(isolated(ctx, python, "-m", "venv", e.venv), silent); err != nil {
		return err
	}
	settings, err := pip.Settings(e.python(ctx, "-m", "pip", "config", "list"))
	if err != nil {
		return err
	}
	install := e.python(ctx, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input",
		"--disable-pip-version-check", "--progress-bar=off",
		"-r", filepath.Join(e.root, "notebooks", "requirements.lock"))
	install.Env = append(install.Env, settings...)
	packages, count := strings.Count(requirements, "=="), 0
	_, err = shown.follow(install, func(line string) string {
		switch {
		case strings.HasPrefix(line, "Collecting "), strings.HasPrefix(line, "Ignoring "):
			count++
			return fmt.Sprintf("%d of %d packages", count, packages)
		case strings.HasPrefix(line, "Installing "):
			return fmt.Sprintf("installing %d packages", packages)
		}
		return ""
	})
	if err != nil {
		return err
	}
	return e.checkJupyter(ctx)
}

// clearVenv makes way for a Python environment: one of this program's is removed, another one is moved aside.
func (e *environment) clearVenv() error {
	entries, err := os.ReadDir(e.venv)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mine := len(entries) == 0
	for _, entry := range entries {
		mine = mine || entry.Name() == madeHere || entry.Name() == ".done-Jupyter"
	}
	if !mine {
		aside := filepath.Join(e.root, "build", "venv-that-was-there")
		for n := 1; exists(aside); n++ {
			aside = filepath.Join(e.root, "build", fmt.Sprintf("venv-that-was-there-%d", n))
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(aside), 0o755), os.Rename(e.venv, aside)); err != nil {
			return fmt.Errorf("%s was not made by this program and must make way: %w", e.venv, err)
		}
		say("moved the Python environment that was in %s to %s", e.venv, aside)
	}
	if err := os.RemoveAll(e.venv); err != nil {
		return err
	}
	return e.write(madeHere, nil)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// findPython returns a Python that requirements.lock is suitable for.
func findPython(ctx context.Context) (string, error) {
	var found []string
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		check := `import sys, venv, ensurepip
if sys.version_info < (3, 11):
    sys.exit("%d.%d" % sys.version_info[:2])
print(getattr(sys, "_base_executable", sys.executable)) # not .venv's own, which may be the first on the PATH`
		out, err := isolated(ctx, path, "-c", check).CombinedOutput()
		if err == nil {
			return lastLine(string(out)), nil
		}
		found = append(found, fmt.Sprintf("%s (%s)", path, lastLine(string(out))))
	}
	if found == nil {
		found = []string{"none"}
	}
	return "", fmt.Errorf("on the PATH must be Python 3.11 or newer with venv "+
		"(Debian: apt install python3-venv), found %s", strings.Join(found, ", "))
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
