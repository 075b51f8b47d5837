// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
)

// JSON is the table, indented.
func (t *Table) JSON() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return indented(t)
}

// CSV has a line for each cell. What has not been run is empty, and its state says so; low and high are the ends of the
// 95 % t-interval over seeds.
func (t *Table) CSV() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	names := strings.Fields("scale column n mean sd min max values runs low high state gpu_hours paper_mean paper_sd text note")
	lines := [][]string{slices.Concat(t.Heads, names)}
	for _, row := range t.Rows {
		for j, c := range row.Cells {
			low, high, hours, paper, paperSD, state := "", "", "", "", "", "run"
			if l, h, ok := c.Ours.Interval(); ok {
				low, high = number(l), number(h)
			}
			if c.Paper != nil {
				paper = number(c.Paper.Mean)
			}
			if c.Paper != nil && c.Paper.SD != nil {
				paperSD = number(*c.Paper.SD)
			}
			switch {
			case c.Text != "":
				state = "text"
			case c.Ours.N == 0:
				state = "not run"
			}
			if c.GPUHours > 0 {
				hours = number(c.GPUHours)
			}
			lines = append(lines, slices.Concat(row.Heads, []string{t.Provenance.Scale, t.Columns[j]}, c.Ours.fields(), []string{low, high, state, hours, paper, paperSD, c.Text, c.Note}))
		}
	}
	return csvOf(lines)
}

// Markdown is the table in GitHub's Markdown.
func (t *Table) Markdown() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	lines, heads, notes := t.lines()
	var b bytes.Buffer
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	escape := strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "\n", " ").Replace
	fmt.Fprintf(&b, "**%s.** %s\n\n", escape(t.Title), escape(t.caption()))
	row(each(slices.Concat(heads, t.Columns), escape))
	row(slices.Concat(slices.Repeat([]string{"---"}, len(heads)), slices.Repeat([]string{"--:"}, len(t.Columns))))
	for _, line := range lines {
		cells := each(line.heads, escape)
		for _, p := range line.cells {
			text := p.mean
			if p.bold {
				text = "**" + text + "**"
			}
			if p.sd != "" {
				text += " ± " + p.sd
			}
			if p.text != "" {
				text = escape(p.text)
			}
			if p.note != "" {
				text += "<sup>" + p.note + "</sup>"
			}
			cells = append(cells, text)
		}
		row(cells)
	}
	for i, note := range notes {
		fmt.Fprintf(&b, "\n<sup>%c</sup> %s\n", 'a'+i%26, escape(note))
	}
	for _, note := range t.Notes {
		fmt.Fprintf(&b, "\n%s\n", escape(note))
	}
	return b.Bytes(), nil
}

// HTML is a table element that brings its style with it; pointing at a number tells its interval, range and runs.
func (t *Table) HTML() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	lines, heads, notes := t.lines()
	var b bytes.Buffer
	fmt.Fprintf(&b, "<table class=\"dpt-table\" style=\"border-collapse:collapse;border-top:1.5px solid;border-bottom:1.5px solid;font-size:90%%\">\n")
	fmt.Fprintf(&b, "<!-- %s -->\n", strings.ReplaceAll(html.EscapeString(t.Provenance.String()), "--", "- -"))
	fmt.Fprintf(&b, "<caption style=\"text-align:left\"><b>%s.</b> %s</caption>\n<thead><tr style=\"border-bottom:1px solid\">", html.EscapeString(t.Title), html.EscapeString(t.caption()))
	for i, head := range slices.Concat(heads, t.Columns) {
		fmt.Fprintf(&b, "<th style=\"text-align:%s\">%s</th>", side(i < len(heads)), html.EscapeString(head))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, line := range lines {
		style := ""
		if line.rule {
			style = "border-top:1px solid"
		}
		if line.paper {
			style = "color:#5a5a5a"
		}
		fmt.Fprintf(&b, "<tr style=\"%s\">", style)
		for _, head := range line.heads {
			fmt.Fprintf(&b, "<th scope=\"row\" style=\"text-align:left;font-weight:normal\">%s</th>", html.EscapeString(head))
		}
		for _, p := range line.cells {
			fmt.Fprintf(&b, "<td style=\"text-align:right\" title=\"%s\">%s</td>", html.EscapeString(p.tip), p.html())
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n")
	if below := slices.Concat(lettered(notes), t.Notes); len(below) > 0 {
		fmt.Fprintf(&b, "<tfoot><tr><td colspan=\"%d\" style=\"text-align:left\">%s</td></tr></tfoot>\n", len(heads)+len(t.Columns), strings.Join(each(below, html.EscapeString), "<br>"))
	}
	b.WriteString("</table>\n")
	return b.Bytes(), nil
}

func (p printed) html() string {
	text := p.mean
	if p.bold {
		text = "<b>" + text + "</b>"
	}
	if p.sd != "" {
		text += "&nbsp;±&nbsp;" + p.sd
	}
	if p.text != "" {
		text = html.EscapeString(p.text)
	}
	if p.note != "" {
		text += "<sup>" + p.note + "</sup>"
	}
	return text
}

// LaTeX is a table over both columns of the page; it needs \usepackage{booktabs}. A cell that has not been run has its
// GPU-hours in brackets, for the room is narrow.
func (t *Table) LaTeX() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	lines, heads, notes := t.lines()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%% %s\n%% needs \\usepackage{booktabs}\n", strings.ReplaceAll(t.Provenance.String(), "\n", " "))
	size := "footnotesize"
	if len(heads)+len(t.Columns) > 9 {
		size = "scriptsize" // or the paper's width would not do
	}
	fmt.Fprintf(&b, "\\begin{table*}[t]\n\\centering\\%s\\setlength{\\tabcolsep}{3pt}\n", size)
	fmt.Fprintf(&b, "\\begin{tabular}{@{}%s%s@{}}\n\\toprule\n", strings.Repeat("l", len(heads)), strings.Repeat("r", len(t.Columns)))
	fmt.Fprintf(&b, "%s \\\\\n\\midrule\n", strings.Join(each(slices.Concat(heads, t.Columns), tex), " & "))
	brackets := ""
	for _, line := range lines {
		if line.rule {
			b.WriteString("\\midrule\n")
		}
		cells := each(line.heads, tex)
		for _, p := range line.cells {
			hours, isHours := strings.CutPrefix(p.text, "not run: est. ")
			if isHours {
				p.text, brackets = "["+strings.Fields(hours)[0]+"]", "In brackets: not run, estimated GPU-hours."
			}
			cells = append(cells, p.tex())
		}
		fmt.Fprintf(&b, "%s \\\\\n", strings.Join(cells, " & "))
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	below := slices.Concat(lettered(notes), t.Notes)
	if brackets != "" {
		below = append(below, brackets)
	}
	fmt.Fprintf(&b, "\\caption{%s. %s}\n\\end{table*}\n", tex(t.Title), strings.Join(each(append([]string{t.caption()}, below...), tex), " "))
	return b.Bytes(), nil
}

func (p printed) tex() string {
	text, marks := tex(p.text), ""
	if p.mean != "" {
		text = strings.Replace(p.mean, "-", "$-$", 1)
	}
	if p.bold {
		text = "\\textbf{" + text + "}"
	}
	if p.sd != "" {
		marks += "_{\\pm " + p.sd + "}"
	}
	if p.note != "" {
		marks += "^{" + p.note + "}"
	}
	if marks != "" {
		marks = "$" + marks + "$"
	}
	return text + marks
}

// tex escapes a text for LaTeX, the signs that this package writes among them.
var tex = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "%", `\%`, "_", `\_`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "±", `$\pm$`, "×", `$\times$`, "–", "--", "·", `$\cdot$`, "≤", `$\le$`, "≥", `$\ge$`, "→", `$\to$`, "α", `$\alpha$`, "Σ", `$\Sigma$`, "Δ", `$\Delta$`, "\u00a0", "~", "\n", " ").Replace

// lettered puts the letters of footnotes before them.
func lettered(notes []string) (all []string) {
	for i, note := range notes {
		all = append(all, fmt.Sprintf("%c: %s.", 'a'+i%26, note))
	}
	return all
}

func side(head bool) string {
	if head {
		return "left"
	}
	return "right"
}

func each(texts []string, change func(string) string) []string {
	changed := make([]string, len(texts))
	for i, text := range texts {
		changed[i] = change(text)
	}
	return changed
}
