// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"testing"
)

// TestPaperAverages: each printed average is the mean of its row to the rounding of its cells, 0.01, but for the row that
// says that it is not.
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
// multiple of 1/(3n), to the 0.015 that rounding each seed leaves; two cells are not, and are known misprints. BoolQ and
// WiC have too many rows for this to say anything.
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
					t.Errorf("%s %s %s: %.2f is %.4f away from a multiple of 100/%g", row.Model, row.Method, task, row.Scores[i], off, 3*n)
				}
			}
		}
	}
}
