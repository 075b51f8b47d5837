// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"image/color"
	"math"
	"testing"
)

// TestMarkersWhole: of three series with the same means and wide error bars, each marker is drawn whole; nothing of
// another series is over it. Lines and error bars are of another colour here, so that what is counted is markers.
func TestMarkersWhole(t *testing.T) {
	for _, kind := range []Kind{Lines, Ranges} {
		f := &Figure{Title: "markers", Provenance: madeUp, Panels: []Panel{{Kind: kind}}}
		f.Style = Style{Key: KeyNone, Looks: map[string]Look{}}
		reds := map[string]color.NRGBA{"DPT": {R: 255, A: 255}, "PT": {G: 255, A: 255}, "Residual PT": {B: 255, A: 255}}
		codes := map[string]string{"DPT": "#FF0000", "PT": "#00FF00", "Residual PT": "#0000FF"}
		for _, name := range []string{"DPT", "PT", "Residual PT"} {
			s := series(Summarize(40, 50, 60), Summarize(20, 50, 80), Summarize(49, 50, 51))
			s.Name = name
			f.Panels[0].Series = append(f.Panels[0].Series, s)
			f.Style.Looks[name] = Look{Color: codes[name], Marker: "square"}
		}
		const dpi, radius = 300, 1.7
		marker := math.Pow(2*radius/72*dpi-2, 2) // without its blurred edge
		for name, c := range reds {
			if got := colored(t, drawingOf(t, f), dpi, c); float64(got) < 3*marker {
				t.Errorf("%s, %s: %d pixels, want at least those of three markers, %.0f", kind, name, got, 3*marker)
			}
		}
	}
}

// TestErrorBarEnds: an error bar within the axis has two caps; where one end is cut off, one; and nothing is drawn
// beyond the axes. Counted is the ink of a bar of one colour.
func TestErrorBarEnds(t *testing.T) {
	ink := func(limits Axis) int {
		f := &Figure{Title: "bars", Provenance: madeUp,
			Panels: []Panel{{Kind: Ranges, Y: limits, Series: []Series{series(Summarize(40, 50, 60))}}}}
		f.Style = Style{Key: KeyNone, Bare: true, PanelHeight: 2 * Inch,
			Looks: map[string]Look{"DPT": {Color: "#FF0000", Marker: "none"}}}
		return colored(t, drawingOf(t, f), 300, color.NRGBA{R: 255, A: 255})
	}
	whole, low, both := ink(Axis{Min: 30, Max: 70}), ink(Axis{Min: 45, Max: 85}), ink(Axis{Min: 45, Max: 55})
	if !(low < whole) { // three quarters of the bar at the same scale, and one cap
		t.Errorf("a bar cut at its low end has %d pixels, a whole one %d", low, whole)
	}
	const height, dpi = 144, 300
	width := 1.1 / 72 * dpi
	pixels := float64(height) / 72 * dpi
	if float64(both) > pixels*width || float64(both) < pixels*(width-2) { // its edges are blurred
		t.Errorf("a bar cut at both ends has %d pixels, want at most %.0f: the axis' height and no cap", both,
			pixels*width)
	}
}

// TestLevelInKey: a level with a spread has a band in the key, whichever panel it is in; one without has not.
func TestLevelInKey(t *testing.T) {
	band := func(s Summary) bool {
		f := sweep()
		f.Panels = f.Panels[:3]
		for i := range f.Panels {
			f.Panels[i].Series[1].Points = []Point{{Y: Summarize(66)}}
		}
		f.Panels[2].Series[1].Points = []Point{{Y: s}}
		for _, k := range f.keys(nil) {
			if k.text == "PT" {
				return spreads(k.icon)
			}
		}
		t.Fatal("PT is not in the key")
		return false
	}
	if !band(Summarize(60, 70)) || band(Summarize(66, 66)) {
		t.Error("want a band in the key where a level has one, and none where it has not")
	}
}
