// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"fmt"

	"dpt/superglue"
)

// Fig05 is DPT's score over its bottleneck b on T5-large, at c = 100, beside PT and Residual PT, which have none.
//
// The paper says that DPT is better than both for quite a few b from 4 to 14 and that it drops at small b, and chooses
// b = 10. It plots the numbers but does not print them. Expect a curve that is flat within its error bars from some
// small b on. 15 H100-hours at the paper's scale, 10 of them for runs that Table 1 lacks (estimated).
//
//	go tool dpt sweep toy --only fig05
var Fig05 = Artefact{
	Name: "fig05", Title: "Bottleneck",
	About: `# Figure 5: the bottleneck

DPT's score over its bottleneck *b* at a fixed prompt length, on the largest model, beside PT and Residual PT, which
have no *b* and are drawn as levels with a band of one standard deviation. The paper says that DPT
is better than both for quite a few *b* from 4 to 14 and drops at small *b*, and takes *b* = 10.
The notebooks ` + "`starts` and `ranks`" + ` have controls: DPT at full rank, and what rank a trained prompt needs.`,
	Make: func(q *Query) []Result { return q.bottlenecks("fig05", large) },
}

// bottlenecks is a panel for each task.
func (q *Query) bottlenecks(name, size string) []Result {
	f := Figure{Title: fmt.Sprintf("Bottleneck, %s", q.title(size)), Columns: 2}
	for _, task := range q.Chosen("WiC", "CB", "RTE", "COPA") {
		p := Panel{Title: task, Kind: Lines, X: Axis{Label: "Bottleneck b"}, Y: Axis{Label: scoreOf(task)}}
		s := Series{Name: "DPT"}
		for _, b := range q.Bottlenecks {
			s.Points = append(s.Points, q.Score(Condition{Size: size, Task: task,
				Method: dpt(q.Length, b)}).At(float64(b)))
		}
		p.Series = append(p.Series, s)
		for _, method := range q.prompts(size, q.Length, q.Bottleneck)[1:] {
			level := q.Score(Condition{Size: size, Task: task, Method: method}).At(0)
			p.Series = append(p.Series, Series{Name: method.Name(), Flat: true, Points: []Point{level}})
		}
		p.Note = q.Examples(Condition{Size: size, Task: task, Method: dpt(q.Length, q.Bottleneck)})
		f.Panels = append(f.Panels, p)
	}
	f.Caption = fmt.Sprintf("%s, c = %d.", q.title(size), q.Length)
	return []Result{{Name: name, Figure: q.Figure(f)}}
}

// metricsOf returns the metrics of a table's columns of tasks; a column of averages has none.
func metricsOf(columns []string) (metrics []string) {
	for _, column := range columns {
		metric := ""
		if task, err := superglue.Lookup(column); err == nil {
			metric = cmp.Or(task.Table2.Metric, task.Metric)
		}
		metrics = append(metrics, metric)
	}
	return metrics
}

// scoreOf labels the axis of a task's score.
func scoreOf(name string) string {
	task, err := superglue.Lookup(name)
	if err != nil {
		return "Score (%)"
	}
	return task.Metric + " (%)"
}
