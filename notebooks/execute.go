// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// executeAll runs notebooks one after the other, all of them, and fails if one does.
func (e *environment) executeAll(ctx context.Context, paths []string, timeout time.Duration) error {
	var failed []error
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".ipynb")
		start := time.Now()
		summary, err := e.execute(ctx, path, timeout)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
			say("%s failed after %.0f s", name, time.Since(start).Seconds())
		} else {
			say("%s: %s, in %.0f s", name, summary, time.Since(start).Seconds())
		}
	}
	return errors.Join(failed...)
}

// execute runs a notebook into build/notebooks. It fails where a cell does, and where one wrote to standard error: a shell
// line that fails in GoNB has no other trace.
func (e *environment) execute(ctx context.Context, path string, timeout time.Duration) (summary string, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out := filepath.Join(e.root, "build", "notebooks")
	convert := exec.CommandContext(limited, e.bin("jupyter"), "nbconvert", "--to", "notebook", "--execute", "--allow-errors",
		"--ExecutePreprocessor.timeout=-1", "--log-level=WARN", "--output-dir", out, path)
	convert.Env = e.jupyterEnv()
	convert.Cancel = func() error { return killTree(int32(convert.Process.Pid)) }
	convert.WaitDelay = 5 * time.Second
	said, err := convert.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fmt.Errorf("not done after %v: it and all that it started were killed", timeout)
	case err != nil:
		return "", fmt.Errorf("nbconvert: %w\n%s", err, strings.TrimSpace(string(said)))
	}
	return check(filepath.Join(out, filepath.Base(path)))
}

// killTree kills a process and all its descendants. Jupyter gives a kernel a session of its own, so that killing a
// process group would leave it. Parents go first, lest they act on the end of their children.
func killTree(pid int32) error {
	parent, err := process.NewProcess(pid)
	if err != nil {
		return err
	}
	children, _ := parent.Children() // an error stands for none
	err = parent.Kill()
	for _, child := range children {
		killTree(child.Pid)
	}
	return err
}

// check reads an executed notebook.
func check(path string) (summary string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var notebook struct {
		Cells []struct {
			Type    string `json:"cell_type"`
			Outputs []struct {
				Type      string `json:"output_type"`
				Stream    string `json:"name"`
				Text      lines
				Value     string `json:"evalue"`
				Traceback []string
				Data      map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(data, &notebook); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	code, images := 0, 0
	for i, cell := range notebook.Cells {
		if cell.Type == "code" {
			code++
		}
		var complaint string // may come in pieces
		for _, output := range cell.Outputs {
			switch {
			case output.Type == "error":
				return "", fmt.Errorf("cell %d failed: %s\n%s%s", i+1, output.Value, complaint, strings.Join(output.Traceback, "\n"))
			case output.Stream == "stderr":
				complaint += string(output.Text)
			case output.Data["image/png"] != nil:
				images++
			}
		}
		if complaint != "" {
			return "", fmt.Errorf("cell %d wrote to standard error:\n%s", i+1, complaint)
		}
	}
	return fmt.Sprintf("%d cells, %d images", code, images), nil
}

// lines is a notebook's text: a string, or an array of its lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var many []string
	if err := json.Unmarshal(data, &many); err == nil {
		*l = lines(strings.Join(many, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}
