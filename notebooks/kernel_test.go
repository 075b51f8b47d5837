// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Saving a notebook keeps what the stored ones hold of their language, and leaves everything else alone.
func TestSaveHook(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skip("python3 is not installed, which the notebooks need and nothing else does")
	}
	stored, err := os.ReadFile("quickstart.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	const script = `import json, sys, types
config = types.SimpleNamespace(ContentsManager=types.SimpleNamespace())
exec(open(sys.argv[1]).read(), {"get_config": lambda: config})
save = config.ContentsManager.pre_save_hook
notebook = json.load(open(sys.argv[2]))
def saved(content, type="notebook"):
    model = {"type": type, "content": json.loads(json.dumps(content))}
    save(model=model, path="x", contents_manager=None)
    return model["content"]
opened = json.loads(json.dumps(notebook))
opened["metadata"]["language_info"].update(version="go1.99", codemirror_mode="", pygments_lexer="")
assert opened != notebook and saved(opened) == notebook, saved(opened)["metadata"]
other = {"metadata": {"language_info": {"name": "python", "version": "3.11"}}, "cells": []}
assert saved(other) == other
assert saved({"metadata": {}}) == {"metadata": {}}
assert saved("text", "file") == "text"
`
	if out, err := isolated(t.Context(), python, "-c", script, absolute(t, "jupyter_server_config.py"),
		absolute(t, "quickstart.ipynb")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if !strings.Contains(string(stored), `"language_info"`) {
		t.Error("quickstart.ipynb has no language_info")
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
