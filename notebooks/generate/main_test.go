// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// TestLinks: where a notebook's text names another notebook, it is a link to one that exists.
func TestLinks(t *testing.T) {
	names, err := filepath.Glob("../*.ipynb")
	if err != nil || len(names) < len(figures.Artefacts) {
		t.Fatalf("found %d notebooks (%v), want one for each artefact", len(names), err)
	}
	links := 0
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
		for _, link := range regexp.MustCompile(`\]\((\w+\.ipynb)\)`).FindAllSubmatch(data, -1) {
			if links++; !slices.Contains(names, "../"+string(link[1])) {
				t.Errorf("%s has a link to %s, which is not there", name, link[1])
			}
		}
	}
	if links == 0 {
		t.Error("found no link")
	}
}
