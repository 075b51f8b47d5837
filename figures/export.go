// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"
	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers"
	"github.com/tdewolff/canvas/renderers/pdf"
	"github.com/tdewolff/canvas/renderers/svg"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A Drawing is one picture that can be written in several formats. They look alike, in the same font, and the same
// drawing gives the same bytes each time: no file tells when or where it was made, only where its numbers come from.
type Drawing struct {
	Title         string // goes into the files' metadata, as does
	Description   string // what a reader who can't see the picture should know
	Provenance    Provenance
	Width, Height vg.Length // points
	Draw          func(draw.Canvas)
}

// PNG draws at 300 dots per inch; the resolution is noted in the file, so that it prints at its size.
func (d *Drawing) PNG() ([]byte, error) { return d.png(300) }

// Preview is PNG at 144 dots per inch, for a screen: a column is 468 pixels wide.
func (d *Drawing) Preview() ([]byte, error) { return d.png(144) }

func (d *Drawing) png(dpi int) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(d.Width, d.Height), vgimg.UseDPI(dpi))
	d.draw(draw.New(c))
	var b bytes.Buffer
	if err := png.Encode(&b, c.Image()); err != nil {
		return nil, fmt.Errorf("drawing %q as PNG: %w", d.Title, err)
	}
	const header = 8 + 4 + 4 + 13 + 4 // signature and IHDR; the other chunks may follow
	data := bytes.Clone(b.Bytes()[:header])
	perMetre := binary.BigEndian.AppendUint32(nil, uint32(math.Round(float64(dpi)/0.0254)))
	data = appendChunk(data, "pHYs", append(append(perMetre, perMetre...), 1))
	for _, text := range [][2]string{{"Title", d.Title}, {"Description", d.Description}, {"Provenance", d.Provenance.String()}} {
		data = appendChunk(data, "iTXt", []byte(text[0]+"\x00\x00\x00\x00\x00"+text[1])) // tEXt in UTF-8
	}
	return append(data, b.Bytes()[header:]...), nil
}

// appendChunk appends a PNG chunk: length, name, data, and the checksum of the last two.
func appendChunk(png []byte, name string, data []byte) []byte {
	png = binary.BigEndian.AppendUint32(png, uint32(len(data)))
	start := len(png)
	png = append(append(png, name...), data...)
	return binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(png[start:]))
}

var svgFont = regexp.MustCompile(`AAEAA[A-Za-z0-9+/]{400,}={0,2}`) // base64 of a TrueType font

// SVG keeps text as text and embeds the used letters of the font, for a machine may have no font as wide as it.
func (d *Drawing) SVG() ([]byte, error) {
	var b bytes.Buffer
	doc := svg.New(&b, millimetres(d.Width), millimetres(d.Height), &svg.Options{EmbedFonts: true, SubsetFonts: true, SizeUnits: "mm"})
	d.draw(renderers.NewGonumPlot(page{doc}))
	if err := doc.Close(); err != nil {
		return nil, fmt.Errorf("drawing %q as SVG: %w", d.Title, err)
	}
	data := svgFont.ReplaceAllFunc(b.Bytes(), func(coded []byte) []byte {
		font, _ := base64.StdEncoding.AppendDecode(nil, coded) // the pattern lets nothing else through
		timelessFont(font)
		return base64.StdEncoding.AppendEncode(nil, font)
	})
	// Pictures in one HTML page share its fonts, but each has other letters: the name tells them apart.
	family := fmt.Sprintf("LiberationSans-%08x", crc32.ChecksumIEEE(data))
	data = bytes.ReplaceAll(data, []byte("px LiberationSans-Regular"), []byte("px "+family+",'Liberation Sans',Arial,Helvetica,sans-serif"))
	data = bytes.ReplaceAll(data, []byte("'LiberationSans-Regular'"), []byte("'"+family+"'"))
	var about bytes.Buffer
	about.WriteString(">\n<title>")
	xml.EscapeText(&about, []byte(d.Title))
	about.WriteString("</title>\n<desc>")
	xml.EscapeText(&about, []byte(d.Description))
	about.WriteString("</desc>\n<metadata>")
	xml.EscapeText(&about, []byte(d.Provenance.String()))
	about.WriteString("</metadata>\n")
	return bytes.Replace(data, []byte(">"), about.Bytes(), 1), nil
}

// PDF embeds the used letters of the font as TrueType, with their Unicode meaning.
func (d *Drawing) PDF() ([]byte, error) {
	var b bytes.Buffer
	doc := pdf.New(&b, millimetres(d.Width), millimetres(d.Height), nil)
	doc.SetInfo(d.Title, d.Description, d.Provenance.String(), "", "dpt") // title, subject, keywords, author, creator
	d.draw(renderers.NewGonumPlot(page{pdfPage{doc}}))
	if err := doc.Close(); err != nil {
		return nil, fmt.Errorf("drawing %q as PDF: %w", d.Title, err)
	}
	data, err := timelessPDF(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("drawing %q as PDF: %w", d.Title, err)
	}
	return data, nil
}

func millimetres(l vg.Length) float64 { return float64(l / vg.Millimeter) }

// draw paints the page white, also where the format would leave it transparent, and the picture on it.
func (d *Drawing) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	d.Draw(c)
}

// Export writes base.pdf, base.svg and base.png, makes their folder if need be, and returns their names. Each file
// is there whole or not at all, and a file of the same name is replaced only by a finished one.
func (d *Drawing) Export(base string) (names []string, err error) {
	return export(d.Title, base, []format{{".pdf", d.PDF}, {".svg", d.SVG}, {".png", d.PNG}})
}

// Export writes the picture as [Drawing.Export] does, and the data as base.csv and base.json.
func (f *Figure) Export(base string) (names []string, err error) {
	d, err := f.Drawing()
	if err != nil {
		return nil, err
	}
	return export(f.Title, base, []format{{".pdf", d.PDF}, {".svg", d.SVG}, {".png", d.PNG}, {".csv", f.CSV}, {".json", f.JSON}})
}

// Export writes base.tex, base.md, base.html, base.csv and base.json.
func (t *Table) Export(base string) (names []string, err error) {
	return export(t.Title, base, []format{{".tex", t.LaTeX}, {".md", t.Markdown}, {".html", t.HTML}, {".csv", t.CSV}, {".json", t.JSON}})
}

type format struct {
	suffix string
	render func() ([]byte, error)
}

func export(title, base string, formats []format) (names []string, err error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, fmt.Errorf("exporting %q: %w", title, err)
	}
	for _, format := range formats {
		data, err := format.render()
		if err != nil {
			return names, err
		}
		if err := renameio.WriteFile(base+format.suffix, data, 0o644); err != nil {
			return names, fmt.Errorf("exporting %q: %w", title, err)
		}
		names = append(names, base+format.suffix)
	}
	return names, nil
}

// page mends how canvas draws gonum's strokes: canvas takes dashes as multiples of the line width, gonum gives lengths.
type page struct{ canvas.Renderer }

func (p page) RenderPath(path *canvas.Path, style canvas.Style, m canvas.Matrix) {
	if style.HasStroke() {
		style.StrokeJoiner = canvas.RoundJoin // as in gonum's PNG
		style.DashOffset, style.Dashes = canvas.ScaleDash(1/style.StrokeWidth, style.DashOffset, style.Dashes)
	}
	p.Renderer.RenderPath(path, style, m)
}

// pdfPage mends alpha in canvas's PDF. There fills and strokes share one alpha but not one colour, which canvas forgets:
// after a half-transparent fill, a stroke in the colour of the stroke before it would be half-transparent, too. So each
// half-transparent path is followed by an opaque one, off the page.
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
