// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CSV has a line for each point. Numbers that have not been measured are empty; the values and runs of seeds are
// separated by spaces. Numbers are rounded to 4 decimals, those below 1 to 4 digits; [Figure.JSON] has all digits.
func (f *Figure) CSV() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	lines := [][]string{{"scale", "panel", "series", "x", "n", "mean", "sd", "min", "max", "values", "runs",
		"gpu_hours"}}
	for i, p := range f.Panels {
		panel := strings.TrimSpace(letter(i) + " " + p.Title)
		for _, s := range p.Series {
			for _, point := range s.Points {
				x := number(point.X)
				if len(p.X.Names) > 0 && !s.Flat {
					x = p.X.Names[int(point.X)]
				}
				if s.Flat {
					x = ""
				}
				head := []string{f.Provenance.Scale, panel, s.Name, x}
				lines = append(lines, slices.Concat(head, point.Y.fields(), []string{positive(point.GPUHours)}))
			}
		}
	}
	return csvOf(lines)
}

// fields returns n, mean, sd, min, max, values and runs; one seed has no sd, and a mean alone nothing but n.
func (s Summary) fields() []string {
	switch {
	case s.N == 0:
		return []string{"0", "", "", "", "", "", ""}
	case s.SD == 0 && len(s.Values) == 0:
		return []string{strconv.Itoa(s.N), number(s.Mean), "", "", "", "", ""}
	}
	values := make([]string, len(s.Values))
	for i, v := range s.Values {
		values[i] = number(v)
	}
	sd := ""
	if s.N > 1 {
		sd = number(s.SD)
	}
	numbers := []string{strconv.Itoa(s.N), number(s.Mean), sd, number(s.Min), number(s.Max)}
	return append(numbers, strings.Join(values, " "), strings.Join(s.Runs, " "))
}

// number writes a value with 4 decimals, or with 4 digits if it is below 1, without zeros at its end.
func number(v float64) string {
	if math.Abs(v) >= 1 {
		v = math.Round(v*1e4) / 1e4
	} else {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	}
	format := byte('f')
	if v != 0 && math.Abs(v) < 1e-4 {
		format = 'g'
	}
	return strconv.FormatFloat(v+0, format, -1, 64) // + 0 makes -0 0
}

// positive writes a value as number does, and 0 as an empty text.
func positive(v float64) string {
	if v <= 0 {
		return ""
	}
	return number(v)
}

func csvOf(lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(lines)
	return b.Bytes(), err
}
