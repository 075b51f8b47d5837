// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
)

// Probes is not in the paper: the count of Figure 3 with labels that can be learnt and with shuffled ones, on two
// models and at both scales of their embeddings, with as many seeds as Table 1 has, and the difference that the labels
// make.
//
//	go tool dpt sweep toy --only probes
var Probes = Artefact{
	Name: "probes", Title: "The rank probe at two scales",
	About: `# Control: the rank probe

**Claim.** The paper counts the positive entries of Σ in **P** = **U**·ReLU(**Σ**)·**V** while the probe trains, finds
that ever fewer remain, and takes it as a sign that a prompt's rank is low.

**Doubt.** An entry that reaches zero has no gradient from then on. Any noise of the optimizer takes entries away
for good, with or without something to learn.

**Control.** The same with the labels dealt out again among the examples, so that there is nothing to learn but their
frequencies; on two models and tasks, and at both scales of the embeddings. The table has how many entries are
positive in the end, and the difference that the labels make, seed by seed.

**What it says.** If as many entries go with shuffled labels, the count says nothing of what a task needs. **What it
cannot say:** whether a low rank is enough, for which see ` + "`ranks`" + `; and T5's own counts.`,
	Make: probes,
}

// atEnd returns the number of entries of Σ that are positive at the end.
func atEnd(r *runs.Record) float64 { return r.Probes[len(r.Probes)-1]["positive"] }

func probes(q *Query) []Result {
	f := Figure{Title: q.Title, Columns: 2}
	t := Table{
		Title: "Positive entries at the end", Show: Intervals, Decimals: 1,
		Heads:   []string{"Model", "Task", "Embeddings", seedsHead},
		Columns: []string{"labels as they are", "labels shuffled", "difference"}, Bold: differsInTable,
	}
	var differences []Measured
	shuffled := func(e *runs.Experiment) { e.ShuffleLabels = true }
	for _, of := range []struct{ size, task string }{{base, q.Chosen("CB")[0]}, {large, q.Chosen("WiC")[0]}} {
		if of.size == large && q.model(large) == q.model(base) {
			continue
		}
		for _, scale := range q.scales(of.size) {
			real := q.probe(of.size, of.task, prompt.UnitSigma, scale.change)
			none := q.probe(of.size, of.task, prompt.UnitSigma, changes(shuffled, scale.change))
			real.Seeds, none.Seeds = q.mainSeeds(of.size), q.mainSeeds(of.size)
			title := fmt.Sprintf("%s, %s, %s", of.task, q.title(of.size), scale.name)
			p := Panel{Title: title, Kind: Bands, X: Axis{Label: "Updates"}, Y: Axis{Label: "Positive entries of Σ"}}
			p.Series = []Series{
				{Name: "labels as they are", Look: "positive", Points: q.overTraining(real, "positive")},
				{Name: "labels shuffled", Look: "control", Points: q.overTraining(none, "positive")},
			}
			f.Panels = append(f.Panels, p)
			kept, left := q.Measure(real, atEnd), q.Measure(none, atEnd)
			row := Row{Group: of.size, Heads: []string{q.title(of.size), of.task, scale.name, ""}}
			row.Cells = []Cell{kept.Cell(), left.Cell()}
			differences = append(differences, kept.Less(left))
			t.Rows = append(t.Rows, row.count())
		}
	}
	for i, cell := range familyOf(differences) {
		t.Rows[i].Cells = append(t.Rows[i].Cells, cell)
	}
	f.Caption = fmt.Sprintf("Positive entries on the diagonal of Σ, of %d.", q.Length)
	t.Caption = fmt.Sprintf("Entries of %d.", q.Length)
	return []Result{{Name: "probes", Figure: q.Figure(f)}, {Name: "probes-kept", Table: q.Table(t)}}
}
