// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/figures"
)

// TestGenerated: the stored notebooks have the cells that the artefacts generate. What Jupyter adds when a cell is run
// or a notebook saved makes no difference.
func TestGenerated(t *testing.T) {
	type cells struct {
		Cells []struct {
			Type   string   `json:"cell_type"`
			Source []string `json:"source"`
		} `json:"cells"`
	}
	for _, a := range figures.Artefacts {
		name := a.Name + ".ipynb"
		text, err := notebook(a)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		var want, got cells
		if err := errors.Join(json.Unmarshal(text, &want), json.Unmarshal(stored, &got)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s was edited, or is not of this version (git restore brings it back, go generate ./notebooks "+
				"writes it anew):\n%s", name, diff)
		}
	}
}

// TestNamedAreLinked: where a notebook names another in its text, it is a link. What links lead to is tested in dptlib.
func TestNamedAreLinked(t *testing.T) {
	names, err := filepath.Glob("../*.ipynb")
	if err != nil || len(names) < len(figures.Artefacts) {
		t.Fatalf("found %d notebooks (%v), want one for each artefact", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range names {
			if word := "`" + strings.TrimSuffix(filepath.Base(other), ".ipynb") + "`"; bytes.Contains(data, []byte(word)) {
				t.Errorf("%s names %s without a link", name, word)
			}
		}
	}
}
