// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"image/color"
	"testing"

	"gonum.org/v1/plot/vg"
)

// TestLooksDiffer: colour, dashes, marker and bars of no two looks are the same, but for two that are solid lines.
func TestLooksDiffer(t *testing.T) {
	seen := map[string]map[string]bool{"colours": {}, "dashes": {}, "markers": {}, "bars": {}}
	for _, look := range palette {
		if err := look.check(); err != nil {
			t.Errorf("%s: %v", look.name, err)
		}
		seen["colours"][look.Color], seen["markers"][look.Marker] = true, true
		seen["dashes"][fmt.Sprint(look.Dashes)], seen["bars"][fmt.Sprint(look.Fill, look.Hatch)] = true, true
	}
	seen["dashes"]["of the positive entries, solid as DPT's"] = true
	for what, all := range seen {
		if len(all) != len(palette) {
			t.Errorf("of %d looks %d %s differ, want all", len(palette), len(all), what)
		}
	}
}

// contrast is WCAG's contrast of a colour with white.
func contrast(c color.NRGBA) float64 {
	linear := func(v uint8) float64 { // close enough to sRGB's curve for a bound
		x := float64(v) / 255
		return x * x * (0.7 + 0.3*x)
	}
	return 1.05 / (0.05 + 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B))
}

// TestVisible: all colours can be seen on white: their contrast is at least 2, grey's for text 4.5.
func TestVisible(t *testing.T) {
	for _, look := range palette {
		if got := contrast(look.drawn().color); got < 2 {
			t.Errorf("%s: the contrast of %s is %.1f, want at least 2", look.name, look.Color, got)
		}
	}
	if got := contrast(grey); got < 4.5 {
		t.Errorf("grey: the contrast is %.1f, want at least 4.5", got)
	}
}

// TestLookOf: known names have their looks; others the same look each time, and never that of a method of the paper.
func TestLookOf(t *testing.T) {
	if got := LookOf("DPT"); got.Color != "#0072B2" || got.Marker != "circle" {
		t.Errorf("DPT looks like %+v", got)
	}
	for _, name := range []string{"", "LoPA", "DEPT", "dpt", "P-tuning v2", "方法"} {
		look := LookOf(name)
		if fmt.Sprint(look) != fmt.Sprint(LookOf(name)) {
			t.Errorf("%q looks different the second time", name)
		}
		for _, known := range palette[:free] {
			if known.Color == look.Color {
				t.Errorf("%q looks like %s", name, known.name)
			}
		}
	}
}

// TestManyMethods: up to as many series as there are looks all differ, under any names, and those that the house style
// knows have their own looks; with one more, one look is used twice.
func TestManyMethods(t *testing.T) {
	names := []string{"DPT"}
	for i := range len(palette) {
		names = append(names, fmt.Sprint("method ", i))
	}
	distinct := func(names []string) int {
		colors := map[color.NRGBA]bool{}
		for _, look := range (Style{}).looks(names, names) {
			colors[look.color] = true
		}
		return len(colors)
	}
	for n := range len(names) {
		if got := distinct(names[:n]); got != n {
			t.Errorf("of %d series %d look different", n, got)
		}
	}
	if got := distinct(names); got != len(palette) {
		t.Errorf("of %d series %d look different, want %d", len(names), got, len(palette))
	}
	late := append(names[1:6:6], "PT", "DPT")
	if got := (Style{}).looks(late, late)["PT"].color; got != (color.NRGBA{0xD5, 0x5E, 0, 255}) {
		t.Errorf("PT has the colour %v beside methods named before it", got)
	}
}

// TestOwnLook: what a Look of the author's sets is set, the rest stays.
func TestOwnLook(t *testing.T) {
	house := LookOf("PT")
	s := Style{Looks: map[string]Look{"PT": {Color: "#112233"}, "DPT": {Dashes: []vg.Length{2, 1}, Marker: "star",
		Hatch: "-"}}}
	looks := s.looks([]string{"PT", "DPT"}, []string{"PT", "DPT"})
	if got := looks["PT"]; got.color != (color.NRGBA{0x11, 0x22, 0x33, 255}) ||
		fmt.Sprint(got.dashes) != fmt.Sprint(house.Dashes) ||
		got.marker != markers[house.Marker] || got.hatch != house.Hatch || got.fill != house.Fill {
		t.Errorf("PT looks like %+v, want %+v in another colour", got, house)
	}
	if got := looks["DPT"]; got.marker != markers["star"] || len(got.dashes) != 2 || got.hatch != "-" ||
		got.fill != 0 || got.color.B != 0xB2 {
		t.Errorf("DPT looks like %+v", got)
	}
	f := sizes()
	f.Style.Looks = map[string]Look{"a method of another figure": {Color: "#112233"}}
	drawingOf(t, f)
	solid := Style{Looks: map[string]Look{"PT": {Dashes: []vg.Length{}}}}.looks([]string{"PT"}, []string{"PT"})
	if len(solid["PT"].dashes) != 0 {
		t.Errorf("PT has dashes %v, want a solid line", solid["PT"].dashes)
	}
}
