// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"cmp"
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/janpfeifer/gonb/gonbui"

	"dpt/dptlib/runs"
	"dpt/figures"
)

// Stored returns the records in the repository and in build/runs, the newest first, and names the files that could not
// be read.
func Stored(scale string) (records []*runs.Record) {
	for _, folder := range []string{Root() + "/" + figures.Folder(figures.Options{Setup: scale}), Build("runs")} {
		list, bad := runs.Folder(folder).Records()
		records = append(records, list...)
		for _, err := range bad {
			Markdown("A record is passed over: %v", err)
		}
	}
	slices.SortStableFunc(records, func(a, b *runs.Record) int { return b.Started.Compare(a.Started) })
	return records
}

// Table shows lines of text as a table; a click on a head sorts by that column.
func Table(heads []string, lines [][]string) {
	if !gonbui.IsNotebook {
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, line := range append([][]string{heads}, lines...) {
			fmt.Fprintln(out, strings.Join(line, "\t"))
		}
		out.Flush()
		return
	}
	var page strings.Builder
	page.WriteString(`<div style="max-height: 30em; overflow: auto"><table style="font-size: 80%"><thead><tr>`)
	for i, head := range heads {
		fmt.Fprintf(&page, `<th style="cursor: pointer; text-align: left; padding: 2px 4px" onclick="%s">%s</th>`,
			html.EscapeString(fmt.Sprintf(sortRows, i)), html.EscapeString(head))
	}
	page.WriteString("</tr></thead><tbody>")
	for _, line := range lines {
		page.WriteString("<tr>")
		for _, text := range line {
			fmt.Fprintf(&page, `<td style="text-align: left; padding: 2px 4px">%s</td>`, html.EscapeString(text))
		}
		page.WriteString("</tr>")
	}
	page.WriteString("</tbody></table></div>")
	gonbui.DisplayHTML(page.String())
	gonbui.Sync()
}

// sortRows sorts the rows of the table that was clicked on by column %d: numbers by size, other text by letters, and
// the other way round at a second click.
const sortRows = `const i=%d,b=this.closest("table").tBodies[0],up=this.dataset.up!=="1";this.dataset.up=up?"1":"0";` +
	`const v=r=>r.cells[i].textContent,n=x=>parseFloat(x);` +
	`[...b.rows].sort((p,q)=>{const x=v(p),y=v(q),c=isNaN(n(x))||isNaN(n(y))?x.localeCompare(y):n(x)-n(y);return up?c:-c}).forEach(r=>b.append(r))`

// RunRows returns a line for each record, for [Table]: run, task, method, what differs from the method's defaults and
// the paper's recipe, model, seed, parameters, best score with its 95 % interval, last score, seconds and memory.
func RunRows(records []*runs.Record) (heads []string, lines [][]string) {
	heads = []string{"run", "task", "method", "settings", "model", "seed", "parameters", "best, %", "95 % interval",
		"last, %", "seconds", "MiB", "started"}
	for _, r := range records {
		best, interval, last := "failed", "", ""
		if len(r.Evaluations) > 0 {
			m := r.Evaluations[r.Best].Scores.Metrics[0]
			best, interval, last = fmt.Sprintf("%.2f", m.Value), m.Interval(), fmt.Sprintf("%.2f", r.LastScore())
		}
		lines = append(lines, []string{
			r.ID, r.Spec.Task, r.Spec.Method.Name(), r.Changes(), cmp.Or(r.ModelName, "?"),
			fmt.Sprint(r.Spec.Recipe.Seed), fmt.Sprint(r.Trainable),
			best, interval, last, fmt.Sprintf("%.1f", r.Seconds), fmt.Sprint(r.PeakRSSMiB),
			r.Started.Format("2006-01-02 15:04"),
		})
	}
	return heads, lines
}
