// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"dpt/figures"
)

// TestGenerated: the stored notebooks are those that the artefacts generate.
func TestGenerated(t *testing.T) {
	for _, a := range figures.Artefacts {
		want, err := notebook(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", a.Name+".ipynb"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.ipynb is stale (%v): run go generate ./notebooks", a.Name, err)
		}
	}
}
