// SPDX-License-Identifier: Apache-2.0

// Package nb provides what a notebook's cells need besides the project's other packages: runs to train and to read, a
// line of progress, and figures shown below the cell. Its functions panic when they fail, so that the cell reports the
// error. Outside a notebook they write text to standard output, and figures to files only.
package nb

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gomlx/compute"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

// Must returns value, or panics with err.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Backend returns the process's XLA backend.
func Backend() compute.Backend { return Must(pjrt.Backend()) }

// Library opens models and data; it keeps the last ones open.
var Library = sync.OnceValue(func() *runs.Library {
	return &runs.Library{Backend: Backend(), Note: func(note string) { fmt.Fprintln(os.Stderr, note) }}
})

// Root returns the repository: the folder with the project's go.mod at or above the notebook's folder.
func Root() string {
	dir := os.Getenv("GONB_DIR")
	if dir == "" {
		dir = Must(os.Getwd())
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil &&
			strings.HasPrefix(string(data), "module dpt\n") {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic(fmt.Errorf("no go.mod of module dpt in %s or above it: run the notebook in the repository", start))
		}
	}
}

// Build returns a path below the repository's build folder, where results go.
func Build(name ...string) string {
	return filepath.Join(append([]string{Root(), "build"}, name...)...)
}

// Int returns the value of an environment variable, or the given default if it is not set, so that a notebook's
// parameters can be set from outside.
func Int(variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Errorf("%s must be a whole number, found %q", variable, text))
	}
	return n
}

// Text returns the value of an environment variable, or the given default if it is not set.
func Text(variable, otherwise string) string {
	if text := os.Getenv(variable); text != "" {
		return text
	}
	return otherwise
}

// File returns the file or folder that an environment variable names, or the given default if it is not set. A relative
// path is one from the folder in which Jupyter was started.
func File(variable, otherwise string) string {
	path := Text(variable, otherwise)
	if started := os.Getenv("DPT_DIR"); path != "" && !filepath.IsAbs(path) && started != "" {
		if joined := filepath.Join(started, path); exists(joined) {
			return joined
		}
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
