// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
)

// Query finds the records that an artefact is made of, at the scale that it is asked for, and notes which they are.
type Query struct {
	Setup
	Title string // of the artefact

	store *Store // nil where only the experiments matter

	asked  []runs.Experiment
	seen   map[string]bool         // keys of what was asked
	used   map[string]*runs.Record // by ID: of the result that is being made
	failed map[string]bool         // IDs of runs without a result, likewise

	measured floors // so far
}

// Condition describes the runs that a number is computed from: one for each seed.
type Condition struct {
	Size   string // of the paper's T5: "small", "base" or "large"
	Task   string
	Method prompt.Method
	Change func(*runs.Experiment) // of the setup's experiment; may be nil
	Seeds  []uint64               // nil: the setup's
}

// Experiments returns a condition's runs, one for each seed.
func (q *Query) Experiments(c Condition) (list []runs.Experiment) {
	seeds := q.Seeds
	if c.Seeds != nil {
		seeds = c.Seeds
	}
	for _, seed := range seeds {
		e := runs.Experiment{Model: q.model(c.Size), Data: q.Data}
		e.Text = runs.Text{Task: c.Task, MaxSource: 256}
		e.Method, e.Recipe = prompt.Spec{Method: c.Method}, q.recipe(0)
		if own, ok := c.Method.(prompt.RateChooser); ok {
			e.Recipe.LearningRate = own.LearningRate()
		}
		if c.Change != nil {
			c.Change(&e)
		}
		e.Recipe.Seed = seed
		list = append(list, e)
	}
	return list
}

// few makes a condition one of k training examples.
func (q *Query) few(k int) func(*runs.Experiment) {
	return func(e *runs.Experiment) { e.FewShot, e.Recipe = k, q.recipe(k) }
}

// Rate returns a change of the peak learning rate.
func Rate(r float64) func(*runs.Experiment) {
	return func(e *runs.Experiment) { e.Recipe.LearningRate = r }
}

// changes makes several changes, one after the other; nil is none.
func changes(list ...func(*runs.Experiment)) func(*runs.Experiment) {
	return func(e *runs.Experiment) {
		for _, change := range list {
			if change != nil {
				change(e)
			}
		}
	}
}

// onTest scores the stored prompts on the split that nothing was selected on.
func (q *Query) onTest(e *runs.Experiment) { e.Rescore.Split = q.Test }

// unscaled takes the model at the scale that it was trained at.
func (q *Query) unscaled(size string) func(*runs.Experiment) {
	return func(e *runs.Experiment) { e.Model = q.Unscaled[size] }
}

// Records returns a condition's records, of those runs that have a result.
func (q *Query) Records(c Condition) (list []*runs.Record) {
	for _, e := range q.Experiments(c) {
		if r := q.record(e); r != nil {
			list = append(list, r)
		}
	}
	return list
}

// record returns an experiment's record, or nil; a run that failed has no result.
func (q *Query) record(e runs.Experiment) *runs.Record {
	if q.seen == nil {
		q.seen, q.used, q.failed = map[string]bool{}, map[string]*runs.Record{}, map[string]bool{}
	}
	if key := keyOf(e); !q.seen[key] {
		q.seen[key] = true
		q.asked = append(q.asked, e)
	}
	var r *runs.Record
	if q.store != nil {
		r = q.store.Find(e)
	}
	if r == nil {
		return nil
	}
	if r.Failure != "" {
		q.failed[r.ID] = true
		return nil
	}
	q.used[r.ID] = r
	return r
}

// Examples says how many development examples a condition's scores are shares of, such as "277 examples".
func (q *Query) Examples(c Condition) string {
	for _, r := range q.Records(c) {
		m := r.Evaluations[0].Scores.Metrics[0]
		return thousands(m.N) + " " + m.Unit
	}
	return ""
}

// Score returns the number that the paper reports of a condition's runs: the best evaluation's, in percent.
func (q *Query) Score(c Condition) Measured { return q.Measure(c, Best) }

// Best is the score of a run's best evaluation, in percent.
func Best(r *runs.Record) float64 { return r.BestScore() }

// Last is the score of a run's last evaluation, in percent.
func Last(r *runs.Record) float64 { return r.LastScore() }

// Measure reads a number of each of a condition's records.
func (q *Query) Measure(c Condition, number func(*runs.Record) float64) (m Measured) {
	for _, e := range q.Experiments(c) {
		r := q.record(e)
		if r == nil {
			m.hours += GPUHours(e)
			continue
		}
		m.Seeds, m.Values, m.Runs = append(m.Seeds, e.Recipe.Seed), append(m.Values, number(r)), append(m.Runs, r.ID)
	}
	return m
}

// Trainable counts the parameters that a condition's runs train: by their records, or by their method where that can
// tell; 0 where neither can.
func (q *Query) Trainable(c Condition) int {
	if counter, ok := c.Method.(prompt.Counter); ok {
		return counter.Parameters(q.config(c.Size))
	}
	for _, r := range q.Records(c) {
		return r.Trainable
	}
	return 0
}

// Measured is a number of the runs of a condition, seed by seed.
type Measured struct {
	Seeds  []uint64 // of the runs that have a result
	Values []float64
	Runs   []string // IDs

	hours float64 // GPU-hours that the missing runs would take
}

// Summary returns mean and deviation.
func (m Measured) Summary() Summary {
	s := Summarize(m.Values...)
	s.Runs = m.Runs
	return s
}

// At returns a point of a figure.
func (m Measured) At(x float64) Point {
	p := Point{X: x, Y: m.Summary()}
	if p.Y.N == 0 {
		p.GPUHours = m.hours
	}
	return p
}

// Cell returns a cell of a table.
func (m Measured) Cell() Cell {
	c := Cell{Ours: m.Summary()}
	if c.Ours.N == 0 {
		c.GPUHours = m.hours
	}
	return c
}

// Less returns the difference of two conditions, seed by seed.
func (m Measured) Less(other Measured) (d Measured) {
	d.hours = m.hours
	for i, seed := range m.Seeds {
		if j := slices.Index(other.Seeds, seed); j >= 0 {
			d.Seeds, d.Values = append(d.Seeds, seed), append(d.Values, m.Values[i]-other.Values[j])
			d.Runs = append(d.Runs, m.Runs[i]+"-"+other.Runs[j])
		}
	}
	return d
}

// Average returns the mean over several conditions, seed by seed; only seeds that all of them have count. Of no
// condition it is empty.
func Average(conditions []Measured) (mean Measured) {
	if len(conditions) == 0 {
		return mean
	}
	for _, c := range conditions {
		mean.hours += c.hours
	}
seeds:
	for _, seed := range conditions[0].Seeds {
		sum, ids := 0.0, []string{}
		for _, c := range conditions {
			i := slices.Index(c.Seeds, seed)
			if i < 0 {
				continue seeds
			}
			sum, ids = sum+c.Values[i], append(ids, c.Runs[i])
		}
		mean.Seeds, mean.Values = append(mean.Seeds, seed), append(mean.Values, sum/float64(len(conditions)))
		mean.Runs = append(mean.Runs, strings.Join(ids, "+"))
	}
	return mean
}

// Figure completes a figure by what all of them have: the scale's note, how many runs failed, and the provenance of the
// records that were asked for since the result before.
func (q *Query) Figure(f Figure) *Figure {
	f.Caption = q.caption(f.Caption)
	f.Provenance = q.provenance()
	return &f
}

// Table completes a table as Figure does a figure.
func (q *Query) Table(t Table) *Table {
	t.Caption = q.caption(t.Caption)
	t.Provenance = q.provenance()
	return &t
}

func (q *Query) caption(text string) string {
	parts := []string{q.Note, text}
	if n := len(q.failed); n > 0 {
		parts = append(parts, fmt.Sprintf("Runs that failed and are left out: %d.", n))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// provenance is that of the records used since it was last asked for.
func (q *Query) provenance() Provenance {
	used := slices.SortedFunc(maps.Values(q.used), func(a, b *runs.Record) int { return cmp.Compare(a.ID, b.ID) })
	clear(q.used)
	clear(q.failed)
	return ProvenanceOf(q.Scale, used)
}
