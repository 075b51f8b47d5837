// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A paragraph is text broken into lines of a width.
type paragraph struct {
	lines []string
	font  font.Face
	color color.Color
}

const (
	noBreak  = '\u00a0'     // a space where no line ends
	unbroken = 99 * vg.Inch // a width that needs no second line
)

// text breaks s into lines of a width, in the style's own size.
func (s Style) text(text string, c color.Color, width vg.Length) paragraph {
	return s.sized(text, s.TextSize, c, width)
}

// sized breaks s into lines of a width.
func (s Style) sized(text string, size vg.Length, c color.Color, width vg.Length) paragraph {
	p := paragraph{font: font.DefaultCache.Lookup(s.face(size), size), color: c}
	ends := func(r rune) bool { return unicode.IsSpace(r) && r != noBreak }
	for word := range strings.FieldsFuncSeq(p.legible(text), ends) {
		last := len(p.lines) - 1
		if last >= 0 && p.font.Width(p.lines[last]+" "+word) <= width {
			p.lines[last] += " " + word
			continue
		}
		p.lines = append(p.lines, p.split(word, width)...)
	}
	return p
}

// scaleAlone is all the text below a bare picture: the scale, if its numbers could be taken for others.
func (s Style) scaleAlone(p Provenance) paragraph {
	if p.Scale != Toy && p.Scale != Small && p.Scale != MadeUp {
		return paragraph{}
	}
	return s.sized(p.Scale, 0.8*s.TextSize, grey, s.Width)
}

// legible puts a box in place of letters that the font lacks: one format would leave them out, another draw a gap.
func (p paragraph) legible(text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if glyph, err := p.font.Face.GlyphIndex(&buffer, r); unicode.IsSpace(r) || err == nil && glyph != 0 {
			return r
		}
		return '□'
	}, text)
}

// split cuts a word that is wider than a line.
func (p paragraph) split(word string, width vg.Length) (parts []string) {
	start := 0
	for i := range word {
		if i > start && p.font.Width(word[start:i+1]) > width {
			parts, start = append(parts, word[start:i]), i
		}
	}
	return append(parts, word[start:])
}

func (p paragraph) height() vg.Length { return vg.Length(len(p.lines)) * leading * p.font.Font.Size }

// width returns the width of the longest line.
func (p paragraph) width() (w vg.Length) {
	for _, line := range p.lines {
		w = max(w, p.font.Width(line))
	}
	return w
}

// draw writes the lines below y, flush left at x, and returns where the paragraph ends.
func (p paragraph) draw(c draw.Canvas, x, y vg.Length) vg.Length {
	c.SetColor(p.color)
	for _, line := range p.lines {
		c.FillString(p.font, vg.Point{X: x, Y: y - p.font.Font.Size}, line)
		y -= leading * p.font.Font.Size
	}
	return y
}

// width returns the width of a text that is broken at its newlines only.
func (s Style) width(text string) (w vg.Length) {
	for line := range strings.Lines(text) {
		w = max(w, s.text(line, ink, unbroken).width())
	}
	return w
}
