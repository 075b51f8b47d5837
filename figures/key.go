// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A key is one entry of the key: an icon and a text, and the letters of the panels that it is for, where it isn't for
// all.
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

// keysWidth returns the width of entries in a line.
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

func (k KeyPlace) inside() bool { return k != KeyAbove && k != KeyBelow && k != KeyNone }

// sizeInside returns the size of entries below one another.
func (s Style) sizeInside(keys []key) (size vg.Point) {
	for _, k := range keys {
		size.X = max(size.X, k.width(s))
	}
	return vg.Point{X: size.X, Y: vg.Length(len(keys)) * s.line()}
}

// drawKeyInside draws entries below one another in a corner of the canvas, on white.
func (s Style) drawKeyInside(c draw.Canvas, keys []key) {
	size := s.sizeInside(keys)
	const inset = vg.Length(3)
	at := vg.Point{X: c.Min.X + inset, Y: c.Max.Y - inset} // the upper left corner
	if s.Key == KeyInsideTopRight || s.Key == KeyInsideBottomRight {
		at.X = c.Max.X - inset - size.X
	}
	if s.Key == KeyInsideBottomLeft || s.Key == KeyInsideBottomRight {
		at.Y = c.Min.Y + inset + size.Y
	}
	white := color.NRGBA{R: 255, G: 255, B: 255, A: 220}
	low, high := vg.Point{X: at.X - 1, Y: at.Y - size.Y}, vg.Point{X: at.X + size.X + 1, Y: at.Y + 1}
	fillBox(c, vg.Rectangle{Min: low, Max: high}, white)
	for _, k := range keys {
		k.draw(s, c, at.X, at.Y)
		at.Y -= s.line()
	}
}
