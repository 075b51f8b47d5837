// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
)

// tuned is a method on a task: at the paper's learning rate, and at the one that is best on the development split.
type tuned struct {
	rate                float64 // the best one; 0 if one of the rates has not been run
	usualDev, usualTest Measured
	dev, test           Measured // at the best rate
}

// tune finds the best rate of each prompt method on each task. Without a split to test on, test is dev.
func (q *Query) tune(size string, tasks []string) [][]tuned {
	var all [][]tuned // of each method
	for _, method := range q.prompts(size, q.Length, q.Bottleneck) {
		var list []tuned
		for _, task := range tasks {
			list = append(list, q.tuneOne(Condition{Size: size, Task: task, Method: method}))
		}
		all = append(all, list)
	}
	return all
}

func (q *Query) tuneOne(c Condition) tuned {
	best, whole := tuned{}, true
	for _, r := range q.Rates {
		c.Change = Rate(r)
		dev := q.Score(c)
		c.Change = changes(Rate(r), q.onTest)
		test := q.Score(c)
		if r == paperRate {
			best.usualDev, best.usualTest = dev, test
		}
		whole = whole && len(dev.Values) > 0
		if best.rate == 0 || dev.Summary().Mean > best.dev.Summary().Mean {
			best.rate, best.dev, best.test = r, dev, test
		}
	}
	if !whole { // the best of some would look like that of all
		best.rate, best.dev, best.test = 0, Measured{hours: best.dev.hours}, Measured{hours: best.test.hours}
	}
	return best
}

// column returns a number of a method on each task.
func column(method []tuned, number func(tuned) Measured) (list []Measured) {
	for _, best := range method {
		list = append(list, number(best))
	}
	return list
}

// chosenRates has a row for each task and method, and the mean of the tasks.
func (q *Query) chosenRates(size string, tasks []string) *Table {
	t := Table{Title: "Rate chosen on the development split", Heads: []string{"Task", "Method", "Rate"}}
	var numbers []func(tuned) Measured
	for _, c := range []struct {
		name   string
		onTest bool
		number func(tuned) Measured
	}{
		{"dev, 0.3", false, func(b tuned) Measured { return b.usualDev }},
		{"test, 0.3", true, func(b tuned) Measured { return b.usualTest }},
		{"dev, own", false, func(b tuned) Measured { return b.dev }},
		{"test, own", true, func(b tuned) Measured { return b.test }},
		{"optimism", true, func(b tuned) Measured { return b.dev.Less(b.test) }},
	} {
		if q.Test != "" || !c.onTest {
			t.Columns, numbers = append(t.Columns, c.name), append(numbers, c.number)
		}
	}
	all := q.tune(size, tasks)
	groups := slices.Clone(tasks)
	if len(tasks) > 1 {
		groups = append(groups, "mean")
	}
	for i, group := range groups {
		for j, method := range q.prompts(size, q.Length, q.Bottleneck) {
			row := Row{Group: group, Heads: []string{group, method.Name(), "each its own"}}
			if i < len(tasks) {
				row.Heads[2] = nothing
				if rate := all[j][i].rate; rate > 0 {
					row.Heads[2] = short(rate)
				}
			}
			for _, number := range numbers {
				row.Cells = append(row.Cells, withAverage(column(all[j], number))[i].Cell())
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Caption = fmt.Sprintf("%s, c = %d, b = %d. Scores in percent. A method's own rate on a task is that of %d whose "+
		"mean on the development split is the best.", q.title(size), q.Length, q.Bottleneck, len(q.Rates))
	if q.Test != "" {
		t.Caption += " Optimism is dev − test at it: evaluation and rate were chosen on the development split."
	}
	return q.Table(t)
}

// rateDifferences returns a table of DPT's scores minus the others' at the paper's rate, and with each method at its
// own on each task.
func (q *Query) rateDifferences(size string, tasks []string) *Table {
	var all []atRates
	methods := q.tune(size, tasks)
	for j, method := range q.prompts(size, q.Length, q.Bottleneck) {
		all = append(all, atRates{method: method.Name(),
			papers: column(methods[j], func(b tuned) Measured { return b.usualTest }),
			its:    column(methods[j], func(b tuned) Measured { return b.test })})
	}
	caption := ", points on the test side, on which neither evaluation nor rate was chosen."
	if q.Test == "" {
		caption = ", points on the development split, on which evaluation and rate were chosen."
	}
	return q.byRate("DPT minus the other methods, by learning rate", q.title(size)+caption, tasks, all)
}
