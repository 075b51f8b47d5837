// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A key is one entry of the key: an icon and a text, and the letters of the panels that it is for, where it isn't for all.
type key struct {
	panels string
	icon   plot.Thumbnailer
	text   string
}

const (
	iconWidth = vg.Length(15)
	iconGap   = vg.Length(3) // between icon and text
	keyGap    = vg.Length(7) // between entries
)

func (k key) width(s Style) vg.Length {
	w := iconWidth + iconGap + s.width(k.text)
	if k.panels != "" {
		w += s.width(k.panels) + iconGap
	}
	return w
}

// draw draws the entry to the right of x, below y.
func (k key) draw(s Style, c draw.Canvas, x, y vg.Length) {
	if k.panels != "" {
		s.text(k.panels, ink, unbroken).draw(c, x, y)
		x += s.width(k.panels) + iconGap
	}
	k.icon.Thumbnail(&draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: x, Y: y - s.TextSize}, Max: vg.Point{X: x + iconWidth, Y: y - 0.3*s.TextSize},
	}})
	s.text(k.text, ink, unbroken).draw(c, x+iconWidth+iconGap, y)
}

// keysWidth is that of entries in a line.
func (s Style) keysWidth(keys []key) (w vg.Length) {
	for _, k := range keys {
		w += k.width(s) + keyGap
	}
	return w - keyGap
}

// drawKeys draws entries in a line below y, flush right.
func (s Style) drawKeys(c draw.Canvas, keys []key, y vg.Length) {
	x := c.Max.X - s.keysWidth(keys)
	for _, k := range keys {
		k.draw(s, c, x, y)
		x += k.width(s) + keyGap
	}
}

// flow breaks entries into lines of a width.
func (s Style) flow(keys []key, width vg.Length) (lines [][]key) {
	for _, k := range keys {
		last := len(lines) - 1
		if last >= 0 && s.keysWidth(append(slices.Clip(lines[last]), k)) <= width {
			lines[last] = append(lines[last], k)
			continue
		}
		lines = append(lines, []key{k})
	}
	return lines
}

// drawKeyInside draws entries below one another in a corner of the canvas, on white.
func (s Style) drawKeyInside(c draw.Canvas, keys []key) {
	width, height := vg.Length(0), vg.Length(len(keys))*s.line()
	for _, k := range keys {
		width = max(width, k.width(s))
	}
	const inset = vg.Length(3)
	at := vg.Point{X: c.Min.X + inset, Y: c.Max.Y - inset} // the upper left corner
	if s.Key == KeyInsideTopRight || s.Key == KeyInsideBottomRight {
		at.X = c.Max.X - inset - width
	}
	if s.Key == KeyInsideBottomLeft || s.Key == KeyInsideBottomRight {
		at.Y = c.Min.Y + inset + height
	}
	white := color.NRGBA{R: 255, G: 255, B: 255, A: 220}
	fillBox(c, vg.Rectangle{Min: vg.Point{X: at.X - 1, Y: at.Y - height}, Max: vg.Point{X: at.X + width + 1, Y: at.Y + 1}}, white)
	for _, k := range keys {
		k.draw(s, c, at.X, at.Y)
		at.Y -= s.line()
	}
}

// keys are the entries of the figure's key: each series once, the regions, and what a cross means, if there is one. Where
// panels have other series, or draw them in another way, each group of panels that are alike has entries of its own.
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

// entries are the panel's series, each once.
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

// merged adds the entries that are not there yet. A mark of another kind is another entry; of two marks of a kind that with
// a band or error bar is shown.
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
