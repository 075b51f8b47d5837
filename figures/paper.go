// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"slices"

	"dpt/superglue"
)

// PaperTasks is the order of the columns in the paper's tables of results.
var PaperTasks = []string{"WSC", "WiC", "BoolQ", "CB", "COPA", "MultiRC", "ReCoRD", "RTE"}

// PaperRow is a row of the paper's results: development scores in percent, mean of three seeds, accuracy for all tasks
// but MultiRC and ReCoRD (F1). They are quoted as printed, misprints included; Notes says what is known of those.
type PaperRow struct {
	Model     string // "small", "base" or "large"
	Method    string
	Trainable string     // as printed, rounded
	Scores    [8]float64 // in the order of PaperTasks
	Average   float64    // as printed
	External  bool       // copied by the paper from Aribandi et al. 2022 (ExT5), another protocol
	Deviation [8]float64 // sample standard deviation of the three seeds (Table 3); zeros where the paper has none
	Notes     []string
}

// PaperTable1 is the paper's Table 1, its main results, with the deviations of Table 3. Prompts have 100 vectors, DPT's
// bottleneck is 10 and Residual PT's 400.
var PaperTable1 = []PaperRow{
	{Model: "small", Method: "Fine-tuning", Trainable: "60M", Average: 69.58,
		Scores: [8]float64{67.94, 68.18, 77.06, 89.28, 59.00, 66.98, 55.64, 72.56}},
	{Model: "small", Method: "PT", Trainable: "51K", Average: 62.51,
		Scores:    [8]float64{63.14, 59.29, 66.78, 74.99, 58.33, 64.89, 52.75, 59.92},
		Deviation: [8]float64{1.10, 2.82, 1.28, 3.57, 1.15, 0.90, 0.30, 3.12}},
	{Model: "small", Method: "Residual PT", Trainable: "462K", Average: 63.91,
		Scores:    [8]float64{63.14, 60.96, 73.35, 72.02, 56.66, 65.12, 53.08, 67.02},
		Deviation: [8]float64{1.10, 5.7, 1.64, 4.12, 0.57, 0.51, 0.22, 3.68}},
	{Model: "small", Method: "DPT", Trainable: "6K", Average: 65.70,
		Scores:    [8]float64{63.78, 64.31, 71.74, 79.16, 58.00, 64.89, 53.27, 70.51},
		Deviation: [8]float64{0.55, 0.65, 0.85, 4.12, 4.35, 0.90, 0.15, 1.98},
		Notes:     []string{"MultiRC's mean and deviation are those of PT: perhaps copied by mistake"}},
	{Model: "base", Method: "Fine-tuning", Trainable: "220M", Average: 78.41, External: true,
		Scores: [8]float64{81.70, 69.30, 82.30, 91.70, 60.00, 76.90, 80.90, 84.50}},
	{Model: "base", Method: "PT", Trainable: "77K", Average: 64.30,
		Scores:    [8]float64{64.74, 59.97, 62.18, 70.23, 56.33, 72.69, 71.84, 56.43},
		Deviation: [8]float64{1.10, 6.30, 0.01, 1.02, 1.15, 0.24, 0.09, 0.20},
		Notes:     []string{"BoolQ is the majority class, 62.17, on every seed: PT did not train there"}},
	{Model: "base", Method: "Residual PT", Trainable: "693K", Average: 71.41,
		Scores:    [8]float64{67.94, 63.31, 80.00, 77.37, 56.66, 72.11, 72.21, 81.70},
		Deviation: [8]float64{0.55, 3.68, 10.11, 10.46, 2.08, 0.20, 0.13, 1.50},
		Notes:     []string{"BoolQ's deviation of 10.11 would need a seed above fine-tuning: probably a misprint"}},
	{Model: "base", Method: "DPT", Trainable: "9K", Average: 71.88,
		Scores:    [8]float64{67.30, 68.49, 78.64, 78.56, 56.66, 71.22, 72.53, 81.94},
		Deviation: [8]float64{0.96, 1.33, 0.79, 6.43, 2.08, 0.46, 0.10, 1.30},
		Notes:     []string{"the eight cells average 71.92, not the 71.88 that is printed"}},
	{Model: "large", Method: "Fine-tuning", Trainable: "770M", Average: 87.10, External: true,
		Scores: [8]float64{88.50, 73.50, 88.30, 94.30, 87.00, 85.40, 89.20, 90.60}},
	{Model: "large", Method: "PT", Trainable: "102K", Average: 77.08,
		Scores:    [8]float64{76.52, 70.00, 84.09, 74.40, 62.00, 76.18, 84.51, 88.95},
		Deviation: [8]float64{1.92, 1.04, 0.82, 1.03, 0.00, 0.18, 0.09, 0.20},
		Notes: []string{"WSC is no mean of three seeds on 104 rows; 76.92 would be, with the deviation that is printed",
			"RTE is no mean of three seeds on 277 rows; 88.93 would be"}},
	{Model: "large", Method: "Residual PT", Trainable: "925K", Average: 76.67,
		Scores:    [8]float64{70.50, 72.25, 85.04, 73.21, 62.66, 76.46, 84.36, 88.92},
		Deviation: [8]float64{3.08, 0.56, 0.13, 1.79, 1.52, 0.04, 0.17, 0.75}},
	{Model: "large", Method: "DPT", Trainable: "11K", Average: 79.72,
		Scores:    [8]float64{79.16, 71.99, 84.76, 88.09, 62.33, 76.72, 84.46, 90.25},
		Deviation: [8]float64{1.46, 0.63, 0.27, 2.06, 2.51, 0.39, 0.15, 0.36}},
}

// PaperTable4 is the paper's Table 4: Residual PT with prompts of 10 vectors.
var PaperTable4 = []PaperRow{
	{Model: "small", Method: "Residual PT", Trainable: "416K", Average: 62.83,
		Scores: [8]float64{64.73, 58.09, 69.70, 73.21, 58.66, 63.21, 52.82, 62.21}},
	{Model: "base", Method: "Residual PT", Trainable: "624K", Average: 69.88,
		Scores: [8]float64{68.26, 66.87, 79.11, 74.99, 57.66, 71.20, 72.41, 68.58}},
	{Model: "large", Method: "Residual PT", Trainable: "832K", Average: 75.15,
		Scores: [8]float64{69.86, 69.74, 84.18, 70.82, 59.33, 74.77, 84.31, 88.20}},
}

// PaperDataset is a row of the paper's Table 2.
type PaperDataset struct {
	Task       string
	Train, Dev int // rows
	Type       string
	Metric     string
	Note       string
}

// PaperTable2 is the paper's Table 2, its datasets, with notes on its slips.
var PaperTable2 = paperTable2()

func paperTable2() (rows []PaperDataset) {
	notes := map[string]string{
		"CB":     "the paper's text says that CB has 554 samples, 259 of them kept: that is WSC",
		"ReCoRD": "queries; one example for each answer makes 138,854",
		"WSC":    "only the True rows of 554 are trained on; development has 38 True, 66 False",
	}
	for _, t := range superglue.All() {
		rows = append(rows, PaperDataset{t.Name, t.Table2.Train, t.Table2.Dev, t.Table2.Type, t.Table2.Metric,
			notes[t.Name]})
	}
	return rows
}

// PaperNumber is a number of a figure that the paper states in words. The figures' values themselves are only drawn
// there.
type PaperNumber struct {
	Figure int
	What   string
	Values []float64
	Note   string
}

// PaperNumbers are those of Figures 1 to 11; Figures 7, 9, 10 and 11 have none but their axes.
var PaperNumbers = []PaperNumber{
	{1, "trainable parameters on T5-large: DPT, PT, Residual PT", []float64{11.2e3, 102e3, 925e3},
		"rounded; the text's \"nearly 84x\" between DPT and Residual PT is 925/11, exactly it is 82.3"},
	{1, "average score of DPT above PT: small, base, large", []float64{3.19, 7.58, 2.64},
		"base is 7.62 from the cells of Table 1, whose average is misprinted"},
	{3, "diagonal entries at the start: positive, negative", []float64{100, 0}, ""},
	{4, "training examples in all", []float64{8, 16, 32}, ""},
	{5, "bottlenecks", []float64{4, 6, 8, 10, 12, 14}, "Figure 10 has the same on T5-base"},
	{6, "prompt lengths, bottleneck 10", []float64{20, 100, 200}, "Figure 11 has the same on T5-base"},
	{7, "prompt lengths, bottleneck 2", []float64{6, 10}, ""},
	{8, "bottlenecks", []float64{10, 1000, 10000}, "the text says RTE only, and there are two panels on T5-large"},
	{8, "trainable parameters on T5-large", []float64{11.2e3, 1.1e6, 11.2e6}, "rounded"},
}

// PaperResults is one of the paper's tables of results as a table at the scale [Published]: PaperTable1 or PaperTable4;
// showing [Deviations], PaperTable1 is the paper's Table 3.
func PaperResults(title string, rows []PaperRow) *Table {
	t := &Table{
		Title: title, Heads: []string{"Model", "Method", "#Train"}, Columns: append(slices.Clone(PaperTasks), "Avg"),
		Caption:    "Development scores in percent, mean of three seeds, ± the sd of Table 3 where it has one.",
		Provenance: Provenance{Scale: Published},
	}
	t.Metrics = metricsOf(t.Columns)
	for _, row := range rows {
		r := Row{Group: row.Model, Heads: []string{row.Model, row.Method, row.Trainable}}
		for i, score := range row.Scores {
			q := &Quoted{Mean: score}
			if row.Deviation != [8]float64{} {
				q.SD = &row.Deviation[i]
			}
			r.Cells = append(r.Cells, Cell{Paper: q})
		}
		r.Cells = append(r.Cells, Cell{Paper: &Quoted{Mean: row.Average}})
		for _, note := range row.Notes {
			t.Notes = append(t.Notes, fmt.Sprintf("%s %s: %s.", row.Model, row.Method, note))
		}
		if row.External {
			t.Notes = append(t.Notes, fmt.Sprintf("%s %s: copied by the paper from Aribandi et al. 2022, another "+
				"protocol.", row.Model, row.Method))
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}
