// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"strings"

	"dpt/dptlib/runs"
)

// Artefact is a figure or a table of the paper, or a question about it. Its experiments and its results come from one
// function: the experiments are those whose records Make asks for. Which records it asks for must not depend on their
// contents.
//
// An artefact of one's own is made in the same way, in any package or in a notebook's cell.
type Artefact struct {
	Name  string // of its notebook and files
	Title string
	About string // what it shows and claims, as Markdown with a heading: the beginning of its notebook
	Make  func(*Query) []Result
}

// Artefacts lists the artefacts of this package, in the paper's order, then those that go beyond the paper, and last
// those that were registered.
var Artefacts = []Artefact{Fig01, Fig02, Fig03, Fig04, Fig05, Fig06, Fig07, Fig08, Fig09, Fig10, Fig11, Table1, Table2,
	Table3, Table4, Choices, Rates, Starts, Scales, Budgets, Probes, Ranks, Methods}

// Register adds an artefact to those that [Find] and the dpt command know, and returns it. It panics if the name is
// empty or taken, or the artefact makes nothing.
func Register(a Artefact) Artefact {
	if a.Name == "" || a.Make == nil {
		panic(fmt.Errorf("figures: an artefact must have a Name and a Make, found %q", a.Name))
	}
	if _, err := Find(a.Name); err == nil {
		panic(fmt.Errorf("figures: an artefact's name must be its own, but %q is taken", a.Name))
	}
	Artefacts = append(Artefacts, a)
	return a
}

// Find returns the artefact of that name.
func Find(name string) (Artefact, error) {
	var names []string
	for _, a := range Artefacts {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Artefact{}, fmt.Errorf("a figure or table must be one of %s, found %q", strings.Join(names, ", "), name)
}

// Result is one figure or table of an artefact: data, which can be drawn and written to files.
type Result struct {
	// base name of its files: the artefact's name, followed by a suffix for all but the first result
	Name   string
	Figure *Figure        // or
	Table  *Table         // or
	Sketch *MethodDiagram // which has no numbers
}

// Export writes all formats to base.*, and returns the files' names.
func (r Result) Export(base string) ([]string, error) {
	switch {
	case r.Table != nil:
		return r.Table.Export(base)
	case r.Figure != nil:
		return r.Figure.Export(base)
	}
	d, err := r.Drawing()
	if err != nil {
		return nil, err
	}
	return d.Export(base)
}

// Drawing returns the picture of a figure, or an error for a table.
func (r Result) Drawing() (*Drawing, error) {
	switch {
	case r.Table != nil:
		return nil, fmt.Errorf("%s is a table and can't be drawn: write it as text", r.Name)
	case r.Figure != nil:
		return r.Figure.Drawing()
	}
	return r.Sketch.Drawing()
}

// Results returns the artefact's figures and tables, made from the store's records.
func (a Artefact) Results(store *Store, o Options) ([]Result, error) {
	setup, err := o.setup()
	if err != nil {
		return nil, err
	}
	return a.Make(&Query{Setup: setup, Title: a.Title, store: store}), nil
}

// NewQuery returns a query of a store's records, to make a figure or a table without an artefact.
func NewQuery(title string, store *Store, o Options) (*Query, error) {
	setup, err := o.setup()
	return &Query{Setup: setup, Title: title, store: store}, err
}

// Experiments returns the runs that the artefact is made of, each once.
func (a Artefact) Experiments(o Options) ([]runs.Experiment, error) {
	setup, err := o.setup()
	if err != nil {
		return nil, err
	}
	q := &Query{Setup: setup, Title: a.Title}
	a.Make(q)
	return q.asked, nil
}

// Experiments returns the runs of several artefacts, each once.
func Experiments(artefacts []Artefact, o Options) ([]runs.Experiment, error) {
	var all []runs.Experiment
	seen := map[string]bool{}
	for _, a := range artefacts {
		list, err := a.Experiments(o)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if key := keyOf(e); !seen[key] {
				seen[key] = true
				all = append(all, e)
			}
		}
	}
	return all, nil
}
