// SPDX-License-Identifier: Apache-2.0

// Generate writes the notebooks of the paper's figures and tables, one for each artefact of package figures:
//
//	go generate ./notebooks
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/renameio/v2"

	"dpt/figures"
)

// cell is a cell of a notebook.
type cell struct{ kind, id, text string }

// MarshalJSON writes the cell with its keys in Jupyter's order. Code cells have an execution count and outputs, even
// where there are none.
func (c cell) MarshalJSON() ([]byte, error) {
	lines := strings.SplitAfter(strings.TrimSuffix(c.text, "\n"), "\n")
	if c.kind != "code" {
		return encode(struct {
			Type     string   `json:"cell_type"`
			ID       string   `json:"id"`
			Metadata struct{} `json:"metadata"`
			Source   []string `json:"source"`
		}{c.kind, c.id, struct{}{}, lines})
	}
	return encode(struct {
		Type     string   `json:"cell_type"`
		Count    *int     `json:"execution_count"`
		ID       string   `json:"id"`
		Metadata struct{} `json:"metadata"`
		Outputs  []string `json:"outputs"`
		Source   []string `json:"source"`
	}{c.kind, nil, c.id, struct{}{}, []string{}, lines})
}

// encode writes JSON without escaping < and >.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// cells returns the cells of an artefact's notebook.
func cells(a figures.Artefact) (list []cell) {
	variable := strings.ToUpper(a.Name[:1]) + a.Name[1:]
	add := func(kind, text string) {
		text = strings.NewReplacer("NAME", a.Name, "VARIABLE", variable).Replace(text)
		list = append(list, cell{kind, fmt.Sprint(len(list)), text})
	}
	add("markdown", linked(a.About))
	for _, c := range shared {
		add(c.kind, c.text)
	}
	return list
}

var quoted = regexp.MustCompile("`(\\w+)`")

// linked makes the names of other artefacts in a text links to their notebooks.
func linked(text string) string {
	return quoted.ReplaceAllStringFunc(text, func(name string) string {
		a, err := figures.Find(strings.Trim(name, "`"))
		if err != nil {
			return name
		}
		return fmt.Sprintf("[%s](%[1]s.ipynb)", a.Name)
	})
}

// shared are the cells that follow an artefact's own words.
var shared = []struct{ kind, text string }{
	{"markdown", `The first cell is needed only where the notebook runs with a GoNB of your own: it tells the kernel where the project's packages are. Each cell is compiled and run as a program of its own; what they share lies in files.`},
	{"code", `!*[ -f go.work ] || go work init . "$(cd "$GONB_DIR" && dirname "$(go env GOMOD)")"
%noautoget`},
	{"markdown", "## Parameters\n\n`toy` has small models and look-alike tasks that are part of the program; its " +
		"numbers are not comparable to the paper's. `quick` is one seed and one task of it. `small` is T5-small on " +
		"the small tasks, `paper` is as published: both need fetched models and data, and train only if `Run` says so."},
	{"code", `!rm -f ../build/parameters/NAME

import (
	"dpt/figures"
	"dpt/notebooks/nb"
)

var study = nb.NewStudy(figures.VARIABLE, nb.Parameters{
	Scale: "toy", // or "quick", "small", "paper"; DPT_SCALE from outside
	Seeds: nil,   // the scale's own, or []uint64{3, 4, 5}; DPT_SEEDS=3,4,5
	Tasks: nil,   // the figure's own, or []string{"BoolQ"}; DPT_TASKS=BoolQ
	Run:   "",    // "stored", "missing" or "fresh"; DPT_RUN. Empty: "missing" for toys, otherwise "stored"
})

%%
study.Set()`},
	{"markdown", "## Run what is missing\n\nRuns whose record is in `figures/runs` or `build/runs` are not made " +
		"again; with `fresh` all are, in `build/fresh`, and compared with the stored ones."},
	{"code", "%%\nstudy.Train()"},
	{"markdown", "## Draw\n\nThe caption says the scale, the seeds and what has not been run."},
	{"code", "%%\nstudy.Draw()"},
	{"markdown", "## Numbers"},
	{"code", "%%\nstudy.Numbers()"},
	{"markdown", "## Export\n\nFigures as PDF, SVG, PNG, CSV and JSON, tables as LaTeX, Markdown, HTML, CSV and " +
		"JSON, with the ids of their runs."},
	{"code", "%%\nstudy.Export()"},
}

// notebook returns an artefact's notebook as Jupyter writes it.
func notebook(a figures.Artefact) ([]byte, error) {
	compact, err := encode(map[string]any{
		"cells": cells(a), "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{
			"kernelspec":    map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
			"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"},
		},
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, compact, "", " ")
	return append(out.Bytes(), '\n'), err
}

// write writes the notebooks of all artefacts into a folder.
func write(dir string) error {
	for _, a := range figures.Artefacts {
		data, err := notebook(a)
		if err != nil {
			return err
		}
		if err := renameio.WriteFile(filepath.Join(dir, a.Name+".ipynb"), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
