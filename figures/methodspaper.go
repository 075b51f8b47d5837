// SPDX-License-Identifier: Apache-2.0

package figures

// PublishedFieldRow is a row of the table that the papers on DPT's successors have of SuperGLUE on T5-base.
type PublishedFieldRow struct {
	Method  string
	Trained string
	Scores  [5]float64 // MultiRC (F1), BoolQ, WiC, WSC, CB
	Mean    float64
	From    string // whose run it is
}

// PublishedField is ULPT's Table 1 (Wu et al. 2025, arXiv 2502.04501): T5-base, and of a task without public test
// labels one half of the validation split to select on and the other to report, one seed (42). PT and the rows of DPT
// and ULPT are its authors' own runs; the others they copied from DePT's paper (Shi and Lipani 2024).
var PublishedField = []PublishedFieldRow{
	{"Fine-tuning", "220M", [5]float64{72.8, 81.1, 70.2, 59.6, 85.7}, 73.9, "DePT"},
	{"Adapter", "1.9M", [5]float64{75.9, 82.5, 67.1, 67.3, 85.7}, 75.7, "DePT"},
	{"BitFit", "280K", [5]float64{74.5, 79.6, 70.0, 59.6, 78.6}, 72.5, "DePT"},
	{"LoRA", "3.8M", [5]float64{72.6, 81.3, 68.3, 67.3, 92.9}, 76.5, "DePT"},
	{"PT", "76.8K", [5]float64{72.3, 80.4, 67.7, 67.3, 78.6}, 73.3, "ULPT"},
	{"DePT", "76.8K", [5]float64{74.3, 79.3, 68.7, 67.3, 92.9}, 76.5, "DePT"},
	{"DPT, r = 10", "9.0K", [5]float64{74.5, 78.7, 66.8, 67.3, 71.4}, 71.7, "ULPT"},
	{"DPT, r = 64", "55.6K", [5]float64{73.2, 80.1, 63.0, 67.3, 85.7}, 73.9, "ULPT"},
	{"ULPT, r = 2", "1.7K", [5]float64{73.4, 76.7, 67.4, 67.3, 71.4}, 71.2, "ULPT"},
	{"ULPT, r = 16", "3.1K", [5]float64{72.6, 77.7, 66.1, 67.3, 89.3}, 74.6, "ULPT"},
	{"ULPT, r = 64", "7.9K", [5]float64{73.1, 78.2, 69.0, 67.3, 96.4}, 76.8, "ULPT"},
	{"ULPT, r = 256", "27.1K", [5]float64{74.3, 79.9, 63.3, 67.3, 89.3}, 74.8, "ULPT"},
	{"SPoT (transfer)", "76.8K", [5]float64{74.0, 77.2, 67.0, 50.0, 46.4}, 62.9, "DePT"},
	{"MPT (transfer)", "77.6K", [5]float64{74.8, 79.6, 69.0, 67.3, 79.8}, 74.1, "DePT"},
}

// publishedField is PublishedField as a table, with what is known of its faults.
func publishedField() *Table {
	t := &Table{
		Title: "The field as published, T5-base", Heads: []string{"Method", "#Train", "Run by"}, Decimals: 1,
		Columns: []string{"MultiRC", "BoolQ", "WiC", "WSC", "CB", "Avg"}, Provenance: Provenance{Scale: Published},
		Caption: "Table 1 of the ULPT paper (arXiv 2502.04501): T5-base; one half of the validation split selects, " +
			"the other is reported; digits for labels; one seed. Not comparable to the DPT paper's Table 1, which " +
			"reports the best evaluation on the whole split.",
		Notes: []string{
			"WSC is the yes-or-no task. 67.3 is the share of the more frequent label in the half that is reported " +
				"(35 of 52): eleven rows have it, so that their average is of four tasks and a constant.",
			"One example of CB's half is 3.6 points.",
			"The DPT rows are ULPT's, by code of their own with another start (factors normal, product of standard " +
				"deviation 0.58 at r = 10); their learning rate is not given. It is the only re-run of DPT on T5 " +
				"that was found.",
		},
	}
	t.Metrics = metricsOf(t.Columns)
	for _, row := range PublishedField {
		r := Row{Heads: []string{row.Method, row.Trained, row.From}}
		for _, score := range append(row.Scores[:], row.Mean) {
			r.Cells = append(r.Cells, Cell{Paper: &Quoted{Mean: score}})
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}
