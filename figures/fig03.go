// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"

	"dpt/dptlib"
)

// Fig03 counts the positive and the negative entries on the diagonal of Σ while the rank probe P = U·ReLU(Σ)·V trains, on
// CB and T5-base.
//
// The paper claims that ever more entries turn negative, and takes it as a sign that a prompt's rank is low. But an entry at
// 0 or below has no gradient, and stays there: any noise empties Σ. Beside the figure stand the controls that tell the two
// apart: labels that can't be learnt, other learning rates, another start of Σ, and the singular values of prompts that were
// trained without a probe. If the count falls as fast with shuffled labels, it says nothing of rank. All of it is 0.25
// H100-hours at the paper's scale (estimated, [GPUHours]).
//
//	go run ./dptlib/cmd/dpt sweep toy --only fig03
var Fig03 = Artefact{Name: "fig03", Title: "Rank probe", make: fig03}

func fig03(l *lookup) []Result {
	task := l.tasks("CB")[0]
	plain := l.probe(base, task, dptlib.UnitSigma, nil)
	f := Figure{Title: l.artefact.Title, Columns: 1, Panels: []Panel{l.counts("", plain)}}
	f.Caption = fmt.Sprintf("Entries on the diagonal of Σ, %s, %s.", task, l.title(base))
	result := Result{Name: "fig03", Figure: l.figure(f)}

	shuffled := func(e *dptlib.Experiment) { e.ShuffleLabels = true }
	controls := Figure{Title: l.artefact.Title + ": controls", Full: true, Columns: 3, Panels: []Panel{
		l.counts("labels shuffled", l.probe(base, task, dptlib.UnitSigma, shuffled)),
		l.counts("learning rate 0.03", l.probe(base, task, dptlib.UnitSigma, rate(0.03))),
		l.counts("learning rate 1", l.probe(base, task, dptlib.UnitSigma, rate(1))),
		l.counts("Σ starts as ones", l.probe(base, task, dptlib.OnesSigma, nil)),
		l.ranks("rank, labels as they are", plain),
		l.spectra("after training", base, task),
	}}
	controls.Caption = fmt.Sprintf("Controls of Figure 3, %s, %s. (f): singular values over the largest.", task, l.title(base))
	return []Result{result, {Name: "fig03-controls", Figure: l.figure(controls)}}
}

// probe is a cell of the rank probe.
func (l *lookup) probe(size, task string, start dptlib.Sigma, change func(*dptlib.Experiment)) cell {
	return cell{size: size, task: task, method: dptlib.RankProbe{Length: l.Length, Start: start}, change: change}
}

// counts is a panel of the positive and negative entries of Σ.
func (l *lookup) counts(title string, c cell) Panel {
	return Panel{Title: title, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Entries of Σ"}, Series: []Series{
		{Name: "positive", Points: l.overTraining(c, func(p dptlib.Probe) int { return p.Positive })},
		{Name: "negative", Points: l.overTraining(c, func(p dptlib.Probe) int { return p.Negative })},
	}}
}

// ranks is a panel of the prompt's numerical rank.
func (l *lookup) ranks(title string, c cell) Panel {
	return Panel{Title: title, Kind: Steps, X: Axis{Label: "Updates"}, Y: Axis{Label: "Rank of P"}, Series: []Series{
		{Name: "rank", Points: l.overTraining(c, func(p dptlib.Probe) int { return p.Rank })},
	}}
}

// overTraining is a number of the probes of a cell's runs, which are all made after the same updates.
func (l *lookup) overTraining(c cell, number func(dptlib.Probe) int) []Point {
	records := l.records(c)
	if len(records) == 0 {
		return []Point{l.measure(c, nil).at(0)}
	}
	var points []Point
	for i, probe := range records[0].Probes {
		var m measured
		for _, r := range records {
			if i < len(r.Probes) && r.Probes[i].Updates == probe.Updates {
				m.values, m.runs = append(m.values, float64(number(r.Probes[i]))), append(m.runs, r.ID)
			}
		}
		points = append(points, m.at(float64(probe.Updates)))
	}
	return points
}

// spectra is a panel of the singular values of prompts after training, each over the largest.
func (l *lookup) spectra(title, size, task string) Panel {
	p := Panel{Title: title, Kind: Bands, X: Axis{Label: "Singular value"}, Y: Axis{Label: "σᵢ / σ₁"}}
	for _, method := range append(l.prompts(size, l.Length, l.Bottleneck)[:2], l.probe(size, task, dptlib.UnitSigma, nil).method) {
		s := Series{Name: method.Name()}
		if _, isProbe := method.(dptlib.RankProbe); isProbe {
			s.Look = "control"
		}
		c := cell{size: size, task: task, method: method}
		for i := range min(l.Length, l.config(size).DModel) {
			var m measured
			for _, r := range l.records(c) {
				if i < len(r.Spectrum) && r.Spectrum[0] > 0 {
					m.values, m.runs = append(m.values, r.Spectrum[i]/r.Spectrum[0]), append(m.runs, r.ID)
				}
			}
			s.Points = append(s.Points, m.at(float64(i+1)))
		}
		p.Series = append(p.Series, s)
	}
	return p
}
