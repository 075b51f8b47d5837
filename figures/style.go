// SPDX-License-Identifier: Apache-2.0

// Package figures has every figure and table of the paper as an [Artefact]: which runs it needs at each scale, and what it
// makes of their records. What a scale chooses differently from the paper is in setup.go; the paper's own numbers are in
// paper.go.
//
// Results are drawn for print: at the column width of a two-column paper, text of 8 to 9 points, colours that colour-blind
// readers and a grey printer can tell apart. A [Figure] is data with a method that makes a [Drawing], and a Drawing is
// exported to PDF, SVG and PNG; a [Table] to LaTeX, Markdown and HTML; both to CSV and JSON.
package figures

import (
	"image/color"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The widths of one column of a two-column paper, and of the whole page.
const (
	ColumnWidth = 3.25 * vg.Inch
	FullWidth   = 6.75 * vg.Inch
)

const (
	titleSize = vg.Length(9)   // points, as all lengths here
	textSize  = vg.Length(8)   // everything but the title
	leading   = 1.2            // from one baseline to the next, in text sizes
	margin    = vg.Length(3)   // around the whole picture: nothing touches its edge
	axisLine  = vg.Length(0.5) // axes and their ticks
	thinLine  = vg.Length(0.5)
	dataLine  = vg.Length(1.1)
)

var (
	ink  = color.NRGBA{A: 255}
	grey = color.NRGBA{R: 90, G: 90, B: 90, A: 255} // of notes; black to white 7 : 1
)

// sans is the one font of all formats; Liberation Sans has the advance widths of Arial and Helvetica.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// A Look is how one series is drawn. Colour, dash, marker and hatch all differ between series, so that each alone tells
// them apart, in grey too.
type Look struct {
	Color  color.NRGBA
	Dashes []vg.Length // on, off, ... in points; nil is a solid line
	Marker draw.GlyphDrawer
	Fill   float64 // of bars: 0 is white, 1 is Color
	Hatch  string  // of bars, any of / \ - |
}

// The palette of Okabe and Ito (2008), "Color Universal Design", without its yellow, which is too faint on white. Each
// method has one look everywhere; controls and the rank probe's counts have theirs.
var looks = []struct {
	name string
	Look
}{
	{"DPT", Look{color.NRGBA{0x00, 0x72, 0xB2, 255}, nil, draw.CircleGlyph{}, 0.85, ""}},
	{"PT", Look{color.NRGBA{0xD5, 0x5E, 0x00, 255}, []vg.Length{4, 1.5}, draw.BoxGlyph{}, 0.3, "/"}},
	{"Residual PT", Look{color.NRGBA{0x00, 0x9E, 0x73, 255}, []vg.Length{1.2, 1.2}, draw.PyramidGlyph{}, 0, "\\"}},
	{"Fine-tuning", Look{color.NRGBA{0xCC, 0x79, 0xA7, 255}, []vg.Length{5, 1.5, 1.2, 1.5}, draw.CrossGlyph{}, 0.3, "-"}},
	{"negative", Look{color.NRGBA{0xE6, 0x9F, 0x00, 255}, []vg.Length{2.5, 1.2}, draw.SquareGlyph{}, 0.3, "|"}},
	{"control", Look{color.NRGBA{0x56, 0xB4, 0xE9, 255}, []vg.Length{7, 2}, diamond{}, 0, "/\\"}},
	{"second control", Look{color.NRGBA{0x00, 0x00, 0x00, 255}, []vg.Length{4, 1.2, 1.2, 1.2, 1.2, 1.2}, draw.RingGlyph{}, 0, ""}},
	{"rank", Look{color.NRGBA{0x33, 0x33, 0x33, 255}, []vg.Length{3, 1}, draw.TriangleGlyph{}, 0.3, ""}},
	{"positive", Look{color.NRGBA{0x70, 0x70, 0x70, 255}, nil, draw.PlusGlyph{}, 0.5, ""}}, // solid as DPT, which is never counted
}

// Looks are the names of all looks.
func Looks() (names []string) {
	for _, look := range looks {
		names = append(names, look.name)
	}
	return names
}

// LookOf returns the look of that name, and whether there is one.
func LookOf(name string) (Look, bool) {
	for _, look := range looks {
		if look.name == name {
			return look.Look, true
		}
	}
	return Look{}, false
}

// Line is the style of the series' line.
func (l Look) Line() draw.LineStyle {
	return draw.LineStyle{Color: l.Color, Width: dataLine, Dashes: l.Dashes}
}

// Glyph is the style of the series' markers.
func (l Look) Glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.Color, Radius: 1.7, Shape: l.Marker}
}

// Band is the half-transparent colour of the series' interval.
func (l Look) Band() color.NRGBA {
	c := l.Color
	c.A = 64
	return c
}

// Light is an opaque tint of the series' colour, for what lies behind its line.
func (l Look) Light() color.NRGBA { return l.tint(0.5) }

// tint mixes the colour with white; 1 is the colour alone.
func (l Look) tint(share float64) color.NRGBA {
	fade := func(v uint8) uint8 { return uint8(255 - share*float64(255-v) + 0.5) }
	return color.NRGBA{fade(l.Color.R), fade(l.Color.G), fade(l.Color.B), 255}
}

// newPlot returns an empty plot in the style: two thin axes that meet, labels of 8 points, no frame, no grid.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = axisLine, axisLine
		axis.Tick.Length, axis.Padding = 2.5, 0
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = sans(textSize), sans(textSize)
		axis.Label.Padding = 1
		axis.Tick.Marker = roundTicks{}
	}
	return p
}

// roundTicks marks three to five multiples of a round number.
type roundTicks struct{}

func (roundTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := roundStep((high - low) / 4)
	if math.Floor(high/step)-math.Ceil(low/step) < 2 { // fewer than three lie within
		step = roundStep(0.39 * step) // the next finer of 1, 2, 5
	}
	format, digits := byte('f'), int(max(0, -math.Floor(math.Log10(step))))
	if digits > 4 || step >= 1e5 {
		format, digits = 'g', 4
	}
	for k := math.Ceil(low/step) + 0; k*step <= high; k++ { // + 0 makes -0 0
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step, format, digits, 64)})
	}
	return ticks
}

// roundStep is the smallest 1, 2 or 5 times a power of ten that is at least x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= x {
			return digit * power
		}
	}
	return 10 * power
}

// A paragraph is text that was broken into lines of a width.
type paragraph struct {
	lines []string
	font  font.Face
	color color.Color
}

const (
	noBreak  = '\u00a0'     // a space where no line ends
	unbroken = 99 * vg.Inch // a width that needs no second line
)

func newParagraph(s string, size vg.Length, c color.Color, width vg.Length) paragraph {
	p := paragraph{font: font.DefaultCache.Lookup(sans(size), size), color: c}
	var buffer sfnt.Buffer
	s = strings.Map(func(r rune) rune {
		if glyph, err := p.font.Face.GlyphIndex(&buffer, r); unicode.IsSpace(r) || err == nil && glyph != 0 {
			return r
		}
		return '□' // seen, where a letter that the font lacks is left out by one format and a gap in another
	}, s)
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return unicode.IsSpace(r) && r != noBreak }) {
		last := len(p.lines) - 1
		if last >= 0 && p.font.Width(p.lines[last]+" "+word) <= width {
			p.lines[last] += " " + word
			continue
		}
		p.lines = append(p.lines, p.split(word, width)...)
	}
	return p
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

// width is that of the longest line.
func (p paragraph) width() (w vg.Length) {
	for _, line := range p.lines {
		w = max(w, p.font.Width(line))
	}
	return w
}

// draw fills the lines in below y, flush left at x, and returns where the paragraph ends.
func (p paragraph) draw(c draw.Canvas, x, y vg.Length) vg.Length {
	c.SetColor(p.color)
	for _, line := range p.lines {
		c.FillString(p.font, vg.Point{X: x, Y: y - p.font.Font.Size}, line)
		y -= leading * p.font.Font.Size
	}
	return y
}

// A heading stands above a panel: what the panel shows on the left, the key to its series on the right, or below where
// one line is too short for both. Outside the panel it hides no data.
type heading struct {
	text paragraph
	keys []key
}

// A key is one entry of a legend.
type key struct {
	icon plot.Thumbnailer
	text string
}

const (
	iconWidth = vg.Length(15)
	iconGap   = vg.Length(3) // between icon and text
	keyGap    = vg.Length(7) // between entries
)

func (k key) width() vg.Length {
	return iconWidth + iconGap + newParagraph(k.text, textSize, ink, unbroken).width()
}

func (h heading) keysWidth() (w vg.Length) {
	for _, k := range h.keys {
		w += keyGap + k.width()
	}
	return w
}

func (h heading) oneLine(width vg.Length) bool {
	return len(h.text.lines) <= 1 && h.text.width()+h.keysWidth() <= width
}

func (h heading) height(width vg.Length) vg.Length {
	if len(h.keys) == 0 || h.oneLine(width) {
		return h.text.height()
	}
	return h.text.height() + leading*textSize
}

func (h heading) draw(c draw.Canvas, y vg.Length) {
	width := c.Size().X
	below := h.text.draw(c, c.Min.X, y)
	if !h.oneLine(width) {
		y = below
	}
	drawKeys(c, h.keys, y)
}

// drawKeys draws entries in a line below y, flush right.
func drawKeys(c draw.Canvas, keys []key, y vg.Length) {
	x := c.Max.X - heading{keys: keys}.keysWidth() + keyGap
	for _, k := range keys {
		k.icon.Thumbnail(&draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y - textSize}, Max: vg.Point{X: x + iconWidth, Y: y - 0.3*textSize},
		}})
		newParagraph(k.text, textSize, ink, unbroken).draw(c, x+iconWidth+iconGap, y)
		x += k.width() + keyGap
	}
}
