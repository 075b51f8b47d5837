// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func sd(v float64) *float64 { return &v }

// results is a table at the paper's scale, with made-up numbers of ours: in WSC, DPT is bold; a cell has two seeds and
// one has none.
func results() *Table {
	p := madeUp
	p.Scale = Paper
	row := func(method string, cells ...Cell) Row {
		return Row{Group: "large", Heads: []string{"large", method}, Cells: cells}
	}
	t := &Table{
		Title: "Main results, made up", Heads: []string{"Model", "Method"}, Columns: []string{"WSC", "CB",
			"RTE & co_"}, Provenance: p,
		Notes: []string{"Fine-tuning is of another protocol."},
		Rows: []Row{
			row("DPT", Cell{Ours: Summarize(80, 80.5, 79.5), Paper: &Quoted{79.16, sd(1.46)}},
				Cell{Ours: Summarize(80, 90, 85), Paper: &Quoted{88.09, sd(2.06)}}, Cell{GPUHours: 31}),
			row("PT", Cell{Ours: Summarize(70, 71, 70.5), Paper: &Quoted{76.52, sd(1.92)},
				Note: "a misprint for 76.92"},
				Cell{Ours: Summarize(79, 80)}, Cell{Ours: Summarize(60, 61, 62)}),
		},
	}
	t.Rows = append(t.Rows, row("Fine-tuning", Cell{Ours: Summarize(95, 95, 95.1)}, Cell{Text: "100 %"}, Cell{}))
	t.Bold = "above PT, by a test that is made up"
	t.Rows[0].Cells[0].Bold, t.Rows[0].Cells[0].P = true, 0.01
	return t
}

func TestTable(t *testing.T) {
	table := results()
	for suffix, render := range map[string]func() ([]byte, error){"tex": table.LaTeX, "md": table.Markdown,
		"html": table.HTML, "csv": table.CSV} {
		got, err := render()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "table."+suffix)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs, run with -update if this is right:\n%s", file, got)
		}
	}
}

// A table survives JSON, and its CSV has a record for each cell, none of them with a number that has not been
// measured.
func TestTableData(t *testing.T) {
	table := results()
	data, err := table.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Table
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(&back, table) {
		t.Errorf("from JSON came %+v (%v), want %+v", back, err, table)
	}
	if data, err = table.CSV(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil || len(lines) != 1+9 {
		t.Fatalf("got %d lines (%v), want a head and 9", len(lines), err)
	}
	for _, line := range lines[1:] {
		if n, mean := line[4], line[5]; (n == "0") != (mean == "") {
			t.Errorf("n is %s and the mean %q in %v", n, mean, line)
		}
	}
}

// Toy numbers and the paper's can't be put into one table, nor ours into a table of published ones.
func TestTableErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Table)
		want   string
	}{
		{"toy beside the paper's", func(t *Table) { t.Provenance.Scale = Toy }, "only beside runs at its scale"},
		{"small beside the paper's", func(t *Table) { t.Provenance.Scale = Small }, "only beside runs at its scale"},
		{"ours among published", func(t *Table) { t.Provenance.Scale = Published }, "must have none of ours"},
		{"no scale", func(t *Table) { t.Provenance.Scale = "" }, "the scale must be"},
		{"cells", func(t *Table) { t.Rows[0].Cells = t.Rows[0].Cells[:2] }, "row 1: there must be 2 heads and 3 cells"},
		{"NaN", func(t *Table) { t.Rows[0].Cells[0].Ours.Mean = math.NaN() },
			"row large DPT, column WSC: numbers must be finite"},
		{"text and score", func(t *Table) { t.Rows[0].Cells[0].Text = "80" }, "a text or scores"},
		{"bold", func(t *Table) { t.Bold = "" }, "must say in Bold"},
		{"p", func(t *Table) { t.Rows[0].Cells[0].P = 1.1 }, "p must be from 0 to 1"},
		{"found", func(t *Table) { n := 4; t.Rows[0].Cells[0].Found = &n }, "all of 3 seeds"},
		{"show", func(t *Table) { t.Show = "p-values" }, "it must show one of"},
		{"run and hours", func(t *Table) { t.Rows[0].Cells[0].GPUHours = 1 }, "only a cell that has not been run"},
	} {
		table := results()
		test.change(table)
		for _, render := range []func() ([]byte, error){table.LaTeX, table.Markdown, table.HTML, table.CSV,
			table.JSON} {
			if data, err := render(); err == nil || data != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %d bytes and error %v, want one that says %q", test.name, len(data), err, test.want)
			}
		}
	}
}

// The paper's Table 1 as a table can be printed, and says that its numbers were not run here.
func TestPaperResults(t *testing.T) {
	text, err := PaperResults("Table 1", PaperTable1).Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"published: numbers of the paper, not run here",
		"| large | DPT | 11K | 79.16 ± 1.46 |", "71.92, not the 71.88"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// Table 3 prints the deviations alone, a zero too, without the rows of fine-tuning and the column of averages, which
// have none.
func TestDeviations(t *testing.T) {
	table := PaperResults("Table 3", PaperTable1)
	table.Show = Deviations
	text, err := table.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	if want := "| large | PT | 102K | 1.92 | 1.04 | 0.82 | 1.03 | 0.00 | 0.18 | 0.09 | 0.20 |\n"; !strings.Contains(string(text), want) {
		t.Errorf("lacks %q:\n%s", want, text)
	}
	if strings.Contains(string(text), "Avg") || strings.Contains(string(text), "Fine-tuning | 60M") ||
		strings.Contains(string(text), "–") {
		t.Errorf("want no empty rows and columns:\n%s", text)
	}
	ours := results()
	ours.Show = Deviations
	if text, err = ours.Markdown(); err != nil || !strings.Contains(string(text),
		"| large | DPT | ours | 0.50 | 5.00 | not run") {
		t.Errorf("got %v\n%s", err, text)
	}
}
