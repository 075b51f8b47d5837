// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Look describes the drawing of a series. In the house style colour, dashes, marker and hatch all differ between
// series, so that each alone tells them apart, in grey too.
type Look struct {
	Color  string      `json:"color,omitempty"` // "#0072B2"
	Dashes []vg.Length `json:"dashes,omitzero"` // of the line: lengths on, off, ... in points; {} is a solid line

	// Marker is one of circle, square, triangle, down triangle and diamond, each of them also open ("open circle"), or
	// of pentagon, star, cross, plus and none.
	Marker string `json:"marker,omitempty"`

	Fill  float64 `json:"fill,omitempty"`  // of bars: how much of the colour they have; 1 is Color, 0 white
	Hatch string  `json:"hatch,omitempty"` // of bars: lines over the fill, any of / \ - |
}

// The palette of Okabe and Ito (2008), "Color Universal Design", without its yellow, which is too faint on white.
// Each method of the paper has one look everywhere; controls and the rank probe's counts have theirs.
var palette = []struct {
	name string
	Look
}{
	{"DPT", Look{"#0072B2", []vg.Length{}, "circle", 0.85, ""}},
	{"PT", Look{"#D55E00", []vg.Length{4, 1.5}, "square", 0.3, "/"}},
	{"Residual PT", Look{"#009E73", []vg.Length{1.2, 1.2}, "triangle", 0, "\\"}},
	{"Fine-tuning", Look{"#CC79A7", []vg.Length{5, 1.5, 1.2, 1.5}, "cross", 0.3, "-"}},
	{"negative", Look{"#E69F00", []vg.Length{2.5, 1.2}, "open square", 0.3, "|"}},
	{"control", Look{"#56B4E9", []vg.Length{7, 2}, "diamond", 0, "/\\"}},
	{"second control", Look{"#000000", []vg.Length{4, 1.2, 1.2, 1.2, 1.2, 1.2}, "open circle", 0, ""}},
	{"rank", Look{"#333333", []vg.Length{3, 1}, "open triangle", 0.3, ""}},
	{"positive", Look{"#707070", []vg.Length{}, "plus", 0.5, ""}}, // solid as DPT, beside which it is never drawn

	// For methods of your own, from Paul Tol's scheme "muted".
	{"", Look{"#332288", []vg.Length{6, 1.5}, "down triangle", 0.6, "/"}},
	{"", Look{"#882255", []vg.Length{2, 2}, "open diamond", 0.6, "\\"}},
	{"", Look{"#999933", []vg.Length{8, 1.5, 2, 1.5}, "star", 0.15, "-"}},
	{"", Look{"#AA4499", []vg.Length{3.5, 1, 1, 1}, "pentagon", 0.15, "|"}},
	{"", Look{"#117733", []vg.Length{1.2, 2.4}, "open down triangle", 0.6, "-|"}},
}

const free = 9 // palette's first look for other names than those that the house style knows

// LookOf returns the look of a method of the paper, or of another name that the house style knows: DPT, PT, Residual
// PT, Fine-tuning, positive, negative, rank, control, second control. Any other name has one of five further looks,
// which depends on the name alone; where two series of one figure would share it, the later has the next look that is
// free.
func LookOf(name string) Look { return palette[lookIndex(name)].Look }

func lookIndex(name string) int {
	for i, known := range palette {
		if known.name == name && name != "" {
			return i
		}
	}
	hash := fnv.New32a()
	hash.Write([]byte(name))
	return free + int(hash.Sum32()%uint32(len(palette)-free))
}

// looks returns a look for each series' name in all panels of a figure, given whose look each has: those that the
// house style knows first, then the others in the order of their first appearance.
func (s Style) looks(names, whose []string) map[string]look {
	taken, index := map[int]bool{}, map[string]int{}
	known := func(name string) bool { return lookIndex(name) < free }
	for _, first := range []bool{true, false} {
		for i, name := range names {
			if _, done := index[name]; done || known(whose[i]) != first {
				continue
			}
			at := lookIndex(whose[i])
			for tried := 0; taken[at] && !first && tried < len(palette); tried++ {
				at = (at + 1) % len(palette)
			}
			taken[at], index[name] = true, at
		}
	}
	all := map[string]look{}
	for name, at := range index {
		all[name] = s.Looks[name].over(palette[at].Look).drawn()
	}
	return all
}

// over returns the look with its zero fields taken from another. Fill and Hatch go together.
func (l Look) over(other Look) Look {
	if l.Color == "" {
		l.Color = other.Color
	}
	if l.Dashes == nil {
		l.Dashes = other.Dashes
	}
	if l.Marker == "" {
		l.Marker = other.Marker
	}
	if l.Fill == 0 && l.Hatch == "" {
		l.Fill, l.Hatch = other.Fill, other.Hatch
	}
	return l
}

func (l Look) check() error {
	if _, err := parseColor(l.Color); l.Color != "" && err != nil {
		return err
	}
	if l.Marker != "" && markers[l.Marker] == nil {
		return fmt.Errorf("the marker must be one of %q, found %q", slices.Sorted(maps.Keys(markers)), l.Marker)
	}
	for _, dash := range l.Dashes {
		if !(dash > 0) || len(l.Dashes)%2 != 0 {
			return fmt.Errorf("dashes must be an even number of positive lengths, found %v: {4, 2} is four points "+
				"on, two off",
				l.Dashes)
		}
	}
	if !(l.Fill >= 0 && l.Fill <= 1) || strings.Trim(l.Hatch, `/\-|`) != "" {
		return fmt.Errorf(`the fill must be from 0 to 1 and the hatch any of / \ - |, found %v and %q`, l.Fill, l.Hatch)
	}
	return nil
}

func parseColor(text string) (color.NRGBA, error) {
	v, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 32)
	if err != nil || len(text) != len("#0072B2") || text[0] != '#' {
		return color.NRGBA{}, fmt.Errorf(`a colour must be written as "#0072B2", found %q`, text)
	}
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, nil
}

// A look is a Look as gonum draws it.
type look struct {
	color  color.NRGBA
	dashes []vg.Length
	marker draw.GlyphDrawer
	fill   float64
	hatch  string
}

// drawn returns a Look, which must be complete, as gonum draws it.
func (l Look) drawn() look {
	c, _ := parseColor(l.Color) // was checked
	return look{c, l.Dashes, markers[l.Marker], l.Fill, l.Hatch}
}

// line returns the style of the series' line.
func (l look) line() draw.LineStyle {
	return draw.LineStyle{Color: l.color, Width: dataLine, Dashes: l.dashes}
}

// glyph returns the style of the series' markers.
func (l look) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: 1.7, Shape: l.marker}
}

// band returns the half-transparent colour of the series' interval.
func (l look) band() color.NRGBA {
	c := l.color
	c.A = 64
	return c
}

// tint mixes the colour with white; a share of 1 is the colour alone.
func (l look) tint(share float64) color.NRGBA {
	fade := func(v uint8) uint8 { return uint8(math.Round(255 - share*float64(255-v))) }
	return color.NRGBA{fade(l.color.R), fade(l.color.G), fade(l.color.B), 255}
}
