// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/janpfeifer/gonb/gonbui"

	"dpt/dptlib/runs"
	"dpt/figures"
)

// Study is a notebook about one figure or table. Each cell is a program of its own, so what the cells share lies in
// files: the records of runs.
type Study struct {
	figures.Artefact
	Parameters
}

// Parameters are the settings that a reader may change, in the notebook or from outside.
type Parameters struct {
	Scale string   // DPT_SCALE: "quick", "toy", "small" or "paper"
	Seeds []uint64 // DPT_SEEDS, "3,4,5"; none: the scale's
	Tasks []string // DPT_TASKS, "CB,RTE"; none: the figure's own
	// DPT_RUN: "stored" trains nothing, "missing" what has no record, "fresh" everything; "" is "missing" for toys and
	// otherwise "stored"
	Run string
}

// The values of Parameters.Run.
const stored, missing, fresh = "stored", "missing", "fresh"

// NewStudy replaces the notebook's parameters by those that the environment gives.
func NewStudy(a figures.Artefact, p Parameters) *Study {
	p.Scale, p.Run = cmp.Or(os.Getenv("DPT_SCALE"), p.Scale), cmp.Or(os.Getenv("DPT_RUN"), p.Run)
	if list := os.Getenv("DPT_TASKS"); list != "" {
		p.Tasks = strings.Split(list, ",")
	}
	if list := os.Getenv("DPT_SEEDS"); list != "" {
		p.Seeds = nil
		for _, text := range strings.Split(list, ",") {
			seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
			if err != nil {
				panic(fmt.Errorf("DPT_SEEDS must be numbers with commas between them, found %q", list))
			}
			p.Seeds = append(p.Seeds, seed)
		}
	}
	if p.Run == "" {
		p.Run = stored
		if p.Scale == figures.Toy || p.Scale == figures.Quick {
			p.Run = missing
		}
	}
	if !slices.Contains([]string{stored, missing, fresh}, p.Run) {
		panic(fmt.Errorf(`DPT_RUN must be "stored", "missing" or "fresh", found %q`, p.Run))
	}
	return &Study{a, p}
}

func (s *Study) options() figures.Options {
	return figures.Options{Setup: s.Scale, Seeds: s.Seeds, Tasks: s.Tasks, Data: File("DPT_DATA", "")}
}

// stored returns the folder of the repository's records; new ones go to build, and fresh ones to a folder of the
// figure's own there.
func (s *Study) stored() string { return filepath.Join(Root(), figures.Folder(s.options())) }

func (s *Study) fresh() string { return Build("fresh", s.Name) }

func (s *Study) store() *figures.Store {
	folders := []string{s.stored(), Build("runs")}
	if s.Parameters.Run == fresh {
		folders = []string{s.fresh()}
	}
	store := Must(figures.OpenStore(folders...))
	for _, err := range store.Bad {
		Markdown("A record is passed over: %v", err)
	}
	return store
}

// Train trains the runs that the parameters ask for, with a line of progress, and tells what there is.
func (s *Study) Train() {
	s.check()
	experiments := Must(s.Experiments(s.options()))
	if len(experiments) == 0 {
		Markdown("%s needs no runs.", s.Name)
		return
	}
	out := Build("runs")
	if s.Parameters.Run == fresh {
		out = s.fresh()
	}
	store := s.store()
	var lacking []runs.Experiment
	for _, e := range experiments {
		if store.Find(e) == nil {
			lacking = append(lacking, e)
		}
	}
	if s.Parameters.Run == stored || len(lacking) == 0 {
		Markdown("%d of %d runs have a record.", len(experiments)-len(lacking), len(experiments))
	} else {
		s.sweep(out, lacking, len(experiments))
	}
	if s.Parameters.Run == fresh {
		s.compare(experiments)
		Markdown("Fresh runs are in `%s`: remove the folder to make them once more.", Must(filepath.Rel(Root(), out)))
	}
}

// sweep trains the runs that lack a record, of all that the study has.
func (s *Study) sweep(out string, lacking []runs.Experiment, all int) {
	start, line := time.Now(), NewLine()
	line.Set(0, "opening models and data")
	sweep := &runs.Sweep{Library: Library(), Folder: runs.Folder(out), Report: line.sweeping()}
	plan := Must(sweep.Plan(lacking))
	for _, refused := range runs.Reasons(plan.Refused) {
		Markdown("Can't be run: %v", refused)
	}
	ctx, stop := untilInterrupt()
	defer stop()
	check(sweep.Run(ctx, plan))
	Markdown("%d of %d runs had a record; %d were trained in %v.", all-len(lacking), all,
		len(lacking)-len(plan.Refused), time.Since(start).Round(time.Second))
}

// compare tells how the fresh runs differ from the stored ones.
func (s *Study) compare(experiments []runs.Experiment) {
	old, new := Must(figures.OpenStore(s.stored())), s.store()
	both, same, worst := 0, 0, 0.0
	for _, e := range experiments {
		was, now := old.Find(e), new.Find(e)
		if was == nil || now == nil || was.Failure != "" || now.Failure != "" {
			continue
		}
		off := figures.Best(now) - figures.Best(was)
		if both++; off == 0 {
			same++
		}
		worst = max(worst, off, -off)
	}
	if both == 0 {
		Markdown("None of them is stored, to compare with.")
		return
	}
	Markdown("%d of them are stored, too: %d have the same score, the greatest difference is %.2f points. Runs that "+
		"train in other batches than the stored ones did add in another order, and training can carry that far; `dpt "+
		"verify` trains whole batches again, and demands equal scores.", both, same, worst)
}

// sweeping shows how far a sweep is, in the line.
func (l Line) sweeping() func(runs.SweepProgress) {
	const often = 300 * time.Millisecond
	shown := time.Time{}
	return func(p runs.SweepProgress) {
		if p.Share < 1 && time.Since(shown) < often {
			return
		}
		shown = time.Now()
		l.Set(p.Share, p.String())
	}
}

// All returns the figures and tables, made from the existing records.
func (s *Study) All() []figures.Result {
	s.check()
	return Must(s.Results(s.store(), s.options()))
}

// Query returns a query of the existing records, for figures and tables besides the study's.
func (s *Study) Query() *figures.Query {
	s.check()
	return Must(figures.NewQuery(s.Title, s.store(), s.options()))
}

// Figure returns the figure of a name, such as "fig05", to be changed and drawn.
func (s *Study) Figure(name string) *figures.Figure {
	r := s.result(name)
	if r.Figure == nil {
		panic(fmt.Errorf("%s is not a figure", name))
	}
	return r.Figure
}

// Table returns the table of a name, such as "table1".
func (s *Study) Table(name string) *figures.Table {
	r := s.result(name)
	if r.Table == nil {
		panic(fmt.Errorf("%s is not a table", name))
	}
	return r.Table
}

func (s *Study) result(name string) figures.Result {
	var names []string
	for _, r := range s.All() {
		if r.Name == name {
			return r
		}
		names = append(names, r.Name)
	}
	panic(fmt.Errorf("%s has %s, found %q", s.Name, strings.Join(names, ", "), name))
}

// Draw shows the figures and tables.
func (s *Study) Draw() {
	for _, r := range s.All() {
		if r.Table != nil {
			ShowTable(r.Table)
		} else {
			Show(Must(r.Drawing()))
		}
	}
}

// Export writes all formats into build/figures, and lists the files. Where the parameters are not the figure's own, the
// files' names tell so: no variant overwrites another.
func (s *Study) Export() {
	for _, r := range s.All() {
		Export(r, r.Name+s.variant())
	}
}

// variant is a suffix for what the parameters change.
func (p Parameters) variant() string {
	var suffix string
	if p.Scale != figures.Toy {
		suffix += "-" + p.Scale
	}
	if len(p.Tasks) > 0 {
		suffix += "-" + strings.Join(p.Tasks, "-")
	}
	if len(p.Seeds) > 0 {
		suffix += "-seeds"
		for _, seed := range p.Seeds {
			suffix += fmt.Sprintf("-%d", seed)
		}
	}
	if p.Run == fresh {
		suffix += "-fresh"
	}
	return suffix
}

// Numbers shows what was drawn: mean, deviation and values of the seeds. The files that Export writes also name the
// runs.
func (s *Study) Numbers() {
	for _, r := range s.All() {
		switch {
		case r.Figure != nil:
			percent := !slices.ContainsFunc(r.Figure.Panels,
				func(p figures.Panel) bool { return !strings.HasSuffix(p.Y.Label, "(%)") })
			Markdown("**%s**\n\n%s", r.Figure.Title, columns(Must(r.Figure.CSV()), percent, "panel", "series", "x", "n",
				"mean", "sd", "values"))
		case r.Table != nil && r.Table.Provenance.Scale != figures.Published && !r.Table.WordsOnly():
			heads := slices.DeleteFunc(slices.Clone(r.Table.Heads), func(head string) bool { return head == "Seeds" })
			names := slices.Concat(heads, []string{"column", "n", "mean", "sd", "low", "high"})
			Markdown("**%s**; low and high are the 95 %% t-interval over the seeds\n\n%s", r.Table.Title,
				columns(Must(r.Table.CSV()), len(r.Table.Metrics) > 0, names...))
		case r.Table != nil:
			Markdown("**%s**: see the table above.", r.Table.Title)
		default:
			Markdown("%s is drawn from its sizes alone.", s.Name)
		}
	}
}

// columns returns a Markdown table of some of a CSV's columns, of what has been run; scores have two decimals, and are in
// percent or in a unit of their own.
func columns(data []byte, percent bool, names ...string) string {
	lines := Must(csv.NewReader(bytes.NewReader(data)).ReadAll())
	var out strings.Builder
	numbers, heads := []string{"mean", "sd", "values", "low", "high"}, slices.Clone(names)
	for i, name := range names {
		switch {
		case name == "n":
			heads[i] = "seeds"
		case percent && slices.Contains(numbers, name):
			heads[i] += " (%)"
		}
	}
	fmt.Fprintf(&out, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", len(heads)))
	lacking, n := 0, slices.Index(lines[0], "n")
	for _, line := range lines[1:] {
		if line[n] == "0" {
			lacking++
			continue
		}
		for _, name := range names {
			var words []string
			for _, word := range strings.Fields(line[slices.Index(lines[0], name)]) {
				if x, err := strconv.ParseFloat(word, 64); err == nil && slices.Contains(numbers, name) {
					word = figures.Fixed(x, 2)
				}
				words = append(words, strings.ReplaceAll(word, "|", `\|`))
			}
			fmt.Fprintf(&out, "| %s ", strings.Join(words, " "))
		}
		out.WriteString("|\n")
	}
	if lacking > 0 {
		fmt.Fprintf(&out, "\nNot run: %d of %d numbers.\n", lacking, len(lines)-1)
	}
	return out.String()
}

// stamp is a file that says with which parameters the notebook's parameters cell ran. That cell removes it before it is
// compiled, and Set writes it again: so that no other cell goes on with earlier parameters if the cell has failed.
func (s *Study) stamp() string { return Build("parameters", s.Name) }

// Set ends the parameters cell: it makes the parameters those of the other cells.
func (s *Study) Set() {
	Must(s.Experiments(s.options())) // reports an error in the parameters here
	if err := os.MkdirAll(filepath.Dir(s.stamp()), 0o755); err != nil {
		panic(err)
	}
	if err := renameio.WriteFile(s.stamp(), fmt.Appendf(nil, "%+v", s.Parameters), 0o644); err != nil {
		panic(err)
	}
}

// check panics if the parameters cell did not run to its end with these parameters.
func (s *Study) check() {
	if !gonbui.IsNotebook {
		return
	}
	if data, err := os.ReadFile(s.stamp()); err != nil || string(data) != fmt.Sprintf("%+v", s.Parameters) {
		panic(fmt.Errorf("the parameters cell of %s has failed or was not run to its end: run it again", s.Name))
	}
}
