// SPDX-License-Identifier: Apache-2.0

package figures

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MethodDiagram is Figure 2: prompt tuning trains a prompt P (e × c) in front of the input X of a frozen T5 encoder;
// DPT trains two thin factors, A (e × b) and B (b × c), and P is their product. It is drawn from its sizes alone;
// nothing runs.
type MethodDiagram struct {
	Model      string
	Width      int   // e, the model's
	Length     int   // c, of the prompt
	Bottleneck int   // b
	Style      Style // only Width, TextSize, Font and Bare are used
}

// diagram is the picture for text of 8 points, as an SVG of rectangles, arrows and texts. EC and BEC are the counts.
//
//go:embed diagram.svg
var diagram []byte

const (
	diagramWidth  = vg.Length(212) // of its viewBox
	diagramHeight = vg.Length(252)
	diagramText   = vg.Length(8)
)

// Drawing returns the picture, or an error if a size is not positive or the width too small for the text.
func (m MethodDiagram) Drawing() (*Drawing, error) {
	if min(m.Width, m.Length, m.Bottleneck) < 1 {
		return nil, fmt.Errorf("the diagram's sizes e, c and b must be at least 1, found %d, %d and %d",
			m.Width, m.Length, m.Bottleneck)
	}
	s, err := m.Style.filled(false)
	if err != nil {
		return nil, fmt.Errorf("the diagram: %w", err)
	}
	high := s.TextSize / diagramText
	wide := (s.Width - 2*margin) / diagramWidth
	if wide < 0.95*high {
		return nil, fmt.Errorf("the diagram must be at least %.0f points wide for text of %g points, found %.0f: "+
			"make Style.Width greater or Style.TextSize less",
			0.95*high*diagramWidth+2*margin, s.TextSize, s.Width)
	}
	var picture struct {
		Shapes []shape `xml:",any"`
	}
	if err := xml.Unmarshal(diagram, &picture); err != nil {
		return nil, fmt.Errorf("diagram.svg: %w", err)
	}
	counts := strings.NewReplacer("BEC", thousands(m.Bottleneck*(m.Width+m.Length)), "EC", thousands(m.Width*m.Length))
	sizes := fmt.Sprintf("%s: e = %s, c = %s, b = %s; n tokens of input.",
		m.Model, thousands(m.Width), thousands(m.Length), thousands(m.Bottleneck))
	caption := s.text(sizes, grey, s.Width-2*margin)
	if s.Bare {
		caption = paragraph{}
	}
	return &Drawing{
		Title: "Prompt tuning and decomposed prompt tuning",
		Description: "Left: prompt tuning trains the prompt P. Right: DPT trains the factors A and B of P. " +
			"The prompt comes before the embedded input of a frozen T5. " + sizes,
		Width: s.Width, Height: 2*margin + diagramHeight*high + gap + caption.height(),
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			caption.draw(page, page.Min.X, page.Min.Y+caption.height())
			for _, shape := range picture.Shapes {
				shape.Text = counts.Replace(shape.Text)
				shape.draw(page, s, wide, high)
			}
		},
	}, nil
}

// A shape is an element of the diagram. Its y goes down, as in all SVGs.
type shape struct {
	XMLName xml.Name
	X       vg.Length `xml:"x,attr"`
	Y       vg.Length `xml:"y,attr"`
	Width   vg.Length `xml:"width,attr"`
	Height  vg.Length `xml:"height,attr"`
	X1      vg.Length `xml:"x1,attr"`
	Y1      vg.Length `xml:"y1,attr"`
	X2      vg.Length `xml:"x2,attr"`
	Y2      vg.Length `xml:"y2,attr"`
	Fill    string    `xml:"fill,attr"`
	Stroke  string    `xml:"stroke,attr"`
	Anchor  string    `xml:"text-anchor,attr"`
	Text    string    `xml:",chardata"`
}

// draw draws a rectangle, an arrow that points up, or a text, with x and y stretched.
func (e shape) draw(c draw.Canvas, s Style, wide, high vg.Length) {
	at := func(x, y vg.Length) vg.Point { return vg.Point{X: c.Min.X + x*wide, Y: c.Max.Y - y*high} }
	fill, _ := parseColor(e.Fill) // shapes without one are black, or have no text
	stroke, _ := parseColor(e.Stroke)
	line := draw.LineStyle{Color: stroke, Width: 0.8}
	switch e.XMLName.Local {
	case "rect":
		box := vg.Rectangle{Min: at(e.X, e.Y+e.Height), Max: at(e.X+e.Width, e.Y)}
		fillBox(c, box, fill)
		frameBox(c, box, line)
	case "line":
		from, to := at(e.X1, e.Y1), at(e.X2, e.Y2)
		c.StrokeLine2(line, from.X, from.Y, to.X, to.Y-2)
		c.FillPolygon(stroke, []vg.Point{to, {X: to.X - 2, Y: to.Y - 4}, {X: to.X + 2, Y: to.Y - 4}})
	case "text":
		if e.Fill == "" {
			fill = ink
		}
		text := s.text(e.Text, fill, unbroken)
		start := at(e.X, e.Y)
		if e.Anchor == "middle" {
			start.X -= text.width() / 2
		}
		text.draw(c, start.X, start.Y+s.TextSize)
	}
}
