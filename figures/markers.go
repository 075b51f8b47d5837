// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markers are the ones that a Look can name.
var markers = map[string]draw.GlyphDrawer{
	"none":          polygon{},
	"circle":        draw.CircleGlyph{},
	"square":        draw.BoxGlyph{},
	"triangle":      draw.PyramidGlyph{},
	"down triangle": polygon{corners: 3, turn: 180, inner: 0.5, size: 1.4},
	"diamond":       polygon{corners: 4, inner: math.Sqrt2 / 2, size: 1.4},
	"pentagon":      polygon{corners: 5, inner: 0.809, size: 1.25},
	"star":          polygon{corners: 5, inner: 0.42, size: 1.6},
	"cross":         draw.CrossGlyph{},
	"plus":          draw.PlusGlyph{},

	"open circle":        draw.RingGlyph{},
	"open square":        draw.SquareGlyph{},
	"open triangle":      draw.TriangleGlyph{},
	"open down triangle": polygon{corners: 3, turn: 180, inner: 0.5, size: 1.4, open: true},
	"open diamond":       polygon{corners: 4, inner: math.Sqrt2 / 2, size: 1.4, open: true},
}

// A polygon is a regular polygon or star: corners alternate with points between them at inner times their distance
// from the centre, which is on the edge of a polygon.
type polygon struct {
	corners     int
	turn        float64 // in degrees, of the first corner from the top
	inner, size float64 // size is the corners' distance in radii
	open        bool    // an outline
}

// DrawGlyph implements draw.GlyphDrawer.
func (p polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	if p.corners == 0 {
		return
	}
	var outline []vg.Point
	for i := range 2 * p.corners {
		r, angle := p.size, math.Pi*(p.turn/180+float64(i)/float64(p.corners))
		if i%2 == 1 {
			r *= p.inner
		}
		sin, cos := math.Sincos(angle)
		outline = append(outline, at.Add(vg.Point{X: s.Radius * vg.Length(r*sin), Y: s.Radius * vg.Length(r*cos)}))
	}
	if !p.open {
		c.FillPolygon(s.Color, outline)
		return
	}
	c.StrokeLines(draw.LineStyle{Color: s.Color, Width: 0.5}, append(outline, outline[0], outline[1]))
}
