// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"math"
	"testing"
)

// TestParetoFront: of points at the same number of parameters, or fewer, only a higher mean stays, and what has not
// been measured is no point.
func TestParetoFront(t *testing.T) {
	point := func(x, mean float64) Point { return Point{X: x, Y: Summarize(mean-1, mean+1)} }
	front := paretoFront([]Point{point(30, 70), point(10, 50), point(20, 80), point(10, 60), {X: 5}, point(40, 80),
		point(50, 81)})
	want := [][2]float64{{10, 60}, {20, 80}, {50, 81}}
	if len(front) != len(want) {
		t.Fatalf("found %v, want %v", front, want)
	}
	for i, p := range front {
		if p.X != want[i][0] || p.Y.Mean != want[i][1] || p.Y.SD != 0 {
			t.Errorf("point %d is %v, want %v without a deviation", i, p, want[i])
		}
	}
}

// TestFieldParameters: the table's counts are those of the methods' papers: DPT's 6,120, 8,680 and 11,240, DePT's
// 76,800 at T5-base, ADePT's 76,051, SMoP's 18,432, PT-MoE's 11,218, LoRA's 884,736 and (IA)³'s 129,024.
func TestFieldParameters(t *testing.T) {
	table := fieldParameters()
	for name, want := range map[string][3]string{
		"DPT": {"6,120", "8,680", "11,240"}, "PT": {"51,200", "76,800", "102,400"}, "ULPT, r = 2": {"1,224", "1,736",
			"2,248"},
		"DePT": {"50,688", "76,800", "102,400"}, "ADePT": {"50,707", "76,051", "101,395"},
		"SMoP": {"12,288", "18,432", "24,576"}, "PT-MoE": {"8,146", "11,218", "14,290"},
		"LoRA": {"294,912", "884,736", "2,359,296"}, "(IA)3": {"43,008", "129,024", "344,064"},
	} {
		found := false
		for _, row := range table.Rows {
			if row.Heads[0] != name {
				continue
			}
			found = true
			for i, cell := range row.Cells {
				if cell.Text != want[i] {
					t.Errorf("%s on %s trains %s, want %s", name, table.Columns[i], cell.Text, want[i])
				}
			}
		}
		if !found {
			t.Errorf("there is no row %s", name)
		}
	}
}

// TestPublishedField: the averages are those of the rows, to the last digit that is printed.
func TestPublishedField(t *testing.T) {
	for _, row := range PublishedField {
		sum := 0.0
		for _, score := range row.Scores {
			sum += score
		}
		if !(math.Abs(sum/5-row.Mean) <= 0.0501) {
			t.Errorf("%s: the mean of its scores is %.2f, the paper has %.1f", row.Method, sum/5, row.Mean)
		}
	}
}
