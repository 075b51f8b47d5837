// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Complete reports whether nothing is left to do: a run that failed is done.
func (s *Status) Complete() bool { return s.Done+len(s.Failures) == s.Runs }

// String describes the status: a line of numbers, and tables of the runs in training, of those that were interrupted
// and of those that failed.
func (s *Status) String() string {
	var text strings.Builder
	fmt.Fprintln(&text, s.Summary())
	table(&text, "in training\ton\tsince\tupdate\texamples/s\tleft\tdev score", s.Running, Running.row)
	table(&text, "interrupted\ton\theard of\tupdate", s.Stopped, Running.stopped)
	for _, f := range s.Failures {
		fmt.Fprintln(&text, f)
	}
	for _, err := range s.Bad {
		fmt.Fprintln(&text, "left out:", err)
	}
	if line := slurmLine(s.Slurm); line != "" {
		fmt.Fprintln(&text, line)
	}
	return text.String()
}

// Summary returns the line of numbers.
func (s *Status) Summary() string {
	text := fmt.Sprintf("%d of %d runs are done", s.Done, s.Runs)
	running, stopped := 0, 0
	for _, r := range s.Running {
		running += len(r.Experiments)
	}
	for _, r := range s.Stopped {
		stopped += len(r.Experiments)
	}
	for _, n := range []struct {
		runs int
		what string
	}{{len(s.Failures), "failed"}, {running, "in training"}, {s.Waiting, "waiting"}} {
		if n.runs > 0 {
			text += fmt.Sprintf(", %d %s", n.runs, n.what)
		}
	}
	if stopped > 0 {
		text += fmt.Sprintf(" (%d were interrupted)", stopped)
	}
	return text
}

// table writes rows under heads, or nothing if there are no rows.
func table[Row any](out *strings.Builder, heads string, rows []Row, text func(Row) string) {
	if len(rows) == 0 {
		return
	}
	tab := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, heads+"\t")
	for _, row := range rows {
		fmt.Fprintln(tab, text(row)+"\t")
	}
	tab.Flush()
}

// row is a table row for runs in training.
func (r Running) row() string {
	p, rest := r.Progress, "\t\t\t"
	switch {
	case p.Updates == 0:
	case p.ExamplesPerSec == 0:
		rest = fmt.Sprintf("%d of %d\t\t\t", p.Update, p.Updates)
	default:
		rest = fmt.Sprintf("%d of %d\t%.0f\t%v\t", p.Update, p.Updates, p.ExamplesPerSec,
			p.Remaining.Round(time.Second))
	}
	if p.Score != nil {
		rest += fmt.Sprintf("%.1f", p.Score.Value)
	}
	since := time.Since(r.Since).Round(time.Second).String()
	if quiet := time.Since(r.Heard); quiet > 4*beat {
		since += fmt.Sprintf(" (silent for %v)", quiet.Round(time.Second))
	}
	return fmt.Sprintf("%s\t%v\t%s\t%s", r.what(), r.Process, since, rest)
}

// stopped is a table row for interrupted runs.
func (r Running) stopped() string {
	return fmt.Sprintf("%s\t%v\t%v ago\t%d of %d", r.what(), r.Process, time.Since(r.Heard).Round(time.Second),
		r.Progress.Update, r.Progress.Updates)
}

// what returns the names of the batch's runs.
func (r Running) what() string {
	methods := map[string]int{}
	for _, e := range r.Experiments {
		methods[e.Method.Name()]++
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		if n := methods[name]; n > 1 {
			name = fmt.Sprint(n, " ", name)
		}
		names = append(names, name)
	}
	e := r.Experiments[0]
	return fmt.Sprintf("%s on %s with %s", strings.Join(names, ", "), e.Task, e.Model)
}

// slurmLine counts a sweep's Slurm tasks by their state.
func slurmLine(tasks []SlurmTask) string {
	count := map[string]int{}
	for _, t := range tasks {
		state := strings.ToLower(t.State)
		if t.Reason != "" && t.Reason != "None" {
			state += " (" + t.Reason + ")"
		}
		count[state]++
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprint(count[state], " ", state))
	}
	if parts == nil {
		return ""
	}
	return "Slurm tasks: " + strings.Join(parts, ", ")
}
