// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"regexp"

	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers"
	"github.com/tdewolff/canvas/renderers/pdf"
	"github.com/tdewolff/canvas/renderers/svg"
	"gonum.org/v1/plot/vg"

	"dpt/figures/internal/timeless"
)

// PDF embeds the used letters of the font as TrueType, with their Unicode meaning.
func (d *Drawing) PDF() ([]byte, error) {
	var b bytes.Buffer
	doc := pdf.New(&b, millimetres(d.Width), millimetres(d.Height), nil)
	doc.SetInfo(d.Title, d.Description, d.Provenance.String(), "", "dpt") // title, subject, keywords, author, creator
	d.draw(renderers.NewGonumPlot(page{pdfPage{doc}}))
	err := doc.Close()
	data := b.Bytes()
	if err == nil {
		data, err = timeless.PDF(data)
	}
	if err != nil {
		return nil, fmt.Errorf("drawing %q as PDF: %w", d.Title, err)
	}
	return data, nil
}

// Names of the fonts as gonum and canvas have them, and what to take where an SVG's fonts are not used.
var (
	fontName  = regexp.MustCompile(`(px |')Liberation(Sans|Serif|Mono)-Regular`)
	fallbacks = map[string]string{
		"Sans":  "'Liberation Sans',Arial,Helvetica,sans-serif",
		"Serif": "'Liberation Serif','Times New Roman',Times,serif",
		"Mono":  "'Liberation Mono','Courier New',Courier,monospace",
	}
)

// SVG keeps text as text and embeds the used letters of the font, since a machine may have no font of the same width.
func (d *Drawing) SVG() ([]byte, error) {
	var b bytes.Buffer
	options := &svg.Options{EmbedFonts: true, SubsetFonts: true, SizeUnits: "mm"}
	doc := svg.New(&b, millimetres(d.Width), millimetres(d.Height), options)
	d.draw(renderers.NewGonumPlot(page{doc}))
	err := doc.Close()
	data := b.Bytes()
	if err == nil {
		data, err = timeless.SVG(data)
	}
	if err != nil {
		return nil, fmt.Errorf("drawing %q as SVG: %w", d.Title, err)
	}
	// Pictures in one HTML page share its fonts, but each has other letters: the name tells them apart.
	subset := fmt.Sprintf("-%08x", crc32.ChecksumIEEE(data))
	data = fontName.ReplaceAllFunc(data, func(name []byte) []byte {
		parts := fontName.FindSubmatch(name)
		family := fmt.Sprintf("%sLiberation%s%s", parts[1], parts[2], subset)
		if string(parts[1]) == "px " {
			family += "," + fallbacks[string(parts[2])]
		}
		return []byte(family)
	})
	var about bytes.Buffer
	about.WriteString(">")
	for _, e := range [][2]string{{"title", d.Title}, {"desc", d.Description}, {"metadata", d.Provenance.String()}} {
		fmt.Fprintf(&about, "\n<%s>", e[0])
		xml.EscapeText(&about, []byte(e[1]))
		fmt.Fprintf(&about, "</%s>", e[0])
	}
	about.WriteString("\n")
	return bytes.Replace(data, []byte(">"), about.Bytes(), 1), nil
}

func millimetres(l vg.Length) float64 { return float64(l / vg.Millimeter) }

// page corrects how canvas draws gonum's strokes: canvas takes dashes as multiples of the line width, gonum gives
// lengths.
type page struct{ canvas.Renderer }

func (p page) RenderPath(path *canvas.Path, style canvas.Style, m canvas.Matrix) {
	if style.HasStroke() {
		style.StrokeJoiner = canvas.RoundJoin // as in gonum's PNG
		style.DashOffset, style.Dashes = canvas.ScaleDash(1/style.StrokeWidth, style.DashOffset, style.Dashes)
	}
	p.Renderer.RenderPath(path, style, m)
}

// pdfPage corrects alpha in canvas's PDF. There fills and strokes share one alpha but not one colour, which canvas
// forgets: after a half-transparent fill, a stroke in the colour of the stroke before it would be half-transparent,
// too. So an opaque path, off the page, follows each half-transparent one.
type pdfPage struct{ *pdf.PDF }

func (p pdfPage) RenderPath(path *canvas.Path, style canvas.Style, m canvas.Matrix) {
	p.PDF.RenderPath(path, style, m)
	offPage, black := canvas.Rectangle(1, 1).Translate(-100, -100), canvas.Paint{Color: canvas.Black}
	if style.HasFill() && style.Fill.Color.A < 255 {
		p.PDF.RenderPath(offPage, canvas.Style{Fill: black}, canvas.Identity)
	}
	if style.HasStroke() && style.Stroke.Color.A < 255 {
		style.Fill, style.Stroke = canvas.Paint{}, black
		p.PDF.RenderPath(offPage, style, canvas.Identity)
	}
}
