// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"fmt"
	"html"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"

	"dpt/figures"
	"dpt/superglue"
)

// Line is a bar and a text below a cell.
type Line string

// NewLine makes a line; it shows nothing before its first Set.
func NewLine() Line { return Line(gonbui.UniqueId()) }

// Set shows a share of the work, from 0 to 1, and a text, in place of what the line showed before.
func (l Line) Set(share float64, text string) {
	if !gonbui.IsNotebook {
		fmt.Printf("%3.0f %% %s\n", 100*share, text)
		return
	}
	gonbui.UpdateHTML(string(l), fmt.Sprintf(`<progress value="%.4f" max="1"></progress> %s`, share,
		html.EscapeString(text)))
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
		fmt.Fprintf(&rows, "| %s | %.2f | %s | %d %s |\n", m.Name, m.Value, m.Interval(), m.N, m.Unit)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(&rows, "\n%s.", note)
	}
	Markdown("**%s**\n\n| metric | %% | 95 %% interval | of |\n|---|---|---|---|\n%s", title, rows.String())
}

// Show displays a picture.
func Show(d *figures.Drawing) {
	if gonbui.IsNotebook {
		gonbui.DisplayPNG(Must(d.Preview()))
		gonbui.Sync()
	}
}

// Draw displays a figure. Where its style leaves the text out of the picture, the text is shown below.
func Draw(f *figures.Figure) {
	Show(Must(f.Drawing()))
	if f.Style.Bare {
		Markdown("%s", f.FullCaption())
	}
}

// ShowTable displays a table.
func ShowTable(t *figures.Table) {
	if !gonbui.IsNotebook {
		fmt.Println(string(Must(t.Markdown())))
		return
	}
	gonbui.DisplayHTML(string(Must(t.HTML())))
	gonbui.Sync()
}

// Export writes a figure or a table in all formats into build/figures, and lists the files.
func Export(what interface {
	Export(base string) ([]string, error)
}, name string) {
	for _, path := range Must(what.Export(Build("figures", name))) {
		fmt.Println(Must(filepath.Rel(Root(), path)))
	}
}
