// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/runs"
	"dpt/superglue"
)

// Table2 is the data: how many examples each task has to train and to evaluate on, and what the majority class scores,
// which the paper doesn't print. At the toy scale it counts the look-alikes that this program makes; at the others the
// files that were fetched or that Options.Data names. It needs no run. The paper's own is a table beside it, with its
// slips.
//
//	go tool dpt figures table2
var Table2 = Artefact{
	Name: "table2", Title: "Data",
	About: `# Table 2: data

How many examples each task trains and evaluates on, and what always answering the most frequent class scores, which
the paper doesn't print: a method has to beat that. At the toy scale these are the look-alikes that this program
makes. The paper's table is below, with notes on its slips.`,
	Make: func(q *Query) []Result {
		return []Result{{Name: "table2", Table: q.data()}, {Name: "table2-published", Table: PaperData()}}
	},
}

func (q *Query) data() *Table {
	if q.store == nil {
		return nil
	}
	t := Table{Title: q.Title, Heads: []string{"Task"}, Columns: []string{"Train", "Dev", "Majority", "Type", "Metric"}}
	for _, d := range PaperTable2 {
		task, err := superglue.Lookup(d.Task)
		if err != nil {
			panic(err) // the table has no other tasks
		}
		cells := []Cell{{Text: "not at hand"}, {Text: "not at hand"}, {Text: "–"}}
		if train, dev, err := q.splits(task); err == nil {
			best := task.Statistics("val", dev, superglue.Format{}, func(string) int { return 0 })
			cells[0].Text, cells[1].Text = thousands(len(task.Training(train))), thousands(len(task.Evaluation(dev)))
			if best.Majority != nil {
				cells[2].Text = fmt.Sprintf("%.2f (%s)", best.Majority.Score.Value, best.Majority.Class)
			}
		}
		t.Rows = append(t.Rows, Row{Heads: []string{d.Task}, Cells: append(cells, Cell{Text: d.Type},
			Cell{Text: d.Metric})})
	}
	t.Caption = "Examples that are trained on and scored; what always answering the most frequent class scores."
	t.Provenance = Provenance{Scale: q.Scale}
	return &t
}

// splits returns a task's rows to train and to evaluate on.
func (q *Query) splits(task superglue.Task) (train, dev []superglue.Example, err error) {
	if train, err = runs.OpenSplit(q.Data, task, "train"); err != nil {
		return nil, nil, err
	}
	dev, err = runs.OpenSplit(q.Data, task, "val")
	return train, dev, err
}

// PaperData is the paper's Table 2 at the scale [Published].
func PaperData() *Table {
	t := &Table{Title: "Data, as published", Heads: []string{"Task"}, Columns: []string{"Train", "Dev", "Type",
		"Metric"}, Provenance: Provenance{Scale: Published}}
	for _, d := range PaperTable2 {
		cells := []Cell{{Text: thousands(d.Train), Note: d.Note}, {Text: thousands(d.Dev)}, {Text: d.Type},
			{Text: d.Metric}}
		t.Rows = append(t.Rows, Row{Heads: []string{d.Task}, Cells: cells})
	}
	return t
}
