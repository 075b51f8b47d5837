// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"dpt/figures"
)

type figuresCmd struct {
	Names   []string `arg:"" optional:"" help:"Figures and tables to draw, such as fig05 or table1; all if none is named."`
	Scale   string   `enum:"quick,toy,small,paper" default:"toy" help:"One of ${enum}."`
	Seeds   []uint64 `placeholder:"N" help:"Other seeds than the scale's."`
	Tasks   []string `placeholder:"TASK" help:"These tasks in place of each figure's own."`
	Data    dataName `placeholder:"DIR" env:"DPT_DATA" help:"Of the scales small and paper, the folder of SuperGLUE's files."`
	Runs    []string `type:"existingdir" placeholder:"DIR" help:"Folders of records; figures/runs/SCALE if not given."`
	Out     string   `type:"path" placeholder:"DIR" default:"build/figures" help:"Where the files go: PDF, SVG, PNG, CSV and JSON of figures; LaTeX, Markdown, HTML, CSV and JSON of tables."`
	Costs   bool     `help:"Print what each figure and table takes to make, as Markdown, instead."`
	Gallery string   `type:"path" placeholder:"DIR" help:"Write DIR/gallery.md and the pictures in DIR/gallery instead."`
}

// Run draws from stored records; it trains nothing.
func (c *figuresCmd) Run(ctx context.Context, s streams) error {
	artefacts, err := findArtefacts(c.Names)
	if err != nil {
		return err
	}
	o := figures.Options{Setup: c.Scale, Seeds: c.Seeds, Tasks: c.Tasks, Data: string(c.Data)}
	if len(c.Runs) == 0 {
		c.Runs = []string{figures.Folder(o)}
	}
	store, err := figures.OpenStore(c.Runs...)
	if err != nil {
		return err
	}
	if store.Len() == 0 {
		fmt.Fprintf(s.progress, "dpt: no records in %s: nothing has been run\n", strings.Join(c.Runs, ", "))
	}
	for _, err := range store.Bad {
		fmt.Fprintf(s.progress, "dpt: left out: %v\n", err)
	}
	if n := len(store.Stale); n > 0 {
		fmt.Fprintf(s.progress, "dpt: left out: %d records of other models, data or code than are current, such as "+
			"%s on %s (%s)\n",
			n, store.Stale[0].ModelName, store.Stale[0].Spec.Task, store.Stale[0].ID)
	}
	if c.Costs {
		costs, err := figures.Costs(artefacts, store)
		if err != nil {
			return err
		}
		text, err := costs.Markdown()
		fmt.Fprintf(s.out, "%s", text)
		return err
	}
	if c.Gallery != "" {
		path, err := figures.WriteGallery(c.Gallery, artefacts, store, o)
		if err == nil {
			fmt.Fprintln(s.out, path)
		}
		return err
	}
	for _, a := range artefacts {
		if err := ctx.Err(); err != nil {
			return err
		}
		results, err := a.Results(store, o)
		if err != nil {
			return err
		}
		for _, r := range results {
			names, err := r.Export(filepath.Join(c.Out, r.Name))
			if err != nil {
				return err
			}
			for _, name := range names {
				fmt.Fprintln(s.out, name)
			}
		}
	}
	return nil
}
