// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// value is a number as a reader's data can have it: among them zero, negative, very large and very small ones, and NaN.
func value(random *rand.Rand) float64 {
	switch random.IntN(12) {
	case 0:
		return 0
	case 1:
		return -random.Float64() * 100
	case 2:
		return math.Pow(10, 600*random.Float64()-300)
	case 3:
		return math.NaN()
	}
	return random.Float64() * 100
}

// randomFigure is right or wrong in many ways.
func randomFigure(random *rand.Rand) *Figure {
	pick := func(one, other float64) float64 { return []float64{one, other}[random.IntN(2)] }
	f := &Figure{Title: "random", Columns: random.IntN(3), Full: random.IntN(2) == 0, Provenance: madeUp}
	f.Style = Style{Key: keyPlaces[random.IntN(len(keyPlaces))], Font: fonts[random.IntN(3)], Bare: random.IntN(2) == 0}
	all := []Kind{Lines, Bands, Bars, Ranges, Steps}
	for range 1 + random.IntN(3) {
		p := Panel{Title: "p", Kind: all[random.IntN(5)], Note: "n", X: Axis{Label: "x", Log: random.IntN(3) == 0},
			Y: Axis{Label: "y (%)", Log: random.IntN(3) == 0}}
		if p.Kind == Bars {
			p.X, p.Y.Log = Axis{Names: []string{"a", "b", "c"}}, false
		}
		if random.IntN(4) == 0 {
			p.Y.Min, p.Y.Max = value(random), value(random)
		}
		if random.IntN(4) == 0 && p.Kind != Bars {
			p.X.Min, p.X.Max = pick(1, value(random)), pick(50, value(random))
		}
		if random.IntN(3) == 0 {
			p.Regions = []Region{{value(random), value(random) + 10, "r"}}
		}
		for _, name := range []string{"DPT", "PT", "x"}[:1+random.IntN(3)] {
			s := Series{Name: name, Flat: random.IntN(4) == 0}
			for i := range 1 + random.IntN(3) {
				point := Point{X: float64(i)}
				if p.Kind != Bars {
					point.X = float64(i)*20 + random.Float64()
				}
				for range random.IntN(4) {
					point.Y.Values = append(point.Y.Values, value(random))
				}
				point.Y = Summarize(point.Y.Values...)
				if s.Points = append(s.Points, point); s.Flat {
					s.Points[0].X = 0
					break
				}
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// TestRandomFigures: for any data, a figure is drawn with finite coordinates, or refused with an error; nothing panics.
func TestRandomFigures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	drawn := 0
	for i := range 3000 {
		f := randomFigure(random)
		d, err := f.Drawing()
		if err != nil {
			continue
		}
		drawn++
		var canvas recorder.Canvas
		d.draw(draw.NewCanvas(&canvas, d.Width, d.Height))
		for _, action := range canvas.Actions {
			var path vg.Path
			switch a := action.(type) {
			case *recorder.Fill:
				path = a.Path
			case *recorder.Stroke:
				path = a.Path
			case *recorder.FillString:
				path = vg.Path{{Pos: a.Point}}
			}
			for _, c := range path {
				if at := c.Pos; !(math.Abs(float64(at.X)) < 1e4 && math.Abs(float64(at.Y)) < 1e4) {
					data, _ := f.JSON()
					t.Fatalf("figure %d draws at %v:\n%s", i, at, data)
				}
			}
		}
	}
	if drawn < 300 {
		t.Errorf("only %d of 3000 figures could be drawn: the test is of little use", drawn)
	}
}
