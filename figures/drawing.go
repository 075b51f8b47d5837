// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/color"
	"image/png"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A Drawing is one picture that can be written in several formats. They look alike, in the same font, and the same
// drawing gives the same bytes each time: no file says when or where it was made, only where its numbers come from.
type Drawing struct {
	Title         string // goes into the files' metadata, as does
	Description   string // what a reader who can't see the picture should know
	Provenance    Provenance
	Width, Height vg.Length // points
	Draw          func(draw.Canvas)
}

// draw paints the page white, also where the format would leave it transparent, and the picture on it.
func (d *Drawing) draw(c draw.Canvas) {
	fillBox(c, c.Rectangle, color.White)
	d.Draw(c)
}

// PNG draws at 300 dots per inch; the resolution is noted in the file, so that it prints at its size.
func (d *Drawing) PNG() ([]byte, error) { return d.png(300) }

// Preview draws a PNG at 144 dots per inch, for a screen: a column is 436 pixels wide.
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
	texts := [][2]string{{"Title", d.Title}, {"Description", d.Description}, {"Provenance", d.Provenance.String()}}
	for _, text := range texts {
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
