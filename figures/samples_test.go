// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/plot/vg"
)

var madeUp = Provenance{Scale: Toy, Commit: "0123abc", Device: "no device",
	Date: time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC), Specs: []string{"3f21", "9ac0"}}

// sample is a figure without panels.
func sample(title string, columns int) *Figure {
	return &Figure{Title: title + ", made up", Caption: "Made-up numbers, for a test of the drawing.",
		Columns: columns, Provenance: madeUp}
}

// draws are three seeds about a mean.
func draws(random *rand.Rand, mean, sd float64) Summary {
	return Summarize(mean+sd*random.NormFloat64(), mean+sd*random.NormFloat64(), mean+sd*random.NormFloat64())
}

// fewShot has five panels of grouped bars, as Figure 4, two numbers missing.
func fewShot() *Figure {
	random := rand.New(rand.NewPCG(5, 6))
	f := sample("Few-shot", 5)
	f.Full = true
	for i, task := range []string{"average of 8", "WiC", "CB", "RTE", "COPA"} {
		p := Panel{Title: task, Kind: Bars, X: Axis{Label: "Examples", Names: []string{"8", "16", "32"}},
			Y: Axis{Label: "Score (%)"}}
		for j, method := range []string{"DPT", "PT", "Residual PT"} {
			s := Series{Name: method}
			for k := range 3 {
				s.Points = append(s.Points, Point{X: float64(k), Y: draws(random, 62+5*float64(k)-4*float64(j), 2)})
			}
			p.Series = append(p.Series, s)
		}
		if i == 3 {
			p.Series[2].Points[1].Y, p.Series[1].Points[2].Y = Summary{}, Summary{}
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// sweep has four panels in a column's width, as Figure 5: lines with error bars, levels, a gap; the last has bands, and
// an error bar goes beyond 100 %.
func sweep() *Figure {
	random := rand.New(rand.NewPCG(7, 8))
	f := sample("Bottleneck sweep", 2)
	for i, task := range []string{"WiC", "CB", "RTE", "COPA"} {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Bottleneck b"}, Y: Axis{Label: "Accuracy (%)"}}
		dpt := Series{Name: "DPT"}
		for b := 4.0; b <= 14; b += 2 {
			dpt.Points = append(dpt.Points, Point{X: b, Y: draws(random, 72-12/b, 1)})
		}
		p.Series = []Series{dpt,
			{Name: "PT", Flat: true, Points: []Point{{Y: draws(random, 66, 1)}}},
			{Name: "Residual PT", Flat: true, Points: []Point{{Y: draws(random, 68, 0.5)}}}}
		switch i {
		case 1:
			dpt.Points[2].Y = Summary{}
		case 2:
			dpt.Points[5].Y = Summarize(100, 98, 100)
		case 3:
			p.Kind = Bands
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// rangeSample is as Figure 8, on a log axis, with a control.
func rangeSample() *Figure {
	random := rand.New(rand.NewPCG(9, 10))
	f := sample("Huge bottlenecks", 1)
	p := Panel{Kind: Ranges, X: Axis{Label: "Bottleneck b", Log: true}, Y: Axis{Label: "Accuracy (%)"}}
	for i, s := range []Series{{Name: "DPT"}, {Name: "DPT, start scaled to b = 10", Look: "control"}} {
		for _, b := range []float64{10, 1000, 10000} {
			s.Points = append(s.Points, Point{X: b, Y: draws(random, 80-float64(1-i)*b/1000, 1+b/5000)})
		}
		p.Series = append(p.Series, s)
	}
	f.Panels = []Panel{p}
	return f
}

// counts is as Figures 3 and 9: entries of Σ above and below zero over training, and the rank below.
func counts() *Figure {
	f := sample("Rank probe", 2)
	for _, name := range []string{"CB", "CB, labels shuffled"} {
		p := Panel{Title: name, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Entries of Σ"}}
		p.Series = []Series{{Name: "positive"}, {Name: "negative"}}
		for step := 0; step <= 1600; step += 16 {
			n := math.Round(60 + 40*math.Exp(-float64(step)/300))
			p.Series[0].Points = append(p.Series[0].Points, Point{X: float64(step), Y: Summarize(n, n+2, n-3)})
			p.Series[1].Points = append(p.Series[1].Points, Point{X: float64(step), Y: Summarize(100-n, 102-n, 103-n)})
		}
		f.Panels = append(f.Panels, p)
	}
	for i := range 2 {
		s := Series{Name: "rank of P", Look: "rank", Points: f.Panels[i].Series[0].Points}
		f.Panels = append(f.Panels, Panel{Kind: Steps, X: f.Panels[i].X, Y: Axis{Label: "Rank"}, Series: []Series{s}})
	}
	return f
}

// sizes is as Figure 1: the paper's own averages over the size of the model, whose names are below their sizes.
func sizes() *Figure {
	f := &Figure{Title: "Score against model size", Provenance: Provenance{Scale: Published},
		Caption: "Average of eight tasks (Table 1)."}
	p := Panel{Kind: Lines, X: Axis{Label: "Parameters of the model", Log: true}, Y: Axis{Label: "Average score (%)"}}
	parameters := map[string]float64{"small": 60e6, "base": 220e6, "large": 770e6}
	for _, method := range []string{"DPT", "PT", "Residual PT"} {
		s := Series{Name: method}
		for _, row := range PaperTable1 {
			if row.Method == method {
				mean := meanAlone(3, row.Average)
				s.Points = append(s.Points, Point{X: parameters[row.Model], Y: mean})
			}
		}
		p.Series = append(p.Series, s)
	}
	for _, name := range []string{"small", "base", "large"} {
		p.X.Ticks = append(p.X.Ticks, Tick{parameters[name], "T5-" + name + "\n" + short(parameters[name])})
	}
	f.Panels = []Panel{p}
	return f
}

// tasks has one panel of eight names, too wide to be side by side, and a method that the house style does not know.
func tasks() *Figure {
	random := rand.New(rand.NewPCG(11, 12))
	f := sample("Eight tasks", 0)
	p := Panel{Kind: Bars, X: Axis{Label: "Task", Names: PaperTasks}, Y: Axis{Label: "Score (%)", Max: 100}}
	for _, name := range []string{"DPT", "PT", "Residual PT", "Fine-tuning", "my method"} {
		s := Series{Name: name}
		for i := range PaperTasks {
			s.Points = append(s.Points, Point{X: float64(i), Y: draws(random, 70, 3)})
		}
		p.Series = append(p.Series, s)
	}
	f.Panels = []Panel{p}
	return f
}

// logarithmic has logarithms on both axes, beside a level at no x: as lines with an error bar down to below zero, and
// cropped, with a region that is shaded and a note.
func logarithmic() *Figure {
	f := sample("Loss", 2)
	s := Series{Name: "DPT"}
	for _, x := range []float64{1, 10, 100, 1000, 10000} {
		s.Points = append(s.Points, Point{X: x, Y: Summarize(8/x, 12/x, 10/x)})
	}
	s.Points[2].Y = Summarize(0.001, 0.01, 0.3)
	level := Series{Name: "PT", Flat: true, Points: []Point{{Y: Summarize(0.02, 0.03)}}}
	axes := Panel{Title: "whole", Kind: Lines, X: Axis{Label: "Updates", Log: true}, Y: Axis{Label: "Loss",
		Log: true}, Series: []Series{s, level}}
	cropped := axes
	cropped.Title, cropped.Note, cropped.Kind, cropped.Regions = "cropped", "n = 277", Bands,
		[]Region{{0.1, 20, "warm-up"}}
	cropped.X.Min, cropped.X.Max, cropped.Y.Min, cropped.Y.Max = 2, 500, 0.01, 1
	f.Panels = []Panel{axes, cropped}
	return f
}

// methods returns a figure with many series, most of them unknown to the house style, in a style that the author chose.
func methods() *Figure {
	random := rand.New(rand.NewPCG(13, 14))
	f := sample("Methods", 2)
	f.Style = Style{Width: NeurIPSText, PanelHeight: 1.6 * Inch, TextSize: 7, Font: Serif, Key: KeyBelow, Bare: true,
		Looks: map[string]Look{"DPT": {Color: "#000000", Dashes: []vg.Length{}, Marker: "pentagon"}}}
	for _, title := range []string{"CB", "RTE"} {
		p := Panel{Title: title, Kind: Lines, X: Axis{Label: "Prompt length c"}, Y: Axis{Label: "Accuracy (%)"}}
		for i, name := range []string{"DPT", "PT", "DEPT", "LoPA", "P-tuning v2", "ACCEPT", "SMoP"} {
			s := Series{Name: name}
			for c := range 4 {
				s.Points = append(s.Points, Point{X: float64(20 + 60*c), Y: draws(random, float64(60+3*c+2*i), 1)})
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

var samples = map[string]func() *Figure{
	"bars": fewShot, "lines": sweep, "ranges": rangeSample, "steps": counts, "sizes": sizes, "tasks": tasks,
	"logarithmic": logarithmic, "styled": methods,
	"styled-mono": func() *Figure {
		f := methods()
		f.Style = Style{Font: Mono, TextSize: 6, Key: KeyInsideBottomRight, Width: ACLText, PanelHeight: 2 * Inch}
		return f
	},
	"one-panel": func() *Figure {
		f := must(sweep().Pick([]string{"CB"}, []string{"DPT", "Residual PT"}))
		f.Style = Style{Key: KeyNone, Width: 2 * Inch}
		return f
	},
}

func must(f *Figure, err error) *Figure {
	if err != nil {
		panic(fmt.Sprint("sample: ", err))
	}
	return f
}
