// SPDX-License-Identifier: Apache-2.0

package figures_test

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/figures"
)

// An artefact of your own asks a query for the scores that it needs, and makes figures and tables of them. The scale's
// setup gives it models, seeds and lengths, and it is drawn from records as the paper's are; registered, it is part of
// dpt sweep and dpt figures, too.
func ExampleRegister() {
	slim := figures.Register(figures.Artefact{
		Name: "slim", Title: "Slim bottlenecks",
		Make: func(q *figures.Query) []figures.Result {
			p := figures.Panel{Kind: figures.Lines, X: figures.Axis{Label: "Bottleneck b"},
				Y: figures.Axis{Label: "Accuracy (%)"}}
			s := figures.Series{Name: "DPT"}
			for _, b := range q.Bottlenecks[:3] {
				method := prompt.DPT{Length: q.Length, Bottleneck: b, Start: prompt.Uniform}
				score := q.Score(figures.Condition{Size: "large", Task: "WiC", Method: method})
				s.Points = append(s.Points, score.At(float64(b)))
			}
			p.Series = []figures.Series{s}
			return []figures.Result{{Name: "slim", Figure: q.Figure(figures.Figure{Panels: []figures.Panel{p}})}}
		},
	})
	store, err := figures.OpenStore("runs/toy")
	if err != nil {
		panic(err)
	}
	results, err := slim.Results(store, figures.Options{Setup: figures.Toy})
	if err != nil {
		panic(err)
	}
	if _, err := results[0].Figure.Export("../build/examples/slim"); err != nil {
		panic(err)
	}
	for _, p := range results[0].Figure.Panels[0].Series[0].Points {
		fmt.Println("b =", p.X, "of", p.Y.N, "seeds")
	}
	// Output:
	// b = 1 of 3 seeds
	// b = 2 of 3 seeds
	// b = 4 of 3 seeds
}
