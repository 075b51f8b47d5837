// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// LaTeX returns the table as a float with its caption and, if TeX has one, its label. It needs the packages booktabs
// and adjustbox, and siunitx if TeX asks for it. In a table of many columns deviations are below the means; one that is
// still wider than the page or the column is shrunk to it.
func (t *Table) LaTeX() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	p := t.printTeX()
	var b bytes.Buffer
	t.comments(&b, "adjustbox", "")
	float := "table*"
	if t.TeX.Column {
		float = "table"
	}
	fmt.Fprintf(&b, "\\begin{%s}[t]\n\\centering\\footnotesize\\setlength{\\tabcolsep}{2.5pt}\n", float)
	b.WriteString("\\begin{adjustbox}{max width=\\linewidth}\n")
	hours := p.tabular(&b, t.TeX.SIunitx)
	b.WriteString("\\end{adjustbox}\n")
	below := append([]string{t.FullCaption()}, p.notes...)
	if hours {
		below = append(below, bracketed)
	}
	fmt.Fprintf(&b, "\\caption{%s. %s}\n", tex(t.Title), strings.Join(each(below, tex), " "))
	if t.TeX.Label != "" {
		fmt.Fprintf(&b, "\\label{%s}\n", t.TeX.Label)
	}
	fmt.Fprintf(&b, "\\end{%s}\n", float)
	return b.Bytes(), nil
}

// Tabular returns the table's tabular alone, for a float, a caption and a size of your own. A comment holds the caption
// that [Table.LaTeX] has, with the notes: among them the scale, which your caption must tell.
func (t *Table) Tabular() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	p := t.printTeX()
	var body, b bytes.Buffer
	notes := p.notes
	if p.tabular(&body, t.TeX.SIunitx) {
		notes = append(notes, bracketed)
	}
	t.comments(&b, "", strings.Join(append([]string{t.FullCaption()}, notes...), " "))
	b.Write(body.Bytes())
	return b.Bytes(), nil
}

// printTeX lays the table out for the width of the page or the column.
func (t *Table) printTeX() *printed {
	if t.TeX.Column {
		return t.print(2)
	}
	return t.print(6)
}

const bracketed = "In brackets: not run, estimated GPU-hours."

// comments says where the numbers come from, what the table needs besides booktabs, and what else there is to say.
func (t *Table) comments(b *bytes.Buffer, needs, more string) {
	packages := []string{"booktabs"}
	if needs != "" {
		packages = append(packages, needs)
	}
	if t.TeX.SIunitx {
		packages = append(packages, "siunitx")
	}
	for _, text := range []string{t.Provenance.short(), `needs \usepackage{` + strings.Join(packages, ",") + "}", more} {
		if text != "" {
			fmt.Fprintf(b, "%% %s\n", strings.Join(strings.Fields(text), " "))
		}
	}
}

// tabular writes the tabular, and returns whether a number in brackets is an estimate of hours.
func (p *printed) tabular(b *bytes.Buffer, siunitx bool) (hours bool) {
	stacked := siunitx || p.stacked
	columns := p.sides("l", "r")
	for j := 0; siunitx && j < len(p.columns); j++ {
		columns[len(p.heads)+j] = p.format(j)
	}
	fmt.Fprintf(b, "\\begin{tabular}{@{}%s@{}}\n\\toprule\n", strings.Join(columns, ""))
	row := func(heads, cells []string) {
		fmt.Fprintf(b, "%s \\\\\n", strings.Join(slices.Concat(heads, cells), " & "))
	}
	brace := func(text string) string { return inColumn(text, siunitx) }
	row(each(p.heads, tex), each(p.columns, brace))
	if len(p.metrics) > 0 {
		row(make([]string, len(p.heads)), each(p.metrics, brace))
	}
	b.WriteString("\\midrule\n")
	for i, line := range p.lines {
		switch {
		case line.rule:
			b.WriteString("\\midrule\n")
		case i > 0 && stacked:
			b.WriteString("\\addlinespace[1pt]\n")
		}
		var means, deviations []string
		some := false
		for j, c := range line.cells {
			if estimate, ok := strings.CutPrefix(c.text, "not run: est. "); ok {
				c.text, hours = "["+strings.Fields(estimate)[0]+"]", true
			}
			mean, deviation := c.tex(siunitx, stacked, p.sdPattern(j))
			means, deviations = append(means, mean), append(deviations, deviation)
			some = some || deviation != ""
		}
		if row(each(line.heads, tex), means); some {
			row(make([]string, len(line.heads)), deviations)
		}
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	return hours
}

// sdPattern returns the widest deviation of a column, for padding.
func (p *printed) sdPattern(column int) (widest string) {
	for _, line := range p.lines {
		if sd := line.cells[column].sd; len(sd) > len(widest) {
			widest = sd
		}
	}
	return widest
}

// format returns a column type of siunitx that has room for the digits of the column's numbers, and for a sign.
func (p *printed) format(column int) string {
	before, after := 1, 0
	for _, line := range p.lines {
		numbers := []string{line.cells[column].mean, line.cells[column].sd}
		if line.cells[column].bare {
			numbers = numbers[:1]
		}
		for _, number := range numbers {
			whole, fraction, _ := strings.Cut(strings.TrimPrefix(number, "−"), ".")
			before, after = max(before, len(whole)), max(after, len(fraction))
		}
	}
	return fmt.Sprintf("S[table-format=+%d.%d,mode=text,detect-weight]", before, after)
}

// inColumn returns text as TeX, in braces for one of siunitx's columns, which would look for a number in it.
func inColumn(text string, siunitx bool) string {
	if siunitx {
		return "{" + tex(text) + "}"
	}
	return tex(text)
}

var digit = regexp.MustCompile(`\d`)

// tex returns the mean or text, and where deviations are below the means the deviation. Otherwise the deviation
// follows the mean, padded to be as wide as pattern: so the decimals of a column are below one another.
func (c cellText) tex(siunitx, stacked bool, pattern string) (mean, deviation string) {
	mean = inColumn(c.text, siunitx)
	if c.text == "" {
		mean = tex(c.mean)
		if siunitx {
			mean = strings.ReplaceAll(c.mean, "−", "-")
		}
	}
	switch {
	case c.bold && siunitx:
		mean = `\bfseries ` + mean
	case c.bold:
		mean = `\textbf{` + mean + "}"
	}
	sign := `$\pm$`
	if siunitx {
		sign = `\pm `
	}
	switch {
	case c.sd != "" && stacked && siunitx && c.bare:
		deviation = "{" + c.sd + "}"
	case c.sd != "" && stacked:
		deviation = c.spread(sign)
	case c.sd != "" && c.bare:
		mean += `\,` + c.sd
	case c.sd != "":
		mean += `\,$\pm$\,`
		if pad := strings.Repeat("0", len(pattern)-len(c.sd)); pad != "" {
			mean += `\phantom{` + pad + "}"
		}
		mean += c.sd
	case pattern != "" && !c.bare && !stacked && c.mean != "":
		mean += `\phantom{\,$\pm$\,` + digit.ReplaceAllString(pattern, "0") + "}"
	}
	if c.note != "" {
		note := `\rlap{$^{` + c.note + "}$}"
		if siunitx {
			note = "{" + note + "}"
		}
		mean += note
	}
	return mean, deviation
}

// tex escapes a text for LaTeX, whatever its fonts' encoding, the signs among them that captions of this field have.
var tex = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "%", `\%`,
	"_", `\_`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "\u00a0", "~", "\n", " ", "–", "--",
	"---", "-{}-{}-", "--", "-{}-",
	"<", "$<$", ">", "$>$", "|", "$|$", `"`, `\texttt{\char34}`, "`", "\\textasciigrave{}",
	"±", `$\pm$`, "×", `$\times$`, "·", `$\cdot$`, "−", `$-$`, "≤", `$\le$`, "≥", `$\ge$`, "≈", `$\approx$`,
	"→", `$\to$`, "√", `$\surd$`, "α", `$\alpha$`, "β", `$\beta$`, "λ", `$\lambda$`, "μ", `$\mu$`, "σ", `$\sigma$`,
	"Σ", `$\Sigma$`, "Δ", `$\Delta$`).Replace
