// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"math/rand/v2"
	"time"
)

var madeUp = Provenance{Scale: Toy, Commit: "0123abc", Device: "no device", Date: time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC), Specs: []string{"3f21", "9ac0"}}

// draws are three seeds about a mean.
func draws(random *rand.Rand, mean, sd float64) Summary {
	return Summarize(mean+sd*random.NormFloat64(), mean+sd*random.NormFloat64(), mean+sd*random.NormFloat64())
}

// fewShot has five panels of grouped bars, as Figure 4, two numbers missing.
func fewShot() *Figure {
	random := rand.New(rand.NewPCG(5, 6))
	f := &Figure{Title: "Few-shot, made up", Caption: "Made-up numbers, for a test of the drawing.", Full: true, Columns: 5, Provenance: madeUp}
	for i, task := range []string{"average of 8", "WiC", "CB", "RTE", "COPA"} {
		p := Panel{Title: task, Kind: Bars, X: Axis{Label: "Training examples", Names: []string{"8", "16", "32"}}, Y: Axis{Label: "Score (%)"}}
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

// sweep has four panels in a column's width, as Figure 5: lines with error bars, levels, a gap; the last has bands.
func sweep() *Figure {
	random := rand.New(rand.NewPCG(7, 8))
	f := &Figure{Title: "Bottleneck sweep, made up", Caption: "Made-up numbers, for a test of the drawing.", Columns: 2, Provenance: madeUp}
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
		case 3:
			p.Kind = Bands
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// ranges is as Figure 8, on a log axis, with a control.
func rangeSample() *Figure {
	random := rand.New(rand.NewPCG(9, 10))
	f := &Figure{Title: "Huge bottlenecks, made up", Caption: "Made-up numbers, for a test of the drawing.", Columns: 1, Provenance: madeUp}
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
	f := &Figure{Title: "Rank probe, made up", Caption: "Made-up numbers, for a test of the drawing.", Columns: 2, Provenance: madeUp}
	for _, name := range []string{"CB", "CB, labels shuffled"} {
		p := Panel{Title: name, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Entries of Σ"}, Series: []Series{{Name: "positive"}, {Name: "negative"}}}
		for step := 0; step <= 1600; step += 16 {
			positive := math.Round(60 + 40*math.Exp(-float64(step)/300))
			p.Series[0].Points = append(p.Series[0].Points, Point{X: float64(step), Y: Summarize(positive, positive+2, positive-3)})
			p.Series[1].Points = append(p.Series[1].Points, Point{X: float64(step), Y: Summarize(100-positive, 98-positive, 103-positive)})
		}
		f.Panels = append(f.Panels, p)
	}
	for i := range 2 {
		rank := Panel{Kind: Steps, X: f.Panels[i].X, Y: Axis{Label: "Rank"}, Series: []Series{{Name: "rank of P", Look: "rank", Points: f.Panels[i].Series[0].Points}}}
		f.Panels = append(f.Panels, rank)
	}
	return f
}

// sizes is as Figure 1: the paper's own averages over the size of the model.
func sizes() *Figure {
	f := &Figure{Title: "Score against model size", Columns: 1, Provenance: Provenance{Scale: Published}, Caption: "Average of eight tasks (Table 1)."}
	p := Panel{Kind: Lines, X: Axis{Label: "Parameters of the model", Log: true}, Y: Axis{Label: "Average score (%)"}}
	for _, method := range []string{"DPT", "PT", "Residual PT"} {
		s := Series{Name: method}
		for _, row := range PaperTable1 {
			if row.Method == method {
				s.Points = append(s.Points, Point{X: map[string]float64{"small": 60e6, "base": 220e6, "large": 770e6}[row.Model], Y: Summary{N: 3, Mean: row.Average, Min: row.Average, Max: row.Average}})
			}
		}
		p.Series = append(p.Series, s)
	}
	f.Panels = []Panel{p}
	return f
}

// tasks has one panel of eight names, too wide to stand side by side.
func tasks() *Figure {
	random := rand.New(rand.NewPCG(11, 12))
	f := &Figure{Title: "Eight tasks, made up", Caption: "Made-up numbers.", Columns: 1, Provenance: madeUp}
	p := Panel{Kind: Bars, X: Axis{Label: "Task", Names: PaperTasks}, Y: Axis{Label: "Score (%)", Max: 100}}
	for _, s := range []Series{{Name: "DPT"}, {Name: "PT"}, {Name: "Residual PT"}, {Name: "Fine-tuning"}, {Name: "labels shuffled", Look: "control"}} {
		for i := range PaperTasks {
			s.Points = append(s.Points, Point{X: float64(i), Y: draws(random, 70, 3)})
		}
		p.Series = append(p.Series, s)
	}
	f.Panels = []Panel{p}
	return f
}

var samples = map[string]*Figure{"bars": fewShot(), "lines": sweep(), "ranges": rangeSample(), "steps": counts(), "sizes": sizes(), "tasks": tasks()}
