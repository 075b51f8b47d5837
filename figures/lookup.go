// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"
	"strings"

	"dpt/dptlib"
)

// lookup finds the records of an artefact, and notes what it was asked for.
type lookup struct {
	Setup
	artefact Artefact
	store    *Store // nil where only the experiments matter

	asked   []dptlib.Experiment
	found   []*dptlib.Record
	failed  map[string]bool // ids of runs that came to nothing
	noticed map[string]bool // keys
}

// A cell is what a number is made of: one run for each seed.
type cell struct {
	size, task string
	method     dptlib.Method
	change     func(*dptlib.Experiment) // of the setup's experiment; may be nil
	once       bool                     // with the first seed only
}

func (l *lookup) experiments(c cell) (list []dptlib.Experiment) {
	seeds := l.Seeds
	if c.once {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		e := dptlib.Experiment{Model: l.model(c.size), Data: l.Data, Settings: dptlib.Settings{Task: c.task, MaxSource: 256, Method: dptlib.Choice{Method: c.method}}}
		e.Recipe = l.recipe(c.task, 0)
		switch c.method.(type) {
		case dptlib.FineTuning:
			e.Recipe.LearningRate = fineTuningRate
		case dptlib.RankProbe:
			e.Recipe.EvaluateEvery = l.probing
		}
		if c.change != nil {
			c.change(&e)
		}
		e.Recipe.Seed = seed
		list = append(list, e)
	}
	return list
}

// few makes a cell one of k training examples.
func (l *lookup) few(k int) func(*dptlib.Experiment) {
	return func(e *dptlib.Experiment) { e.FewShot, e.Recipe = k, l.recipe(e.Task, k) }
}

// rate sets the learning rate.
func rate(r float64) func(*dptlib.Experiment) {
	return func(e *dptlib.Experiment) { e.Recipe.LearningRate = r }
}

// measured is what the runs of a cell gave.
type measured struct {
	seeds  []uint64 // of the runs that have a result
	values []float64
	runs   []string
	hours  float64 // GPU-hours that the missing runs would take
}

// measure reads a number of each of a cell's records.
func (l *lookup) measure(c cell, number func(*dptlib.Record) float64) (m measured) {
	for _, e := range l.experiments(c) {
		r := l.record(e)
		if r == nil {
			m.hours += GPUHours(e)
			continue
		}
		m.seeds, m.values, m.runs = append(m.seeds, e.Recipe.Seed), append(m.values, number(r)), append(m.runs, r.ID)
	}
	return m
}

// record is an experiment's, or nil; a run that failed has no result.
func (l *lookup) record(e dptlib.Experiment) *dptlib.Record {
	key := keyOf(e)
	var r *dptlib.Record
	if l.store != nil {
		r = l.store.Find(e)
	}
	if l.noticed == nil {
		l.noticed, l.failed = map[string]bool{}, map[string]bool{}
	}
	if !l.noticed[key] {
		l.noticed[key] = true
		l.asked = append(l.asked, e)
		if r != nil {
			l.found = append(l.found, r)
		}
	}
	if r != nil && r.Failure != "" {
		l.failed[r.ID] = true
		return nil
	}
	return r
}

// records are those of a cell that have a result.
func (l *lookup) records(c cell) (there []*dptlib.Record) {
	for _, e := range l.experiments(c) {
		if r := l.record(e); r != nil {
			there = append(there, r)
		}
	}
	return there
}

// score is the number that the paper reports: the best evaluation's.
func (l *lookup) score(c cell) measured { return l.measure(c, Best) }

// Best is the score of a run's best evaluation, in percent.
func Best(r *dptlib.Record) float64 { return r.Evaluations[r.Best].Scores.Metrics[0].Value }

// Last is the score of a run's last evaluation, in percent.
func Last(r *dptlib.Record) float64 { return r.Evaluations[r.Last].Scores.Metrics[0].Value }

func (m measured) summary() Summary {
	s := Summarize(m.values...)
	s.Runs = m.runs
	return s
}

// at makes a point of a figure.
func (m measured) at(x float64) Point {
	p := Point{X: x, Y: m.summary()}
	if p.Y.N == 0 {
		p.GPUHours = m.hours
	}
	return p
}

// cell makes a cell of a table.
func (m measured) cell() Cell {
	c := Cell{Ours: m.summary()}
	if c.Ours.N == 0 {
		c.GPUHours = m.hours
	}
	return c
}

// average is the mean over several cells, seed by seed; only seeds that all of them have count.
func average(cells []measured) (mean measured) {
	for _, c := range cells {
		mean.hours += c.hours
	}
seeds:
	for i, seed := range cells[0].seeds {
		sum, runs := 0.0, []string{}
		for _, c := range cells {
			at := i
			if at >= len(c.seeds) || c.seeds[at] != seed {
				at = slices.Index(c.seeds, seed)
			}
			if at < 0 {
				continue seeds
			}
			sum, runs = sum+c.values[at], append(runs, c.runs[at])
		}
		mean.seeds, mean.values = append(mean.seeds, seed), append(mean.values, sum/float64(len(cells)))
		mean.runs = append(mean.runs, strings.Join(runs, "+"))
	}
	return mean
}

// figure fills in what all figures have.
func (l *lookup) figure(f Figure) *Figure {
	f.Provenance, f.Caption = ProvenanceOf(l.Scale, l.found), l.caption(f.Caption)
	return &f
}

// table fills in what all tables have.
func (l *lookup) table(t Table) *Table {
	t.Provenance, t.Caption = ProvenanceOf(l.Scale, l.found), l.caption(t.Caption)
	return &t
}

func (l *lookup) caption(text string) string {
	parts := []string{l.Note, text}
	if n := len(l.failed); n > 0 {
		parts = append(parts, fmt.Sprintf("Runs that failed and are left out: %d.", n))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}
