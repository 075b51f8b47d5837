// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/fetch"
	"dpt/superglue"
	"dpt/superglue/lookalike"
)

// Table2 is the data: how many examples each task has to train and to evaluate on, and what the majority class scores, which
// the paper doesn't print. At the toy scale it counts the look-alikes that this program makes; at the others the files that
// were fetched or that Options.Data names. It needs no run. The paper's own is a table beside it, with its slips.
//
//	go run ./dptlib/cmd/dpt figures table2
var Table2 = Artefact{Name: "table2", Title: "Data", make: func(l *lookup) []Result {
	return []Result{{Name: "table2", Table: l.data()}, {Name: "table2-published", Table: PaperData()}}
}}

func (l *lookup) data() *Table {
	if l.store == nil {
		return nil
	}
	t := Table{Title: l.artefact.Title, Heads: []string{"Task"}, Columns: []string{"Train", "Dev", "Majority", "Type", "Metric"}}
	for _, d := range PaperTable2 {
		task, err := superglue.Lookup(d.Task)
		if err != nil {
			panic(err) // the table has no other tasks
		}
		cells := []Cell{{Text: "not at hand"}, {Text: "not at hand"}, {Text: "–"}}
		if train, dev, err := l.splits(task); err == nil {
			best := task.Statistics("val", dev, superglue.Format{}, func(string) int { return 0 })
			cells[0].Text, cells[1].Text = thousands(len(task.Training(train))), thousands(len(task.Evaluation(dev)))
			if best.Majority != nil {
				cells[2].Text = fmt.Sprintf("%.2f (%s)", best.Majority.Score.Value, best.Majority.Class)
			}
		}
		t.Rows = append(t.Rows, Row{Heads: []string{d.Task}, Cells: append(cells, Cell{Text: d.Type}, Cell{Text: d.Metric})})
	}
	t.Caption = "Examples that are trained on and scored; what always answering the most frequent class scores."
	t.Provenance = Provenance{Scale: l.Scale}
	return &t
}

// splits are a task's rows to train and to evaluate on.
func (l *lookup) splits(task superglue.Task) (train, dev []superglue.Example, err error) {
	if l.Data == "toy" {
		if train, err = lookalike.Split(task.Name, "train", 1); err != nil {
			return nil, nil, err
		}
		dev, err = lookalike.Split(task.Name, "val", 1)
		return train, dev, err
	}
	dir := l.Data
	if dir == "" {
		if dir, err = fetch.FindSuperGLUE(task); err != nil {
			return nil, nil, err
		}
	}
	if train, err = task.ReadSplit(dir, "train"); err != nil {
		return nil, nil, err
	}
	dev, err = task.ReadSplit(dir, "val")
	return train, dev, err
}

// PaperData is the paper's Table 2 at the scale [Published].
func PaperData() *Table {
	t := &Table{Title: "Data, as published", Heads: []string{"Task"}, Columns: []string{"Train", "Dev", "Type", "Metric"}, Provenance: Provenance{Scale: Published}}
	for _, d := range PaperTable2 {
		cells := []Cell{{Text: thousands(d.Train), Note: d.Note}, {Text: thousands(d.Dev)}, {Text: d.Type}, {Text: d.Metric}}
		t.Rows = append(t.Rows, Row{Heads: []string{d.Task}, Cells: cells})
	}
	return t
}
