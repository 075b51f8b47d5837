// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
)

// Methods is not in the paper: DPT among the methods that came after it, and LoRA and (IA)³, in one trainer, on the
// same data and with one way to count parameters. The figure has the mean score over the number of trained parameters.
//
// At the paper's scale methods have the sizes and learning rates of their own papers; on a toy model they have about as
// many parameters as its PT, if their sizes allow it.
//
//	go tool dpt sweep toy --only methods
var Methods = Artefact{
	Name: "methods", Title: "The field beside DPT",
	About: `# The field beside DPT

The published tables of DPT's successors copy each other's columns, and differ in protocol: which rows are selected
on, how long is trained, what WSC asks for. Here all methods have one trainer, one data path and one way to count
what they train.

**Claim.** Each method's paper finds it better than prompt tuning at the same number of parameters, or as good with
fewer.

**Doubt.** Each is tuned by its authors, the others mostly quoted. The only re-run of DPT on T5 that was found (ULPT's)
has it below prompt tuning; the last table has it.

**Control.** The same updates, batches and seeds for all; each at the learning rate of its own release, which is not
tuned to these tasks. The line is the Pareto front: methods that no other beats with as few parameters. The second table
has differences to PT and to DPT, seed by seed. Two methods choose a prompt for each row, and the third table has how
often they choose which: a router that always chooses the same is one prompt.

**What it says.** On the toy scale, whether the implementations do as their formulas say. **What it cannot say:** the
methods' order on T5. The toys are small, their runs short, and rates were chosen by the methods'
authors for 30,000 updates and more.`,
	Make: fieldOfMethods,
}

func fieldOfMethods(q *Query) []Result {
	size, tasks := q.ControlSize, q.Chosen(q.Tasks...)
	list := q.field(size)
	scores := make([][]Measured, len(list))
	for i, method := range list {
		for _, task := range tasks {
			scores[i] = append(scores[i], q.Score(q.fieldCondition(size, task, method)))
		}
	}
	results := []Result{
		{Name: "methods", Figure: q.fieldFigure(size, tasks, list, scores)},
		{Name: "methods-scores", Table: q.fieldScores(size, tasks, list, scores)},
		{Name: "methods-differences", Table: q.fieldDifferences(size, tasks, list, scores)},
		{Name: "methods-choices", Table: q.fieldChoices(size, tasks, list)},
		{Name: "methods-parameters", Table: fieldParameters()},
	}
	return append(results, Result{Name: "methods-published", Table: publishedField()})
}

// field returns the methods: those of the paper first, then other prompts, then methods that act elsewhere.
func (s Setup) field(size string) []prompt.Method {
	c, b := s.Length, s.Bottleneck
	list := []prompt.Method{pt(c), s.residual(size, c), dpt(c, b)}
	dept, adept := registered("DePT").(prompt.DePT), registered("ADePT").(prompt.ADePT)
	if strings.HasPrefix(s.model(size), "toy") {
		dept.Length, dept.Bottleneck, dept.Start = 12, 2, prompt.Frequent
		adept.Length, adept.Bottleneck, adept.Start = 12, 3, prompt.Frequent
		moe := registered("PT-MoE").(prompt.PTMoE)
		moe.Length, moe.Bottleneck = c, b
		list = append(list, ulpt(c, 2), ulpt(c, 16), prompt.SuperPos{Length: c, Tokens: 32, Offset: true},
			prompt.PTuning{Length: c}, dept, adept, registered("SMoP"), moe)
	} else {
		dept.Bottleneck = map[int]int{512: 26, 768: 30, 1024: 32}[s.config(size).DModel] // as many as 100 vectors train
		list = append(list, ulpt(c, 2), ulpt(c, 64), registered("SuperPos"), registered("P-tuning"), dept, adept,
			registered("SMoP"), registered("PT-MoE"))
	}
	list = append(list, registered("LoRA"), registered("(IA)3"))
	return append(list, s.fineTuned(size)...)
}

func ulpt(c, r int) prompt.Method {
	return prompt.ULPT{Length: c, Bottleneck: r, Basis: prompt.Xavier, Scale: true, Shift: true}
}

// registered returns a method of package prompt as it is registered, with the sizes of its own paper.
func registered(name string) prompt.Method {
	method, err := prompt.Named(name)
	if err != nil {
		panic(err)
	}
	return method
}

// fieldName returns a method's name, and its bottleneck if the list has several of them.
func fieldName(method prompt.Method) string {
	if u, ok := method.(prompt.ULPT); ok {
		return fmt.Sprintf("%s, r = %d", u.Name(), u.Bottleneck)
	}
	return method.Name()
}

// fieldCondition returns the condition of a method's score on a task. Whole models have the setup's seeds, as in Table
// 1.
func (q *Query) fieldCondition(size, task string, method prompt.Method) Condition {
	c := Condition{Size: size, Task: task, Method: method, Seeds: q.FieldSeeds}
	if _, whole := prompt.As[prompt.WholeModel](method); whole {
		c.Seeds = nil
	}
	return c
}

// fieldFigure has the mean score over the tasks, and the scores on the controls' tasks, over the trained parameters.
func (q *Query) fieldFigure(size string, tasks []string, list []prompt.Method, scores [][]Measured) *Figure {
	f := Figure{Title: q.Title, Full: true}
	panel := func(title, label string, of func(i int) Measured) {
		p := Panel{Title: title, Kind: Lines, X: Axis{Label: "Trained parameters", Log: true}, Y: Axis{Label: label}}
		front := Series{Name: "Pareto front", Look: "rank"}
		for i, method := range list {
			at := of(i).At(float64(q.Trainable(q.fieldCondition(size, tasks[0], method))))
			if at.X == 0 {
				continue // for a method that cannot tell before it has been run
			}
			front.Points = append(front.Points, at)
			if k := slices.IndexFunc(p.Series, func(s Series) bool { return s.Name == method.Name() }); k >= 0 {
				p.Series[k].Points = append(p.Series[k].Points, at)
				continue
			}
			p.Series = append(p.Series, Series{Name: method.Name(), Points: []Point{at}})
		}
		if front.Points = paretoFront(front.Points); len(front.Points) > 1 {
			p.Series = append([]Series{front}, p.Series...)
		}
		f.Panels = append(f.Panels, p)
	}
	if len(tasks) > 1 {
		title := fmt.Sprintf("mean of %d tasks", len(tasks))
		panel(title, "Score (%)", func(i int) Measured { return Average(scores[i]) })
	}
	for _, task := range q.Chosen(controlTasks...) {
		if at := slices.Index(tasks, task); at >= 0 {
			panel(task, scoreOf(task), func(i int) Measured { return scores[i][at] })
		}
	}
	f.Columns = min(2, len(f.Panels))
	f.Caption = fmt.Sprintf("%s, c = %d; each method at its release's learning rate.", q.title(size), q.Length)
	return q.Figure(f)
}

// paretoFront returns the points that have a higher mean than every point with as few or fewer x, in ascending order,
// without their deviations.
func paretoFront(points []Point) (front []Point) {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(b.Y.Mean, a.Y.Mean))
	})
	best := math.Inf(-1)
	for _, p := range sorted {
		if p.Y.N > 0 && p.Y.Mean > best {
			best = p.Y.Mean
			front = append(front, Point{X: p.X, Y: meanAlone(p.Y.N, best)})
		}
	}
	return front
}

// fieldScores returns a table of all scores.
func (q *Query) fieldScores(size string, tasks []string, list []prompt.Method, scores [][]Measured) *Table {
	t := Table{Title: "Scores", Heads: []string{"Method", "#Train", seedsHead}, Columns: columnsOf(tasks)}
	floors := q.floors(tasks)
	for i, method := range list {
		trained := thousands(q.Trainable(q.fieldCondition(size, tasks[0], method)))
		row := Row{Heads: []string{fieldName(method), trained, ""}, Cells: floors.cells(tasks, scores[i])}
		t.Rows = append(t.Rows, row.count())
	}
	t.Metrics = metricsOf(t.Columns)
	t.Caption = fmt.Sprintf("%s. Best evaluation on the development split, in percent.", q.title(size))
	return q.Table(t)
}

// fieldDifferences returns a table of each method's scores minus those of PT and of DPT, seed by seed.
func (q *Query) fieldDifferences(size string, tasks []string, list []prompt.Method, scores [][]Measured) *Table {
	t := Table{
		Title: "Differences", Heads: []string{"Difference", seedsHead}, Columns: columnsOf(tasks),
		Show: Intervals, Bold: differs,
	}
	for _, from := range []string{"PT", "DPT"} {
		at := slices.IndexFunc(list, func(m prompt.Method) bool { return m.Name() == from })
		for i, method := range list {
			if i == at {
				continue
			}
			row := Row{Group: from, Heads: []string{fieldName(method) + " − " + from, ""}}
			for _, c := range compare(withAverage(scores[i]), withAverage(scores[at]), len(tasks)) {
				row.Cells = append(row.Cells, c.cell())
			}
			t.Rows = append(t.Rows, row.count())
		}
	}
	t.Caption = fmt.Sprintf("%s. Points, best evaluations. The intervals are of each difference by itself.",
		q.title(size))
	return q.Table(t)
}

// fieldChoices returns a table of how often the methods with a router choose each of their prompts.
func (q *Query) fieldChoices(size string, tasks []string, list []prompt.Method) *Table {
	t := Table{
		Title: "Which prompt a router chooses", Heads: []string{"Method", "Prompt"}, Columns: slices.Clone(tasks),
		Decimals: 1,
	}
	for _, method := range list {
		router, ok := prompt.As[prompt.Router](method)
		if !ok {
			continue
		}
		for k := range router.Choices() {
			row := Row{Group: method.Name(), Heads: []string{method.Name(), fmt.Sprint(k + 1)}}
			for _, task := range tasks {
				share := q.Measure(q.fieldCondition(size, task, method), func(r *runs.Record) float64 {
					return chosenShare(r, k, router.Choices())
				})
				row.Cells = append(row.Cells, share.Cell())
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Caption = fmt.Sprintf("%s. Percent of the development rows at the last evaluation. Numbers say nothing by "+
		"themselves: in another seed another prompt may have another's part.", q.title(size))
	return q.Table(t)
}

// chosenShare returns the share of development rows, in percent, that got prompt k at the last evaluation.
func chosenShare(r *runs.Record, k, choices int) float64 {
	if len(r.Probes) == 0 {
		return 0
	}
	all, last := 0.0, r.Probes[len(r.Probes)-1]
	for i := range choices {
		all += last[fmt.Sprintf("prompt %d", i)]
	}
	return 100 * last[fmt.Sprintf("prompt %d", k)] / max(1, all)
}

// fieldParameters counts the parameters that each method trains on T5, in the sizes of its own paper.
func fieldParameters() *Table {
	t := &Table{
		Title: "Trained parameters on T5 v1.0", Heads: []string{"Method"}, Columns: []string{small, base, large},
		Caption:    "Each method's formula, with the sizes of its own paper.",
		Provenance: Provenance{Scale: Paper},
	}
	s := paperSetup()
	for i, method := range s.field(base) {
		row := Row{Heads: []string{fieldName(method)}}
		for _, size := range t.Columns {
			count := s.field(size)[i].(prompt.Counter).Parameters(s.config(size))
			row.Cells = append(row.Cells, Cell{Text: thousands(count)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
