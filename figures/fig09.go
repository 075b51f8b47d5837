// SPDX-License-Identifier: Apache-2.0

package figures

import "dpt/dptlib"

// Fig09 is Figure 3 on other tasks and another size, and below each the numerical rank of the prompt U·ReLU(Σ)·V: singular
// values above the largest times max(e, c)·2⁻²³, as NumPy counts for float32. The paper doesn't name the tasks or models.
//
// The paper claims that the rank falls with the positive entries. It must: the rank of a product is at most that of Σ.
// What that says of the prompt's own rank is the question of Figure 3's controls. One H100-hour at the paper's scale (estimated).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig09
var Fig09 = Artefact{Name: "fig09", Title: "Rank probe on other tasks and models", make: fig09}

func fig09(l *lookup) []Result {
	var counts, ranks []Panel
	add := func(size, task string) {
		c := l.probe(size, task, dptlib.UnitSigma, nil)
		counts = append(counts, l.counts(task+", "+l.title(size), c))
		ranks = append(ranks, l.ranks("", c))
	}
	for _, task := range l.tasks("RTE", "WiC") {
		add(base, task)
	}
	if l.model(large) != l.model(base) || len(counts) == 1 {
		add(large, l.tasks("CB")[0])
	}
	f := Figure{Title: l.artefact.Title, Full: true, Columns: len(counts), Panels: append(counts, ranks...)}
	f.Caption = "Above: entries on the diagonal of Σ. Below: numerical rank of the prompt."
	return []Result{{Name: "fig09", Figure: l.figure(f)}}
}
