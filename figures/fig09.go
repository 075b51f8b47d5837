// SPDX-License-Identifier: Apache-2.0

package figures

import "dpt/dptlib/prompt"

// Fig09 is Figure 3 on other tasks and another size, and below each the numerical rank of the prompt U·ReLU(Σ)·V:
// singular values above the largest times max(e, c)·2⁻²³, as NumPy counts for float32. The paper doesn't name the tasks
// or models.
//
// The paper claims that the rank falls with the positive entries. It must: the rank of a product is at most that of Σ.
// What this says about the prompt's own rank is the question of Figure 3's controls. One H100-hour at the paper's scale
// (estimated).
//
//	go tool dpt sweep toy --only fig09
var Fig09 = Artefact{
	Name: "fig09", Title: "Rank probe on other tasks and models",
	About: `# Figure 9: the rank probe on other tasks and models

Figure 3 on other tasks and another model. Above: entries of Σ above and below zero. Below: the numerical rank of the
prompt, singular values above the largest times max(*e*, *c*)·2⁻²³. The rank can't exceed the positive entries, so
that it falls with them; what that means is the question of Figure 3's controls. The paper doesn't name the tasks and
models.`,
	Make: fig09,
}

func fig09(q *Query) []Result {
	var counts, ranks []Panel
	add := func(size, task string) {
		c := q.probe(size, task, prompt.UnitSigma, nil)
		counts = append(counts, q.counts(task+", "+q.title(size), c))
		ranks = append(ranks, q.ranks(task+", "+q.title(size), c))
	}
	for _, task := range q.Chosen("RTE", "WiC") {
		add(base, task)
	}
	if q.model(large) != q.model(base) || len(counts) == 1 {
		add(large, q.Chosen("CB")[0])
	}
	f := Figure{Title: q.Title, Full: true, Columns: len(counts), Panels: append(counts, ranks...)}
	f.Caption = "Above: entries on the diagonal of Σ. Below: numerical rank of the prompt."
	return []Result{{Name: "fig09", Figure: q.Figure(f)}}
}
