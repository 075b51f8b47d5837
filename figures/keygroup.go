// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
)

// keys returns the entries of the figure's key: each series once, the regions, and what a cross means, if there is one.
// Where panels have other series, or draw them in another way, each group of panels that are alike has entries of its
// own.
func (f *Figure) keys(looks map[string]look) (keys []key) {
	var groups []keyGroup
	for i := range f.Panels {
		groups = appendGroup(groups, i, f.Panels[i].entries(looks))
	}
	for _, g := range groups {
		for i, e := range g.entries {
			if i == 0 && len(groups) > 1 {
				e.panels = g.letters()
			}
			keys = append(keys, e)
		}
	}
	regions, gaps := map[string]bool{}, false
	for _, p := range f.Panels {
		for _, r := range p.Regions {
			if !regions[r.Label] && r.Label != "" {
				regions[r.Label] = true
				keys = append(keys, key{icon: shade(r), text: r.Label})
			}
		}
	}
	for _, point := range f.all {
		gaps = gaps || point.Y.N == 0
	}
	if gaps {
		keys = append(keys, key{icon: missing{}, text: "not run"})
	}
	return keys
}

// entries returns an entry for each of the panel's series, each once.
func (p *Panel) entries(looks map[string]look) (entries []key) {
	for i, m := range p.marks(looks) {
		entries = merged(entries, []key{{icon: m, text: p.Series[i].Name}})
	}
	return entries
}

// A keyGroup is panels whose series are alike.
type keyGroup struct {
	panels  []int
	entries []key
}

// appendGroup puts a panel into the group whose entries have all of its own, or that it has all of.
func appendGroup(groups []keyGroup, panel int, entries []key) []keyGroup {
	for i, g := range groups {
		if both := merged(slices.Clone(g.entries), entries); len(both) == max(len(g.entries), len(entries)) {
			groups[i] = keyGroup{append(g.panels, panel), both}
			return groups
		}
	}
	return append(groups, keyGroup{[]int{panel}, entries})
}

// merged adds the entries that are not there yet. A mark of another kind is another entry; of two marks of a kind
// that with a band or error bar is shown.
func merged(entries, more []key) []key {
	for _, e := range more {
		same := func(k key) bool { return k.text == e.text && fmt.Sprintf("%T", k.icon) == fmt.Sprintf("%T", e.icon) }
		switch at := slices.IndexFunc(entries, same); {
		case at < 0:
			entries = append(entries, e)
		case spreads(e.icon):
			entries[at] = e
		}
	}
	return entries
}

// letters names the group's panels: (a), (c)–(e).
func (g keyGroup) letters() string {
	var parts []string
	for i := 0; i < len(g.panels); {
		j := i
		for j+1 < len(g.panels) && g.panels[j+1] == g.panels[j]+1 {
			j++
		}
		switch part := letter(g.panels[i]); {
		case j == i:
			parts = append(parts, part)
		case j == i+1:
			parts = append(parts, part, letter(g.panels[j]))
		default:
			parts = append(parts, part+"–"+letter(g.panels[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// spreads reports whether an icon is that of a series with error bars.
func spreads(icon plot.Thumbnailer) bool {
	m, ok := icon.(interface{ hasSpread() bool })
	return ok && m.hasSpread()
}

func (d drawn) hasSpread() bool { return d.spreads }
