// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/runs"
)

// Scales is not in the paper: [Rates] with the same model at two scales of its embeddings, T5's and the one it was
// trained at. The two compute the same function of words (t5.Rescale), and differ in the effect of a prompt's scale.
//
//	go tool dpt sweep toy --only scales
var Scales = Artefact{
	Name: "scales", Title: "The scale of the embeddings",
	About: `# Control: the scale of the embeddings

The toys were pre-trained at embeddings of standard deviation 0.4 to 0.5, and then rescaled to 11.6, which is T5's:
embeddings and the outputs of all sub-layers are multiplied by some 25, so that the model computes the same
function of words as before. But a prompt that counts as much as words must be 25 times larger.

**Claim.** In the paper DPT beats prompt tuning at a learning rate of 0.3.

**Doubt.** That rate means another thing to PT, which starts as words, at another scale of the embeddings; to DPT,
which starts at its own scale in any model, it is the same rate.

**Control.** The methods at all rates, on the same model at both scales. To PT from the vocabulary, a rate of 0.3 on
embeddings 25 times smaller is what 7.5 is at T5's scale, for Adam's steps have the size of the rate: its curve is
moved to the left, and little else.

**What it says.** How much of the methods' order is owed to the scale of the embeddings alone: all else is equal
between the two rows. **What it cannot say:** which of its other features make T5 what it is; the toys have its
scale and not its size.`,
	Make: scales,
}

func scales(q *Query) []Result {
	size := q.ControlSize
	tasks := q.Chosen(controlTasks...)
	f := Figure{Title: q.Title, Full: true, Columns: len(tasks)}
	for _, scale := range q.scales(size) {
		for _, task := range tasks {
			p := q.overRates(size, []string{task}, scale.change)
			p.Title += ", " + scale.name
			f.Panels = append(f.Panels, p)
		}
	}
	f.Caption = fmt.Sprintf("%s, c = %d, b = %d. "+sideBySide, q.title(size), q.Length, q.Bottleneck)
	return []Result{{Name: "scales", Figure: q.Figure(f)}}
}

// scale is a model at one scale of its embeddings.
type scale struct {
	name   string
	change func(*runs.Experiment)
}

// scales returns the scales that a size's model exists at.
func (q *Query) scales(size string) []scale {
	list := []scale{{"T5's scale", nil}}
	if q.Unscaled[size] != "" {
		list = append(list, scale{"as trained", q.unscaled(size)})
	}
	return list
}
