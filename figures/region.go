// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// shade plots a Region: it fills the panel between two xs. It is drawn first, so that everything else is over it.
type shade Region

var shadeColor = color.NRGBA{R: 228, G: 228, B: 228, A: 255}

// Plot implements plot.Plotter.
func (s shade) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := transforms(c, p)
	from, to := max(toX(s.From), c.Min.X), min(toX(s.To), c.Max.X)
	if from < to {
		fillBox(c, vg.Rectangle{Min: vg.Point{X: from, Y: c.Min.Y}, Max: vg.Point{X: to, Y: c.Max.Y}}, shadeColor)
	}
}

// Thumbnail implements plot.Thumbnailer.
func (s shade) Thumbnail(c *draw.Canvas) { fillBox(*c, c.Rectangle, shadeColor) }
