// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestNumber: 4 decimals, or 4 digits below 1, and never an artefact of binary fractions.
func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		67.39999999999999: "67.4", 0.1 + 0.2: "0.3", 100 * 65. / 104: "62.5", 200. / 3: "66.6667", 1. / 3: "0.3333",
		0: "0", -1.05000000000001: "-1.05",
		math.Copysign(0, -1): "0", 60_506_624: "60506624", 0.03: "0.03", 2.345678e-7: "2.346e-07",
		0.000123456: "0.0001235", -0.00001: "-1e-05",
		99.99999999: "100", 1e15: "1000000000000000",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		v := (random.Float64() - 0.5) * math.Pow(10, 10*random.Float64()-5)
		text := number(v)
		back, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(v) >= 1 && math.Abs(back-v) > 5e-5 || math.Abs(back-v) > 5.01e-4*math.Abs(v) {
			t.Errorf("%v is written %q", v, text)
		}
		if _, decimals, _ := strings.Cut(text, "."); math.Abs(v) >= 1 && len(decimals) > 4 {
			t.Errorf("%v is written %q, with more than 4 decimals", v, text)
		}
	}
}

// TestMeanAlone: of the averages that the paper prints no deviation and no range is known, though it had three seeds.
func TestMeanAlone(t *testing.T) {
	csv := text(t, publishedSizes().CSV)
	if want := ",3,65.7,,,,,,\n"; !strings.Contains(csv, want) {
		t.Errorf("DPT's line on T5-small must end in %q:\n%s", want, csv)
	}
}

func TestPick(t *testing.T) {
	f := sweep()
	g, err := f.Pick([]string{"RTE", "a"}, []string{"PT", "DPT"})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Panels) != 2 || g.Panels[0].Title != "RTE" || g.Panels[1].Title != "WiC" {
		t.Errorf("got the panels %s, want RTE and WiC", g.panelNames())
	}
	if got := strings.Join(g.seriesNames(), " "); got != "PT DPT" {
		t.Errorf("got the series %s, want PT and DPT", got)
	}
	if len(f.Panels) != 4 || len(f.Panels[0].Series) != 3 {
		t.Error("the figure itself has changed")
	}
	drawingOf(t, g)
	if all, err := f.Pick(nil, nil); err != nil || len(all.Panels) != 4 || len(all.seriesNames()) != 3 {
		t.Errorf("nil, nil: got %v, %v, want all", all, err)
	}
	if only, err := counts().Pick(nil, []string{"rank of P"}); err != nil || len(only.Panels) != 2 {
		t.Errorf("rank: got %v, %v, want the two panels that have it", only, err)
	}
	for want, pick := range map[string]func() (*Figure, error){
		`must be one of a WiC, b CB, c RTE, d COPA, found "BoolQ"`: func() (*Figure,
			error) {
			return f.Pick([]string{"BoolQ"}, nil)
		},
		`must be one of ["DPT" "PT" "Residual PT"], found "dpt"`: func() (*Figure, error) {
			return f.Pick(nil,
				[]string{"dpt"})
		},
	} {
		if _, err := pick(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want one that says %q", err, want)
		}
	}
}
