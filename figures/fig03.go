// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
)

// Fig03 counts the positive and the negative entries on the diagonal of Σ while the rank probe P = U·ReLU(Σ)·V trains,
// on CB and T5-base.
//
// The paper claims that more and more entries turn negative, and takes this as a sign that a prompt's rank is low. But
// an entry at 0 or below has no gradient, and stays there, so that any noise empties Σ. Beside the figure stand the
// controls that tell the two apart: labels that can't be learnt, other learning rates, another start of Σ, and the
// singular values of prompts that were trained without a probe. If the count falls as fast with shuffled labels, it
// says nothing about rank. All of it takes 0.25 H100-hours at the paper's scale (estimated, [GPUHours]).
//
//	go tool dpt sweep toy --only fig03
var Fig03 = Artefact{
	Name: "fig03", Title: "Rank probe",
	About: `# Figure 3: the rank probe

The paper's reason for a low rank: write the prompt as **P** = **U**·ReLU(**Σ**)·**V** with a diagonal Σ, train all
three, and count the entries of Σ above and below zero. The paper finds that ever more turn negative.

ReLU is a valve: an entry at or below zero has no gradient, and can't come back. So any noise empties Σ, and a falling
count alone says nothing of rank. The second picture has the controls: labels that can't be learnt, other learning
rates, another start of Σ, and the singular values of prompts that were trained without a probe. If the count falls as
fast with shuffled labels, rank is not the reason.`,
	Make: fig03,
}

func fig03(q *Query) []Result {
	task := q.Chosen("CB")[0]
	plain := q.probe(base, task, prompt.UnitSigma, nil)
	f := Figure{Title: q.Title, Columns: 1, Panels: []Panel{q.counts("", plain)}}
	f.Caption = fmt.Sprintf("Entries on the diagonal of Σ, %s, %s.", task, q.title(base))
	result := Result{Name: "fig03", Figure: q.Figure(f)}

	shuffled := func(e *runs.Experiment) { e.ShuffleLabels = true }
	controls := Figure{Title: q.Title + ": controls", Full: true, Columns: 3, Panels: []Panel{
		q.counts("labels shuffled", q.probe(base, task, prompt.UnitSigma, shuffled)),
		q.counts("learning rate 0.03", q.probe(base, task, prompt.UnitSigma, Rate(0.03))),
		q.counts("learning rate 1", q.probe(base, task, prompt.UnitSigma, Rate(1))),
		q.counts("Σ starts as ones", q.probe(base, task, prompt.OnesSigma, nil)),
		q.ranks("rank, labels as they are", plain),
		q.spectra("after training", base, task),
	}}
	controls.Caption = fmt.Sprintf("Controls of Figure 3, %s, %s. (f): singular values over the largest.", task,
		q.title(base))
	return []Result{result, {Name: "fig03-controls", Figure: q.Figure(controls)}}
}

// probe returns a condition of the rank probe, which is observed more often than other methods are evaluated.
func (q *Query) probe(size, task string, start prompt.Sigma, change func(*runs.Experiment)) Condition {
	return Condition{Size: size, Task: task, Method: prompt.RankProbe{Length: q.Length, Start: start},
		Change: func(e *runs.Experiment) {
			e.Recipe.EvaluateEvery = q.probing
			if change != nil {
				change(e)
			}
		}}
}

// counts is a panel of the positive and negative entries of Σ.
func (q *Query) counts(title string, c Condition) Panel {
	return Panel{Title: title, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Entries of Σ"}, Series: []Series{
		{Name: "positive", Points: q.overTraining(c, "positive")},
		{Name: "negative", Points: q.overTraining(c, "negative")},
	}}
}

// ranks is a panel of the prompt's numerical rank.
func (q *Query) ranks(title string, c Condition) Panel {
	return Panel{Title: title, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Rank of P"}, Series: []Series{
		{Name: "rank", Points: q.overTraining(c, "rank")},
	}}
}

// overTraining returns the values of the probe named seen during the training of a condition's runs, each over all runs
// that were probed after the same number of updates.
func (q *Query) overTraining(c Condition, seen string) []Point {
	records := q.Records(c)
	if len(records) == 0 {
		return []Point{q.Score(c).At(0)}
	}
	var points []Point
	for i, probe := range records[0].Probes {
		var m Measured
		for _, r := range records {
			if i < len(r.Probes) && r.Probes[i]["updates"] == probe["updates"] {
				m.Values, m.Runs = append(m.Values, r.Probes[i][seen]), append(m.Runs, r.ID)
			}
		}
		points = append(points, m.At(probe["updates"]))
	}
	return points
}

// spectra is a panel of the singular values of prompts after training, each over the largest.
func (q *Query) spectra(title, size, task string) Panel {
	p := Panel{Title: title, Kind: Bands, X: Axis{Label: "Singular value"}, Y: Axis{Label: "σᵢ / σ₁"}}
	probe := q.probe(size, task, prompt.UnitSigma, nil)
	for _, c := range []Condition{
		{Size: size, Task: task, Method: dpt(q.Length, q.Bottleneck)}, {Size: size, Task: task, Method: pt(q.Length)},
		probe,
	} {
		s := Series{Name: c.Method.Name()}
		if s.Name == probe.Method.Name() {
			s.Look = "control"
		}
		for i := range min(q.Length, q.config(size).DModel) {
			var m Measured
			for _, r := range q.Records(c) {
				if i < len(r.Spectrum) && r.Spectrum[0] > 0 {
					m.Values, m.Runs = append(m.Values, r.Spectrum[i]/r.Spectrum[0]), append(m.Runs, r.ID)
				}
			}
			s.Points = append(s.Points, m.At(float64(i+1)))
		}
		p.Series = append(p.Series, s)
	}
	return p
}
