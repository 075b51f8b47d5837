// SPDX-License-Identifier: Apache-2.0

// Package nb is what a notebook's cells need beside the project's other packages: the backend, data to start with, a line
// of progress, and figures shown below the cell. Its functions panic where they fail, which is how a cell reports an
// error. Outside a notebook they write text to standard output, and figures to files only.
package nb

import (
	"context"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/janpfeifer/gonb/gonbui"

	"dpt/dptlib"
	"dpt/dptlib/pjrt"
	"dpt/figures"
	"dpt/superglue"
	"dpt/t5"
)

// Must returns value, or panics with err.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Backend is the process's XLA backend.
func Backend() compute.Backend { return Must(pjrt.Backend()) }

// Root is the repository: the folder with the project's go.mod at or above the notebook's folder.
func Root() string {
	dir := os.Getenv("GONB_DIR")
	if dir == "" {
		dir = Must(os.Getwd())
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(data), "module dpt\n") {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic(fmt.Errorf("no go.mod of module dpt in %s or above it: run the notebook in the repository", start))
		}
	}
}

// Build is a path below the repository's build folder, where results go.
func Build(name ...string) string {
	return filepath.Join(append([]string{Root(), "build"}, name...)...)
}

// Train is [dptlib.Runs.Train] in build/runs, with a line of progress below the cell. A run that is there already is not
// trained again: delete its record to have it anew.
func Train(m *t5.Model, method dptlib.Method, data *dptlib.Dataset, recipe dptlib.Recipe) *dptlib.Record {
	settings := dptlib.Settings{Method: dptlib.Choice{Method: method}, Recipe: recipe}
	return Must(dptlib.Runs(Build("runs")).Train(context.Background(), Backend(), m, data, settings, Progress()))
}

// Progress shows where training stands, in one line that is updated in place.
func Progress() func(dptlib.Progress) {
	const often = 200 * time.Millisecond
	line, shown := NewLine(), time.Time{}
	return func(p dptlib.Progress) {
		if p.Update < p.Updates && time.Since(shown) < often {
			return
		}
		shown = time.Now()
		score := ""
		if p.Score != nil {
			score = fmt.Sprintf(", dev %s %.1f %%", p.Score.Name, p.Score.Value)
		}
		line.Set(float64(p.Update)/float64(p.Updates), fmt.Sprintf("update %d of %d, loss %.3f%s, %.0f examples/s, %v left",
			p.Update, p.Updates, p.Loss, score, p.ExamplesPerSec, p.Remaining.Round(time.Second)))
	}
}

// Line is a bar and a text below a cell.
type Line string

// NewLine makes a line; it shows nothing before its first Set.
func NewLine() Line { return Line(gonbui.UniqueID()) }

// Set shows a share of the work, from 0 to 1, and a text, in place of what the line showed before.
func (l Line) Set(share float64, text string) {
	if !gonbui.IsNotebook {
		fmt.Printf("%3.0f %% %s\n", 100*share, text)
		return
	}
	gonbui.UpdateHTML(string(l), fmt.Sprintf(`<progress value="%.4f" max="1"></progress> %s`, share, html.EscapeString(text)))
}

// Markdown shows formatted text.
func Markdown(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !gonbui.IsNotebook {
		fmt.Println(text)
		return
	}
	gonbui.DisplayMarkdown(text)
	gonbui.Sync() // or it can be lost with the cell's process
}

// Scores shows metrics with their 95 % intervals as a table.
func Scores(title string, s superglue.Scores) {
	var rows strings.Builder
	for _, m := range s.Metrics {
		fmt.Fprintf(&rows, "| %s | %.2f | %.1f to %.1f | %d %s |\n", m.Name, m.Value, m.Low, m.High, m.N, m.Unit)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(&rows, "\n%s.", note)
	}
	Markdown("**%s**\n\n| metric | %% | 95 %% interval | of |\n|---|---|---|---|\n%s", title, rows.String())
}

// Show displays a figure.
func Show(d *figures.Drawing) {
	if gonbui.IsNotebook {
		gonbui.DisplayPNG(Must(d.Preview()))
		gonbui.Sync()
	}
}

// Export writes a figure as PDF, SVG and PNG into build/figures, and lists the files.
func Export(d *figures.Drawing, name string) {
	for _, path := range Must(d.Export(Build("figures", name))) {
		fmt.Println(Must(filepath.Rel(Root(), path)))
	}
}

// Int is the value of an environment variable, or what to take where it is not set: so that a notebook's parameters can
// be set from outside.
func Int(variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Errorf("%s must be a whole number, found %q", variable, text))
	}
	return n
}
