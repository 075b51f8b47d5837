// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"strings"
)

// Fig01 is the average score of the eight tasks against the size of the model, for DPT, PT and Residual PT.
//
// The paper claims that DPT is the best of the three at each size (by 3.19, 7.58 and 2.64 points above PT) with the
// fewest parameters: 11.2K, 102K and 925K on T5-large. It is drawn from Table 1's runs and needs none of its own. At
// the toy scale the curves need not rise: the models differ in how well they were pre-trained, too.
//
//	go tool dpt sweep toy --only fig01
var Fig01 = Artefact{
	Name: "fig01", Title: "Average score against model size",
	About: `# Figure 1: average score against model size

The summary of Table 1: the average score of DPT, PT and Residual PT over all tasks, for three sizes of a frozen T5.
The paper claims that DPT is the best of the three at every size, with the fewest trained parameters (11.2K, 102K and
925K on T5-large).

Each point is the mean of Table 1's seeds; its error bar is the standard deviation over the seeds of the tasks' average.
The figure needs no runs but Table 1's. The second picture is drawn from the averages that the paper prints.
The notebooks ` + "`rates`, `starts`, `scales` and `budgets`" + ` have controls of the claim.`,
	Make: fig01,
}

func fig01(q *Query) []Result {
	tasks := q.Chosen(q.Tasks...)
	p := Panel{Kind: Lines, X: Axis{Label: "Parameters of the frozen model", Log: true},
		Y: Axis{Label: "Average score (%)"}}
	for i, name := range []string{"DPT", "PT", "Residual PT"} {
		s := Series{Name: name}
		for _, size := range q.sizes() {
			var cells []Measured
			for _, task := range tasks {
				method := q.prompts(size, q.Length, q.Bottleneck)[i]
				cells = append(cells, q.Score(Condition{Size: size, Task: task, Method: method,
					Seeds: q.mainSeeds(size)}))
			}
			config := q.config(size)
			s.Points = append(s.Points, Average(cells).At(float64(config.NumParameters())))
		}
		p.Series = append(p.Series, s)
	}
	for _, size := range q.sizes() {
		config := q.config(size)
		p.X.Ticks = append(p.X.Ticks, sizeTick(q.title(size), config.NumParameters()))
	}
	var counts []string
	for _, m := range q.prompts(large, q.Length, q.Bottleneck) {
		counts = append(counts, fmt.Sprintf("%s\u00a0%s", m.Name(),
			thousands(q.Trainable(Condition{Size: large, Method: m}))))
	}
	f := Figure{Title: q.Title, Columns: 1, Panels: []Panel{p}}
	f.Caption = fmt.Sprintf("Mean of %s. Trained on %s: %s.", tasksOf(tasks), q.title(large),
		strings.Join(counts, ", "))
	return []Result{{Name: "fig01", Figure: q.Figure(f)}, {Name: "fig01-published", Figure: publishedSizes()}}
}

// tasksOf names tasks in a caption.
func tasksOf(tasks []string) string {
	if len(tasks) == len(PaperTasks) {
		return "all eight tasks"
	}
	return strings.Join(tasks, ", ")
}

// sizeTick marks the size of a model with its name.
func sizeTick(name string, parameters int) Tick {
	return Tick{At: float64(parameters), Label: name + "\n" + short(float64(parameters))}
}

// publishedSizes is the figure from the averages that the paper's Table 1 prints.
func publishedSizes() *Figure {
	p := Panel{Kind: Lines, X: Axis{Label: "Parameters of the frozen model", Log: true},
		Y: Axis{Label: "Average score (%)"}}
	s := paperSetup()
	for _, method := range []string{"DPT", "PT", "Residual PT"} {
		series := Series{Name: method}
		for _, row := range PaperTable1 {
			if row.Method == method {
				config := s.config(row.Model)
				mean := meanAlone(3, row.Average)
				series.Points = append(series.Points, Point{X: float64(config.NumParameters()), Y: mean})
			}
		}
		p.Series = append(p.Series, series)
	}
	for _, size := range s.sizes() {
		config := s.config(size)
		p.X.Ticks = append(p.X.Ticks, sizeTick(s.title(size), config.NumParameters()))
	}
	return &Figure{Title: "Average score against model size, as published", Columns: 1, Panels: []Panel{p},
		Provenance: Provenance{Scale: Published},
		Caption:    "The averages of the paper's Table 1. Trained on T5-large: DPT 11.2K, PT 102K, Residual PT 925K."}
}
