// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// executeAll runs notebooks one after the other, all of them, and fails if one does.
func (e *environment) executeAll(ctx context.Context, paths []string, timeout time.Duration, html bool) error {
	var failed []error
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".ipynb")
		start := time.Now()
		executed, summary, err := e.execute(ctx, path, timeout)
		if err == nil && html {
			var page string
			if page, err = e.toHTML(ctx, executed); err == nil {
				summary += ", " + page
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
			say("%s failed after %.0f s", name, time.Since(start).Seconds())
		} else {
			say("%s: %s, in %.0f s", name, summary, time.Since(start).Seconds())
		}
	}
	return errors.Join(failed...)
}

// execute runs a notebook and returns the path of the executed one, in build/notebooks. It fails if a cell fails, or if
// one wrote to standard error, since a shell line that fails in GoNB has no other trace.
func (e *environment) execute(
	ctx context.Context, path string, timeout time.Duration,
) (executed, summary string, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, timeout,
		fmt.Errorf("not done after %v: it and all that it started were ended", timeout))
	defer cancel()
	out := filepath.Join(e.root, "build", "notebooks")
	executed = filepath.Join(out, filepath.Base(path))
	if err := writable(out); err != nil {
		return "", "", fmt.Errorf("executed notebooks go to build/notebooks, which must be writable: %w", err)
	}
	err = e.convert(limited, path, "--to=notebook", "--execute", "--allow-errors", "--ExecutePreprocessor.timeout=-1",
		"--output-dir="+out)
	if err != nil {
		return "", "", err
	}
	summary, err = check(executed)
	return executed, summary, err
}

// writable makes a folder, and tries to make a file in it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// toHTML writes an executed notebook as a page that needs no other file, and no network.
func (e *environment) toHTML(ctx context.Context, executed string) (page string, err error) {
	err = e.convert(ctx, executed, "--to=html", "--embed-images", "--HTMLExporter.mathjax_url=",
		"--HTMLExporter.require_js_url=",
		"--HTMLExporter.jquery_url=", "--HTMLExporter.mermaid_js_url=", "--output-dir="+filepath.Dir(executed))
	return strings.TrimSuffix(executed, ".ipynb") + ".html", err
}

// convert runs nbconvert.
func (e *environment) convert(ctx context.Context, path string, args ...string) error {
	convert, remove, err := e.jupyter("nbconvert", append(args, "--log-level=WARN", path)...)
	if err != nil {
		return err
	}
	defer remove()
	var said bytes.Buffer
	convert.Stdout, convert.Stderr = &said, &said
	err = runApart(ctx, convert)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("nbconvert: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	return nil
}
