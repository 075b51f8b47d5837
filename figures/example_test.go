// SPDX-License-Identifier: Apache-2.0

package figures_test

import (
	"fmt"
	"log"
	"math"

	"dpt/figures"
)

// Two methods over training, each a line in the band of its standard deviation, for one column of an ACL paper: in
// the paper's Times, without a caption of its own, one method in a colour of the author's. The files are a PDF to
// include, an SVG, a PNG, and the numbers as CSV and JSON.
func ExampleFigure() {
	accuracy := func(top, speed float64) (points []figures.Point) {
		for epoch := 1.0; epoch <= 10; epoch++ {
			score := top - 40*math.Exp(-speed*epoch)
			seeds := figures.Summarize(score-4/epoch, score+1, score+3/epoch)
			points = append(points, figures.Point{X: epoch, Y: seeds})
		}
		return points
	}
	f := &figures.Figure{
		Title: "Accuracy over training",
		Panels: []figures.Panel{{
			Kind: figures.Bands,
			X:    figures.Axis{Label: "Epoch"},
			Y:    figures.Axis{Label: "Accuracy (%)"},
			Series: []figures.Series{
				{Name: "DPT", Points: accuracy(90, 0.4)},
				{Name: "my method", Points: accuracy(84, 0.9)},
			},
		}},
		Style: figures.Style{
			Width: figures.ACLColumn, Font: figures.Serif, TextSize: 9, Key: figures.KeyInsideBottomRight, Bare: true,
			Looks: map[string]figures.Look{"my method": {Color: "#7B3294", Marker: "star"}},
		},
		Provenance: figures.Provenance{Scale: figures.MadeUp},
	}
	if _, err := f.Export("../build/examples/bands"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.FullCaption()) // for the paper's own caption
	// Output: made up: mean ± sd of 3 seeds.
}

// Bars in groups, one group a task, with error bars; the number of one method on one task is missing.
func ExampleFigure_bars() {
	scores := map[string][][]float64{ // by method: of each task those of three seeds
		"DPT":         {{78, 80, 79}, {71, 69, 73}, {88, 85, 89}},
		"PT":          {{74, 75, 70}, {66, 68, 67}, {}},
		"Residual PT": {{75, 77, 79}, {70, 68, 69}, {80, 86, 83}},
	}
	p := figures.Panel{
		Kind: figures.Bars,
		X:    figures.Axis{Names: []string{"WSC", "WiC", "CB"}},
		// bars that do not start at zero: say so in the caption
		Y: figures.Axis{Label: "Accuracy (%)", Min: 50, Max: 100},
	}
	for _, method := range []string{"DPT", "PT", "Residual PT"} {
		s := figures.Series{Name: method}
		for i, seeds := range scores[method] {
			s.Points = append(s.Points, figures.Point{X: float64(i), Y: figures.Summarize(seeds...)})
		}
		p.Series = append(p.Series, s)
	}
	f := &figures.Figure{
		Title: "Three tasks", Caption: "The axis starts at 50.", Panels: []figures.Panel{p},
		Provenance: figures.Provenance{Scale: figures.MadeUp},
	}
	if _, err := f.Export("../build/examples/bars"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.FullCaption())
	// Output: made up: mean ± sd of 3 seeds. The axis starts at 50. Not run: 1 of 9 numbers.
}

// Counts over training; each holds until the next.
func ExampleFigure_steps() {
	var alive, dead []figures.Point
	for update := 0.0; update <= 400; update += 50 {
		n := math.Round(60 + 40*math.Exp(-update/100))
		alive = append(alive, figures.Point{X: update, Y: figures.Summarize(n, n-4, n-2)})
		dead = append(dead, figures.Point{X: update, Y: figures.Summarize(100-n, 104-n, 102-n)})
	}
	f := &figures.Figure{
		Title: "Entries of Σ",
		Panels: []figures.Panel{{
			Kind: figures.Steps, X: figures.Axis{Label: "Updates"}, Y: figures.Axis{Label: "Entries of Σ"},
			Series: []figures.Series{{Name: "positive", Points: alive}, {Name: "negative", Points: dead}},
		}},
		Provenance: figures.Provenance{Scale: figures.MadeUp},
	}
	if _, err := f.Export("../build/examples/steps"); err != nil {
		log.Fatal(err)
	}
	// Output:
}

// Small multiples as wide as a NeurIPS page: a panel for each task, with the number of its development examples, over
// a logarithmic axis. A level without an x is compared with, and the lengths at which the method saves nothing are
// shaded.
func ExampleFigure_panels() {
	f := &figures.Figure{
		Title: "Prompt length", Columns: 3,
		Style:      figures.Style{Width: figures.NeurIPSText, Key: figures.KeyBelow},
		Provenance: figures.Provenance{Scale: figures.MadeUp},
	}
	for i, task := range []string{"CB", "RTE", "BoolQ"} {
		p := figures.Panel{
			Title: task, Note: fmt.Sprintf("%d examples", []int{56, 277, 3270}[i]), Kind: figures.Lines,
			X:       figures.Axis{Label: "Prompt length c", Log: true, Min: 4, Max: 250},
			Y:       figures.Axis{Label: "Accuracy (%)"},
			Regions: []figures.Region{{From: 4, To: 10, Label: "c ≤ b: nothing is saved"}},
		}
		s := figures.Series{Name: "DPT"}
		for _, c := range []float64{5, 10, 20, 100, 200} {
			score := 60 + 5*float64(i) + 4*math.Log(c)
			s.Points = append(s.Points, figures.Point{X: c, Y: figures.Summarize(score-2, score, score+1)})
		}
		level := figures.Series{Name: "PT, c = 100", Look: "PT", Flat: true}
		level.Points = []figures.Point{{Y: figures.Summarize(75, 76, 78)}}
		p.Series = []figures.Series{s, level}
		f.Panels = append(f.Panels, p)
	}
	if _, err := f.Export("../build/examples/panels"); err != nil {
		log.Fatal(err)
	}
	// Output:
}

// A table as a bare tabular, for a float of the author's own; what is bold is the author's to decide, and to say.
func ExampleTable() {
	above := figures.PairedT(figures.Summarize(80-70, 81-71.5, 82-71)) < 0.05
	t := &figures.Table{
		Bold:  "above PT, paired t-test over seeds, p < 0.05",
		Title: "Results", Heads: []string{"Method"}, Columns: []string{"CB", "MultiRC"}, Metrics: []string{"Acc", "F1"},
		Rows: []figures.Row{
			{Heads: []string{"DPT"}, Cells: []figures.Cell{
				{Ours: figures.Summarize(80, 81, 82), Bold: above}, {Ours: figures.Summarize(60, 48, 69)},
			}},
			{Heads: []string{"PT"}, Cells: []figures.Cell{{Ours: figures.Summarize(70, 71.5, 71)}, {Text: "diverged"}}},
		},
		Provenance: figures.Provenance{Scale: figures.MadeUp},
	}
	tabular, err := t.Tabular()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", tabular)
	// Output:
	// % scale: made up
	// % needs \usepackage{booktabs}
	// % made up: mean ± sd of 3 seeds. Bold: above PT, paired t-test over seeds, p < 0.05.
	// \begin{tabular}{@{}lrr@{}}
	// \toprule
	// Method & CB & MultiRC \\
	//  & Acc & F1 \\
	// \midrule
	// DPT & \textbf{81.00}\,$\pm$\,1.00 & 59.00\,$\pm$\,10.54 \\
	// PT & 70.83\,$\pm$\,0.76 & diverged \\
	// \bottomrule
	// \end{tabular}
}
