// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The scales of numbers. Numbers of different scales are never compared: a figure or table has one.
const (
	Toy       = "toy"       // embedded models of random or tiny weights, made-up tasks
	Small     = "small"     // T5-small on the small tasks
	Paper     = "paper"     // run by us as published
	Published = "published" // printed in the paper, not run by us
	Own       = "own runs"  // of the reader's, on models and data of their choice
	MadeUp    = "made up"   // by nobody's runs: examples and tests of the drawing
)

// Provenance tells where the numbers of a figure or table come from. It goes into the metadata of every exported
// file, and the scale into the visible caption.
type Provenance struct {
	Scale  string `json:"scale"`
	Commit string `json:"commit,omitempty"` // of this repository when the runs were made
	Device string `json:"device,omitempty"`
	// of the last run, not of the drawing: the same records give the same bytes
	Date  time.Time `json:"date,omitzero"`
	Specs []string  `json:"specs,omitempty"` // ids of all runs
}

// String is one line, such as "scale: toy; commit: 1e93368; device: cpu; date: 2026-11-25T22:00:00Z; specs: 3f21
// 9ac0".
func (p Provenance) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+": "+value)
		}
	}
	add("scale", p.Scale)
	add("commit", p.Commit)
	add("device", p.Device)
	if !p.Date.IsZero() {
		add("date", p.Date.UTC().Format(time.RFC3339))
	}
	add("specs", strings.Join(p.Specs, " "))
	return strings.Join(parts, "; ")
}

// short is String with the number of runs instead of their ids.
func (p Provenance) short() string {
	ids := p.Specs
	p.Specs = nil
	text := p.String()
	if len(ids) > 0 {
		text += fmt.Sprintf("; runs: %d, named in the JSON", len(ids))
	}
	return text
}

// words returns the scale as captions name it.
func (p Provenance) words() string {
	if p.Scale == Paper {
		return "our runs at the paper's scale"
	}
	return p.Scale
}

func (p Provenance) check() error {
	scales := []string{Toy, Small, Paper, Published, Own, MadeUp}
	if !slices.Contains(scales, p.Scale) {
		return fmt.Errorf("the scale must be one of %q, found %q: set Provenance.Scale", scales, p.Scale)
	}
	return nil
}
