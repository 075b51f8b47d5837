// SPDX-License-Identifier: Apache-2.0

// Package figures draws every figure and table of the paper, and any figure or table of your own, for print.
//
// A [Figure] is data: panels of series of points, each a [Summary] of several seeds. [Figure.Drawing] makes its
// picture, which is exported to PDF, SVG and PNG; how it looks on the page is its [Style]. A [Table] is exported to
// LaTeX, Markdown and HTML; both to CSV and JSON. The examples of Figure and Table start from plain numbers.
//
// An [Artefact] is a figure or table of the paper: which runs it needs at each scale, and what it makes of their
// records. What a scale chooses differently from the paper is in setup.go; the paper's own numbers are in paper.go.
package figures

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Widths of the columns and pages of common venues, in points. ACL's style files are those of EMNLP, NAACL and EACL
// too.
const (
	Inch        = vg.Inch
	ACLColumn   = 3.03 * Inch
	ACLText     = 6.30 * Inch
	NeurIPSText = 5.50 * Inch
)

// Style gives the look of a figure on the page. The zero Style is the house style: as wide as a column of an ACL paper,
// or as its page if the figure is Full, with text of 8 points in Liberation Sans. Text has the same size at any width,
// so draw a figure as wide as the paper prints it, and include it without scaling.
type Style struct {
	Width       vg.Length `json:"width,omitempty"`        // of the picture, in points: ACLColumn, NeurIPSText, 4 * Inch
	PanelHeight vg.Length `json:"panel_height,omitempty"` // of each panel's axes, in points; 0: 1.15 in
	TextSize    vg.Length `json:"text_size,omitempty"`    // in points; 0: 8
	Font        Font      `json:"font,omitempty"`         // of all text; empty: Sans
	Key         KeyPlace  `json:"key,omitempty"`          // empty: KeyAbove

	// Looks are the colours, dashes and markers of series by their name; a field of a Look that is zero keeps what the
	// series has without it. See [LookOf]. Names that the figure lacks are ignored: one style does for several figures.
	Looks map[string]Look `json:"looks,omitempty"`

	// Bare leaves out the text below the picture, for a paper that sets its own captions; [Figure.FullCaption] still
	// returns it, and the files' metadata hold it. Of numbers that are toy, small or made up a word in the lower left
	// corner says so.
	Bare bool `json:"bare,omitempty"`
}

// Font is a family of the Liberation fonts, whose letters are as wide as those of Arial, Times and Courier. The
// letters that a picture uses are embedded in its PDF and SVG.
type Font string

// The fonts. Serif suits a paper set in Times.
const (
	Sans  Font = "Sans"
	Serif Font = "Serif"
	Mono  Font = "Mono"
)

// KeyPlace is the place of the key to the series.
type KeyPlace string

// The places of the key. Those inside are corners of the first panel's axes, and hide what is drawn there.
const (
	KeyAbove             KeyPlace = "above"
	KeyBelow             KeyPlace = "below"
	KeyNone              KeyPlace = "none"
	KeyInsideTopLeft     KeyPlace = "inside top left"
	KeyInsideTopRight    KeyPlace = "inside top right"
	KeyInsideBottomLeft  KeyPlace = "inside bottom left"
	KeyInsideBottomRight KeyPlace = "inside bottom right"
)

var (
	fonts     = []Font{Sans, Serif, Mono}
	keyPlaces = []KeyPlace{KeyAbove, KeyBelow, KeyNone,
		KeyInsideTopLeft, KeyInsideTopRight, KeyInsideBottomLeft, KeyInsideBottomRight}
)

const (
	margin   = vg.Length(3)   // around the whole picture: nothing touches its edge
	gap      = vg.Length(4)   // between the parts of a picture
	axisLine = vg.Length(0.5) // axes and their ticks
	thinLine = vg.Length(0.5)
	dataLine = vg.Length(1.1)
	leading  = 1.2 // from one baseline to the next, in text sizes
)

var (
	ink  = color.NRGBA{A: 255}
	grey = color.NRGBA{R: 90, G: 90, B: 90, A: 255} // of notes; its contrast with white is 7 : 1
)

// filled returns the style with its zero fields set, or an error that names the first field that can't be.
func (s Style) filled(full bool) (Style, error) {
	if s.Width == 0 {
		if s.Width = ACLColumn; full {
			s.Width = ACLText
		}
	}
	if s.PanelHeight == 0 {
		s.PanelHeight = 1.15 * Inch
	}
	if s.TextSize == 0 {
		s.TextSize = 8
	}
	if s.Font == "" {
		s.Font = Sans
	}
	if s.Key == "" {
		s.Key = KeyAbove
	}
	for _, size := range []struct {
		name           string
		is, least, top vg.Length
	}{
		{"width", s.Width, Inch, 60 * Inch}, {"panel height", s.PanelHeight, Inch / 4, 30 * Inch},
		{"text size", s.TextSize, 3, 60},
	} {
		if !(size.is >= size.least && size.is <= size.top) { // NaN is not
			return s, fmt.Errorf("style: the %s must be from %g to %g points, found %g: 3 inches are 3 * figures.Inch",
				size.name, size.least, size.top, size.is)
		}
	}
	if !slices.Contains(fonts, s.Font) {
		return s, fmt.Errorf("style: the font must be one of %q, found %q", fonts, s.Font)
	}
	if !slices.Contains(keyPlaces, s.Key) {
		return s, fmt.Errorf("style: the key's place must be one of %q, found %q", keyPlaces, s.Key)
	}
	for name, look := range s.Looks {
		if err := look.check(); err != nil {
			return s, fmt.Errorf("style: the look of %q: %w", name, err)
		}
	}
	return s, nil
}

// face returns the style's font at a size.
func (s Style) face(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: font.Variant(s.Font), Size: size}
}

// line returns the height of a line of text.
func (s Style) line() vg.Length { return leading * s.TextSize }

// newPlot returns an empty plot in the style: two thin axes that meet, no frame, no grid.
func (s Style) newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = axisLine, axisLine
		axis.Tick.Length, axis.Padding = 2.5, 0
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = s.face(s.TextSize), s.face(s.TextSize)
		axis.Label.Padding = 1
		axis.Tick.Marker = roundTicks{}
	}
	return p
}
