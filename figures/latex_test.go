// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// wide is a table of eight tasks, some deviations with one digit before the point and some with two, one cell of one
// seed.
func wide() *Table {
	t := &Table{Title: "Eight tasks", Heads: []string{"Method", "#Train"}, Columns: PaperTasks, Provenance: madeUp}
	t.Metrics = []string{"Acc", "Acc", "Acc", "Acc", "Acc", "F1", "F1", "Acc"}
	for i, method := range []string{"DPT", "PT"} {
		row := Row{Heads: []string{method, "11,240"}}
		for j := range PaperTasks {
			row.Cells = append(row.Cells, Cell{Ours: Summarize(70-20*float64(i), 70+float64(j*j), 71)})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Rows[1].Cells[3].Ours = Summarize(100)
	return t
}

func text(t *testing.T, render func() ([]byte, error)) string {
	t.Helper()
	data, err := render()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// body is the lines of a tabular between its rules.
func body(latex string) (cells [][]string) {
	_, latex, _ = strings.Cut(latex, "\\midrule\n")
	latex, _, _ = strings.Cut(latex, "\\bottomrule")
	for row := range strings.Lines(latex) {
		if row, ok := strings.CutSuffix(row, " \\\\\n"); ok {
			cells = append(cells, strings.Split(row, " & "))
		}
	}
	return cells
}

var (
	phantom = regexp.MustCompile(`\\phantom\{([^}]*)\}`)
	wrapped = regexp.MustCompile(`\\textbf\{([^}]*)\}|\\rlap\{\$\^\{.\}\$\}`)
)

// TestDecimalsAligned: in a column that is flush right, what follows the point of each mean is equally wide, phantoms
// counted.
func TestDecimalsAligned(t *testing.T) {
	table := wide()
	table.Columns, table.Metrics = table.Columns[2:6], nil
	for i := range table.Rows {
		table.Rows[i].Cells = table.Rows[i].Cells[2:6]
	}
	widths := map[int]map[int]bool{}
	for _, row := range body(text(t, table.Tabular)) {
		for j, cell := range row[2:] {
			cell = phantom.ReplaceAllString(wrapped.ReplaceAllString(cell, "$1"), "$1")
			_, after, _ := strings.Cut(cell, ".")
			if widths[j] == nil {
				widths[j] = map[int]bool{}
			}
			widths[j][len(after)] = true
		}
	}
	if len(widths) != 4 {
		t.Fatalf("found %d columns, want 4", len(widths))
	}
	for j, all := range widths {
		if len(all) != 1 {
			t.Errorf("column %d: after the point there are %v letters, want the same in each row:\n%s", j+1, all,
				text(t,
					table.Tabular))
		}
	}
}

// TestWideLaTeX: in a table of many columns the deviations have a line of their own, in the size of the means; the
// metrics are below the tasks.
func TestWideLaTeX(t *testing.T) {
	table := wide()
	table.TeX = TeX{Label: "tab:wide", Column: true}
	float, tabular := text(t, table.LaTeX), text(t, table.Tabular)
	rows := body(float)
	if len(rows) != 4 || rows[1][0] != "" || rows[1][2] != `$\pm$0.58` || rows[3][5] != "" {
		t.Errorf("got the rows %q, want each mean above its deviation, and none of one seed", rows)
	}
	for _, want := range []string{"\\begin{table}[t]", "\\label{tab:wide}\n\\end{table}",
		"Method & \\#Train & WSC &", "\n &  & Acc & Acc & Acc & Acc & Acc & F1 & F1 & Acc \\\\\n",
		"\\caption{Eight tasks. toy: mean",
		"% scale: toy; commit: 0123abc; device: no device; date: 2026-11-25T22:00:00Z; runs: 2, named in the JSON\n",
		"{@{}lrrrrrrrrr@{}}"} {
		if !strings.Contains(float, want) {
			t.Errorf("lacks %q:\n%s", want, float)
		}
	}
	if strings.Contains(tabular, "\\caption") || strings.Contains(tabular, "table}") || !strings.Contains(tabular,
		"% toy: mean") || !strings.HasSuffix(tabular, "\\end{tabular}\n") {
		t.Errorf("the tabular must be bare, and name the scale in a comment:\n%s", tabular)
	}
	if _, inner, _ := strings.Cut(float, "\\begin{tabular}"); !strings.Contains(tabular, strings.Split(inner,
		"\\end{tabular}")[0]) {
		t.Errorf("the float has another tabular:\n%s\n%s", float, tabular)
	}
}

// TestDecimals: as many as are asked for, in means and deviations.
func TestDecimals(t *testing.T) {
	table := wide()
	table.Decimals = 1
	for _, render := range []func() ([]byte, error){table.LaTeX, table.Markdown, table.HTML} {
		if got := text(t, render); regexp.MustCompile(`>?\d\.\d\d\b`).MatchString(strings.Split(got, "interval")[0]) {
			t.Errorf("want one decimal:\n%s", got)
		}
	}
}

// TestWideHTML: in a table of many columns the deviation is below its mean, which makes Table 1 half as wide.
func TestWideHTML(t *testing.T) {
	got := text(t, wide().HTML)
	if strings.Contains(got, "&nbsp;±&nbsp;0.58</td>") || !strings.Contains(got, `70.33<br><span`) ||
		!strings.Contains(got, ">F1</th>") {
		t.Errorf("the deviations must be below the means, and the metrics in a row:\n%s", got)
	}
}

// TestSigns: plain LaTeX prints what the table says: the signs of numbers and texts, each as one that its fonts have.
func TestSigns(t *testing.T) {
	table := &Table{Title: "Signs", Heads: []string{"a | b"}, Columns: []string{"c"}, Provenance: madeUp, Decimals: 1,
		Caption: `p < 0.05 > 0.01, --runs "x" ` + "`y`",
		Rows: []Row{{Heads: []string{"−1"}, Cells: []Cell{{Ours: Summarize(-2, -3)}}}, // of a hyphen's and a minus' length
			{Heads: []string{"0"}, Cells: []Cell{{Ours: Summarize(-0.02, 0.01)}}}}}
	page := text(t, table.LaTeX)
	for _, want := range []string{"a $|$ b &", `p $<$ 0.05 $>$ 0.01, -{}-runs \texttt{\char34}x`,
		`\textasciigrave{}y`, `$-$1 & $-$2.5\,$\pm$\,0.7`, `0 & 0.0\,`} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s:\n%s", want, page)
		}
	}
	latex := typesetter(t)
	pdf := typeset(t, latex, "\\documentclass{article}\n\\usepackage{booktabs,adjustbox}\n\\begin{document}\n"+page)
	pdftotext, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	out, err := exec.Command(pdftotext, "-layout", pdf, "-").Output()
	for _, want := range []string{"a|b", `p < 0.05 > 0.01, --runs "x" ` + "`y`", "−1", "−2.5", "0.0"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: the page lacks %s:\n%s", err, want, out)
		}
	}
}

// typesetter returns the path of LaTeX, or skips the test where it or a package that tables need is not installed.
func typesetter(t *testing.T) string {
	latex, err := exec.LookPath("pdflatex")
	if err != nil || exec.Command("kpsewhich", "siunitx.sty", "adjustbox.sty").Run() != nil {
		t.Skip("pdflatex, siunitx or adjustbox is not installed")
	}
	return latex
}

// typeset returns the PDF of a document whose end is left to it.
func typeset(t *testing.T, latex, document string) string {
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "paper.tex"), []byte(document+"\nText.\n\\end{document}\n"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(latex, "-interaction=nonstopmode", "-halt-on-error", "paper.tex")
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil || strings.Contains(string(out), "Overfull") || strings.Contains(string(out), "Float too large") {
		t.Errorf("%v:\n%s", err, out)
	}
	return filepath.Join(dir, "paper.pdf")
}

// TestCompiles typesets tables with LaTeX, where it is installed, in the column and page of an ACL paper: none is too
// wide or too long, nor shrunk by more than a fifth.
func TestCompiles(t *testing.T) {
	latex := typesetter(t)
	paper := "\\documentclass[11pt,a4paper,twocolumn]{article}\n" +
		"\\usepackage[textwidth=6.30in,textheight=24.7cm,columnsep=0.24in]{geometry}\n" +
		"\\usepackage{booktabs,siunitx,adjustbox}\n\\begin{document}\n"
	narrow := func(n int) *Table {
		t := wide()
		t.Columns, t.Metrics, t.TeX.Column = t.Columns[:n], t.Metrics[:n], true
		for i := range t.Rows {
			t.Rows[i].Cells = t.Rows[i].Cells[:n]
		}
		return t
	}
	published := PaperResults("Published", PaperTable1)
	tables := []*Table{wide(), narrow(2), narrow(4), results(), published, PaperData()}
	for _, artefact := range []Artefact{Table1} {
		_, all := madeUpRuns(artefact)
		for _, r := range all {
			if r.Table != nil {
				tables = append(tables, r.Table)
			}
		}
	}
	for i, table := range tables {
		for _, siunitx := range []bool{false, true} {
			table.TeX.SIunitx, table.TeX.Label = siunitx, fmt.Sprint("tab:", i, siunitx)
			if !table.TeX.Column {
				paper += "\\sbox0{\\footnotesize\\setlength{\\tabcolsep}{2.5pt}" + text(t, table.Tabular) + "}%\n" +
					"\\ifdim.8\\wd0>\\textwidth\\errmessage{" + table.Title + ": \\the\\wd0}\\fi\n"
			}
			paper += text(t, table.LaTeX) + "\\clearpage\n"
		}
	}
	typeset(t, latex, paper)
}
