// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"testing"
)

// TestPaperAverages: each printed average is the mean of its row to the rounding of its cells, 0.01, but for the row
// that says that it is not.
func TestPaperAverages(t *testing.T) {
	for _, table := range [][]PaperRow{PaperTable1, PaperTable4} {
		for _, row := range table {
			mean := 0.0
			for _, score := range row.Scores {
				mean += score / 8
			}
			misprint := row.Model == "base" && row.Method == "DPT"
			if off := math.Abs(mean - row.Average); (off > 0.0101) != misprint {
				t.Errorf("%s %s: the cells average %.3f, printed is %.2f", row.Model, row.Method, mean, row.Average)
			}
		}
	}
}

// TestPaperCells: an accuracy that the paper measured itself is a mean of three shares of the development split, so a
// multiple of 1/(3n), to the 0.015 that rounding each seed leaves; two cells are not, and are known misprints. BoolQ
// and WiC have too many rows for this to say anything.
func TestPaperCells(t *testing.T) {
	rows := map[string]float64{"WSC": 104, "CB": 56, "COPA": 100, "RTE": 277}
	for _, table := range [][]PaperRow{PaperTable1, PaperTable4} {
		for _, row := range table {
			for i, task := range PaperTasks {
				n, ok := rows[task]
				if !ok || row.External {
					continue
				}
				units := row.Scores[i] / 100 * 3 * n
				off := math.Abs(units-math.Round(units)) / (3 * n) * 100
				misprint := row.Model == "large" && row.Method == "PT" && (task == "WSC" || task == "RTE")
				if (off > 0.0151) != misprint {
					t.Errorf("%s %s %s: %.2f is %.4f away from a multiple of 100/%g", row.Model, row.Method, task,
						row.Scores[i], off, 3*n)
				}
			}
		}
	}
}

// TestPaperNumbers: the counts that figures state are b(c+e), ce and the like of T5-large to their rounding, and the
// gains are differences of Table 1's averages.
func TestPaperNumbers(t *testing.T) {
	const e, c = 1024, 100
	exact := map[string][]float64{
		"trainable parameters on T5-large: DPT, PT, Residual PT": {10 * (c + e), c * e, 2*400*e + 400 + e + 2*e + c*e},
		"trainable parameters on T5-large":                       {10 * (c + e), 1000 * (c + e), 10000 * (c + e)},
		"average score of DPT above PT: small, base, large":      {},
	}
	for _, size := range []string{"small", "base", "large"} {
		gain := 0.0
		for _, row := range PaperTable1 {
			switch {
			case row.Model == size && row.Method == "DPT":
				gain += row.Average
			case row.Model == size && row.Method == "PT":
				gain -= row.Average
			}
		}
		exact["average score of DPT above PT: small, base, large"] = append(exact["average score of DPT above PT: "+
			"small, base, large"], gain)
	}
	checked := 0
	for _, number := range PaperNumbers {
		for i, want := range exact[number.What] {
			checked++
			if got := number.Values[i]; math.Abs(got-want) > 0.025*math.Abs(want) && math.Abs(got-want) > 0.005 {
				t.Errorf("Figure %d, %s: got %v, exactly %v", number.Figure, number.What, got, want)
			}
		}
	}
	if checked != 9 {
		t.Errorf("checked %d numbers, want 9", checked)
	}
}

// TestPaperDatasets: Table 2 has the tasks of Table 1, and the accuracies of Table 1 are shares of its development
// splits (TestPaperCells has those sizes).
func TestPaperDatasets(t *testing.T) {
	dev := map[string]int{}
	for _, d := range PaperTable2 {
		dev[d.Task] = d.Dev
	}
	for _, task := range PaperTasks {
		if dev[task] == 0 {
			t.Errorf("Table 2 lacks %s", task)
		}
	}
	for task, n := range map[string]int{"WSC": 104, "CB": 56, "COPA": 100, "RTE": 277, "BoolQ": 3270} {
		if dev[task] != n {
			t.Errorf("%s: got %d rows, want %d", task, dev[task], n)
		}
	}
}
