// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"html"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"
	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers"
	"github.com/tdewolff/canvas/renderers/pdf"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Drawing is one picture that can be written in several formats. They look alike, in the same font, and the same
// drawing gives the same bytes each time: no file tells when or where it was made.
type Drawing struct {
	Title         string    // goes into the files' metadata, as does
	Description   string    // what a reader who can't see the picture should know
	Width, Height vg.Length // points
	Draw          func(draw.Canvas)
}

const dpi = 300 // of PNG

// PNG draws at 300 dots per inch; the resolution is noted in the file, so that it prints at its size.
func (d *Drawing) PNG() ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(d.Width, d.Height), vgimg.UseDPI(dpi))
	d.draw(draw.New(c))
	var b bytes.Buffer
	if err := png.Encode(&b, c.Image()); err != nil {
		return nil, fmt.Errorf("drawing %q as PNG: %w", d.Title, err)
	}
	const header = 8 + 4 + 4 + 13 + 4 // signature and IHDR; the other chunks may follow
	data := bytes.Clone(b.Bytes()[:header])
	perMetre := binary.BigEndian.AppendUint32(nil, 11811) // 300 / 0.0254
	data = appendChunk(data, "pHYs", append(append(perMetre, perMetre...), 1))
	data = appendChunk(data, "iTXt", []byte("Title\x00\x00\x00\x00\x00"+d.Title))
	data = appendChunk(data, "iTXt", []byte("Description\x00\x00\x00\x00\x00"+d.Description))
	return append(data, b.Bytes()[header:]...), nil
}

// appendChunk appends a PNG chunk: length, name, data, and the checksum of the last two.
func appendChunk(png []byte, name string, data []byte) []byte {
	png = binary.BigEndian.AppendUint32(png, uint32(len(data)))
	start := len(png)
	png = append(append(png, name...), data...)
	return binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(png[start:]))
}

// SVG keeps text as text and embeds no font, which would be half a megabyte: where Liberation Sans is not installed, a
// viewer takes Arial or Helvetica, whose letters are as wide.
func (d *Drawing) SVG() ([]byte, error) {
	c := vgsvg.New(d.Width, d.Height)
	d.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing %q as SVG: %w", d.Title, err)
	}
	root := []byte(`xmlns:xlink="http://www.w3.org/1999/xlink">`)
	described := fmt.Sprintf("%s stroke-linejoin=\"round\">\n<title>%s</title>\n<desc>%s</desc>",
		root[:len(root)-1], html.EscapeString(d.Title), html.EscapeString(d.Description))
	data := bytes.Replace(b.Bytes(), root, []byte(described), 1)
	return bytes.ReplaceAll(data, []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")), nil
}

// PDF embeds the used letters of the font as TrueType, with their Unicode meaning.
func (d *Drawing) PDF() ([]byte, error) {
	const mm = float64(vg.Millimeter)
	var b bytes.Buffer
	page := pdf.New(undated{&b}, float64(d.Width)/mm, float64(d.Height)/mm, nil)
	page.SetInfo(d.Title, d.Description, "", "", "dpt")
	d.draw(renderers.NewGonumPlot(pdfPage{page}))
	if err := page.Close(); err != nil {
		return nil, fmt.Errorf("drawing %q as PDF: %w", d.Title, err)
	}
	return b.Bytes(), nil
}

// draw paints the page white, also where the format would leave it transparent, and the picture on it.
func (d *Drawing) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	d.Draw(c)
}

// Export writes base.pdf, base.svg and base.png, makes their folder if need be, and returns their names. Each file
// is there whole or not at all, and a file of the same name is replaced only by a finished one.
func (d *Drawing) Export(base string) (names []string, err error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, fmt.Errorf("exporting %q: %w", d.Title, err)
	}
	for _, format := range []struct {
		suffix string
		render func() ([]byte, error)
	}{{".pdf", d.PDF}, {".svg", d.SVG}, {".png", d.PNG}} {
		data, err := format.render()
		if err != nil {
			return names, err
		}
		if err := renameio.WriteFile(base+format.suffix, data, 0o644); err != nil {
			return names, fmt.Errorf("exporting %q: %w", d.Title, err)
		}
		names = append(names, base+format.suffix)
	}
	return names, nil
}

// pdfPage mends what canvas's PDF renderer does to gonum's strokes.
type pdfPage struct{ *pdf.PDF }

// RenderPath draws one path. The renderer takes dashes as multiples of the line width, gonum gives lengths. And it
// forgets that alpha, unlike colour, is shared by fills and strokes: after a half-transparent fill, a stroke in the
// colour of the stroke before it would be half-transparent, too. So each such path is followed by an empty opaque one.
func (p pdfPage) RenderPath(path *canvas.Path, style canvas.Style, m canvas.Matrix) {
	if style.HasStroke() {
		style.StrokeJoiner = canvas.RoundJoin // as gonum's PNG
		style.DashOffset, style.Dashes = canvas.ScaleDash(1/style.StrokeWidth, style.DashOffset, style.Dashes)
	}
	p.PDF.RenderPath(path, style, m)
	opaque, point := style, &canvas.Path{}
	point.MoveTo(0, 0)
	point.LineTo(0, 0)
	if style.HasFill() && style.Fill.Color.A < 255 || style.HasStroke() && style.Stroke.Color.A < 255 {
		if style.HasFill() {
			opaque.Fill.Color = canvas.Black
		}
		if style.HasStroke() {
			opaque.Stroke.Color = canvas.Black
		}
		p.PDF.RenderPath(point, opaque, m)
	}
}

// undated blanks the date of creation. It reports what it wrote rather than what it was given, for the PDF's table of
// offsets counts by it.
type undated struct{ w io.Writer }

var pdfDate = regexp.MustCompile(`^\(D:\d{14}(Z|[+-]\d{4})\)$`)

func (u undated) Write(p []byte) (int, error) {
	if pdfDate.Match(p) {
		p = []byte(" null") // a key whose value is null counts as absent
	}
	return u.w.Write(p)
}
