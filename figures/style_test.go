// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func drawingOf(t *testing.T, f *Figure) *Drawing {
	t.Helper()
	d, err := f.Drawing()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestVenues draws a figure for three venues: it has the width, the font, embedded, and the size of text that were
// asked for.
func TestVenues(t *testing.T) {
	for _, style := range []Style{
		{Width: ACLColumn, Font: Serif, TextSize: 7}, {Width: ACLText, Font: Sans, TextSize: 9}, {Width: NeurIPSText,
			Font: Mono, TextSize: 8},
		{Width: 4 * Inch},
	} {
		f := sweep()
		f.Style = style
		data := render(t, drawingOf(t, f), "pdf")
		box := regexp.MustCompile(`/MediaBox\[0 0 ([0-9.]+) `).FindSubmatch(data)
		if box == nil || fmt.Sprintf("%.2f", float64(style.Width)) != fmt.Sprintf("%.2f", parse(t, string(box[1]))) {
			t.Errorf("%+v: the page is %q, want %v points", style, box, style.Width)
		}
		font := style.Font
		if font == "" {
			font, style.TextSize = Sans, 8
		}
		if names := regexp.MustCompile(`\+Liberation\w+`).FindAllString(string(data), -1); len(names) == 0 ||
			strings.Trim(strings.Join(names, ""), "+") == "" ||
			strings.ReplaceAll(strings.Join(names, ""), "+Liberation"+string(font), "") != "" {
			t.Errorf("%+v: the fonts are %v, want Liberation %s alone", style, names, font)
		}
		for _, size := range regexp.MustCompile(`/F\d+ ([0-9.]+) Tf`).FindAllStringSubmatch(streams(t, data)[0], -1) {
			if got := parse(t, size[1]) / 25.4 * 72; got < float64(style.TextSize)-0.01 ||
				got > float64(style.TextSize)+0.01 {
				t.Errorf("%+v: a text has %v points", style, got)
			}
		}
	}
}

func parse(t *testing.T, s string) (v float64) {
	t.Helper()
	if _, err := fmt.Sscan(s, &v); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

// TestBare: without a text below the picture, the picture is lower and has none of its words, but it and the files
// still say that the numbers are a toy's. Numbers at the paper's scale need no word.
func TestBare(t *testing.T) {
	f := sweep()
	with := drawingOf(t, f)
	f.Style.Bare = true
	without := drawingOf(t, f)
	if !(without.Height < with.Height-8) {
		t.Errorf("the picture is %v points high, and %v with a caption of two lines", without.Height, with.Height)
	}
	for format := range formats {
		data := render(t, without, format)
		if !strings.Contains(string(data), "scale: toy") {
			t.Errorf("%s: the metadata do not name the scale", format)
		}
	}
	text := string(render(t, without, "svg"))
	if strings.Count(text, "Made-up") != 1 { // in desc
		t.Error("svg: the caption is drawn, or not described")
	}
	if !strings.HasSuffix(without.Title, "(toy)") || !strings.HasPrefix(f.FullCaption(), "toy: ") ||
		!strings.HasPrefix(without.Description, "toy: ") {
		t.Errorf("title %q, description %q, caption %q: all must name the scale", without.Title, without.Description,
			f.FullCaption())
	}
	f.Provenance.Scale = Paper
	papers := drawingOf(t, f)
	if word := ">toy<"; !strings.Contains(text, word) || strings.Contains(string(render(t, papers, "svg")), word) {
		t.Error("svg: of two bare pictures, a toy's and one at the paper's scale, only the first must have the word toy")
	}
}

// colored counts the pixels of exactly one colour.
func colored(t *testing.T, d *Drawing, dpi int, c color.NRGBA) (count int) {
	t.Helper()
	data, err := d.png(dpi)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if r, g, b, _ := picture.At(x, y).RGBA(); uint8(r>>8) == c.R && uint8(g>>8) == c.G && uint8(b>>8) == c.B {
				count++
			}
		}
	}
	return count
}

// TestKeyPlaces: the key has the series' markers wherever it is, and KeyNone has none.
func TestKeyPlaces(t *testing.T) {
	count := map[KeyPlace]int{}
	heights := map[KeyPlace]vg.Length{}
	for _, place := range keyPlaces {
		f := sizes()
		f.Panels[0].X.Ticks, f.Panels[0].Y.Max = nil, 200 // the corners are empty
		f.Style = Style{Key: place, PanelHeight: 3 * Inch, Bare: true,
			Looks: map[string]Look{"PT": {Color: "#FF0000", Dashes: []vg.Length{}}}}
		d := drawingOf(t, f)
		heights[place], count[place] = d.Height, colored(t, d, 150, color.NRGBA{R: 255, A: 255})
	}
	for _, place := range keyPlaces {
		inside := place.inside() || place == KeyNone
		if want := heights[KeyAbove]; inside != (heights[place] < want) {
			t.Errorf("%s: the picture is %v high, above %v", place, heights[place], want)
		}
		// 15 by 1.1 points, and the marker
		if icon := count[place] - count[KeyNone]; (icon > 30) != (place != KeyNone) {
			t.Errorf("%s: %d pixels are the series', without a key %d", place, count[place], count[KeyNone])
		}
	}
}
