// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Figure is one or several panels in a grid, with one key to all and a caption that names the scale. It is data, for JSON
// and CSV; [Figure.Drawing] makes the picture.
type Figure struct {
	Title      string     `json:"title"`             // goes into the files' metadata, not into the picture: papers set their own
	Caption    string     `json:"caption,omitempty"` // what the reader must know; scale, number of seeds and spread are put before it
	Full       bool       `json:"full,omitempty"`    // as wide as the page, 6.75 in, instead of a column
	Columns    int        `json:"columns"`           // of the grid of panels; at least 1
	Panels     []Panel    `json:"panels"`            // row by row; several are labelled (a), (b), ...
	Provenance Provenance `json:"provenance"`
}

// Panel is one pair of axes.
type Panel struct {
	Title  string   `json:"title,omitempty"` // above the panel, such as the task; one line, or several where it is long
	Kind   Kind     `json:"kind"`
	X      Axis     `json:"x"`
	Y      Axis     `json:"y"`
	Series []Series `json:"series"`
}

// Kind is how the series of a panel are drawn.
type Kind string

// The kinds of panels. All but Ranges show a standard deviation on either side of the mean.
const (
	Lines  Kind = "lines"  // markers joined by a line, error bars
	Bands  Kind = "bands"  // a line within a band
	Bars   Kind = "bars"   // bars in groups, from zero if Y.Min isn't set, error bars; over X.Names
	Ranges Kind = "ranges" // a marker at the mean, a bar from the lowest to the highest seed
	Steps  Kind = "steps"  // counts over training: each holds until the next
)

// Axis is a panel's x or y axis.
type Axis struct {
	Label string   `json:"label"`           // with the unit
	Log   bool     `json:"log,omitempty"`   // only for x
	Names []string `json:"names,omitempty"` // only for x: categories; a point's X is the index of one
	Min   float64  `json:"min,omitempty"`   // only for y, with Max; both 0: chosen from the data
	Max   float64  `json:"max,omitempty"`
}

// Series is what one method did.
type Series struct {
	Name   string  `json:"name"`           // in the key
	Look   string  `json:"look,omitempty"` // whose look it has, one of [Looks]; empty: Name's
	Flat   bool    `json:"flat,omitempty"` // a level to compare with: one point, drawn across the panel
	Points []Point `json:"points"`         // in ascending order of X
}

// Point is a number at X. One that has not been measured (Y.N is 0) leaves a gap in the line and a cross on the axis.
type Point struct {
	X        float64 `json:"x"`
	Y        Summary `json:"y"`
	GPUHours float64 `json:"gpu_hours,omitempty"` // estimated, of one that has not been measured
}

func (s Series) look() (Look, bool) {
	if s.Look == "" {
		return LookOf(s.Name)
	}
	return LookOf(s.Look)
}

// summaries are all numbers of the figure.
func (f *Figure) summaries() (all []Summary) {
	for _, p := range f.Panels {
		for _, s := range p.Series {
			for _, point := range s.Points {
				all = append(all, point.Y)
			}
		}
	}
	return all
}

// Seeds says how many seeds the numbers are means of: "3 seeds", or "2 to 3 seeds" where some are missing.
func (f *Figure) Seeds() string { return seeds(f.summaries()) }

// spread says in the caption what the numbers are and what the error bars mean.
func (f *Figure) spread() string {
	all := f.summaries()
	several := func(s Summary) bool { return s.N > 1 }
	if !slices.ContainsFunc(all, several) {
		return f.Seeds()
	}
	ranges := func(p Panel) bool { return p.Kind == Ranges }
	deviates := func(s Summary) bool { return s.SD > 0 }
	what := "mean"
	switch {
	case !slices.ContainsFunc(all, deviates):
	case !slices.ContainsFunc(f.Panels, ranges):
		what = "mean ± sd"
	case slices.ContainsFunc(f.Panels, func(p Panel) bool { return !ranges(p) }):
		what = "mean ± sd, in ranges lowest and highest,"
	default:
		what = "mean, lowest and highest"
	}
	return what + " of " + f.Seeds()
}

// caption is the visible one.
func (f *Figure) caption() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s. %s %s", f.Provenance.words(), f.spread(), f.Caption, f.missing()))
}

// missing says how many numbers have not been measured, and what they would cost.
func (f *Figure) missing() string {
	all, missing, hours := 0, 0, 0.0
	for _, p := range f.Panels {
		for _, s := range p.Series {
			for _, point := range s.Points {
				all++
				if point.Y.N == 0 {
					missing, hours = missing+1, hours+point.GPUHours
				}
			}
		}
	}
	switch {
	case missing == 0:
		return ""
	case hours == 0:
		return fmt.Sprintf("Not run: %d of %d numbers.", missing, all)
	}
	return fmt.Sprintf("Not run: %d of %d numbers, estimated at %s GPU-hours.", missing, all, hoursOf(hours))
}

func (f *Figure) check() error {
	if err := f.Provenance.check(); err != nil {
		return err
	}
	if f.Columns < 1 || len(f.Panels) == 0 || len(f.Panels) > 26 {
		return fmt.Errorf("there must be at least one column and 1 to 26 panels, found %d columns and %d panels", f.Columns, len(f.Panels))
	}
	looks := map[string]string{}
	for i, p := range f.Panels {
		if err := p.check(); err != nil {
			return fmt.Errorf("panel %d %q: %w", i+1, p.Title, err)
		}
		for _, s := range p.Series {
			if before, ok := looks[s.Name]; ok && before != s.Look {
				return fmt.Errorf("panel %d %q: a series must look the same in all panels, found %q with the looks %q and %q", i+1, p.Title, s.Name, before, s.Look)
			}
			looks[s.Name] = s.Look
		}
	}
	return nil
}

func (p *Panel) check() error {
	if !slices.Contains([]Kind{Lines, Bands, Bars, Ranges, Steps}, p.Kind) {
		return fmt.Errorf("the kind must be lines, bands, bars, ranges or steps, found %q", p.Kind)
	}
	if p.Kind == Bars && len(p.X.Names) == 0 {
		return fmt.Errorf("bars stand over categories, found none: set X.Names")
	}
	if p.X.Log && len(p.X.Names) > 0 || p.Y.Log || len(p.Y.Names) > 0 || p.X.Min != 0 || p.X.Max != 0 || p.Y.Min > p.Y.Max {
		return fmt.Errorf("x is either log or has names, y has only limits Min < Max; found x %+v, y %+v", p.X, p.Y)
	}
	if len(p.Series) == 0 {
		return fmt.Errorf("there must be at least one series, found none")
	}
	for _, s := range p.Series {
		if err := p.checkSeries(s); err != nil {
			return fmt.Errorf("series %q: %w", s.Name, err)
		}
	}
	return nil
}

func (p *Panel) checkSeries(s Series) error {
	if _, ok := s.look(); !ok {
		return fmt.Errorf("its look must be one of %s, found %q: set Look", strings.Join(Looks(), ", "), s.Look)
	}
	if len(s.Points) == 0 || s.Flat && len(s.Points) > 1 {
		return fmt.Errorf("there must be a point, and not more than one if it is flat, found %d", len(s.Points))
	}
	for i, point := range s.Points {
		if err := point.Y.check(); err != nil {
			return fmt.Errorf("point %d: %w", i+1, err)
		}
		switch x, names := point.X, len(p.X.Names); {
		case s.Flat:
		case names > 0 && !(x >= 0 && x < float64(names) && x == float64(int(x))):
			return fmt.Errorf("point %d: x must be the index of one of %d names, found %v", i+1, names, x)
		case p.X.Log && !(x > 0):
			return fmt.Errorf("point %d: x must be positive on a log axis, found %v", i+1, x)
		case x-x != 0: // NaN or infinite
			return fmt.Errorf("point %d: x must be finite, found %v", i+1, x)
		case i > 0 && x <= s.Points[i-1].X:
			return fmt.Errorf("point %d: x must ascend, found %v after %v", i+1, x, s.Points[i-1].X)
		}
		if low, high := p.Kind.spread(point.Y); p.limited() && point.Y.N > 0 && (low < p.Y.Min || high > p.Y.Max) {
			return fmt.Errorf("point %d: %v to %v must lie within the y axis, %v to %v: widen Y.Min and Y.Max", i+1, low, high, p.Y.Min, p.Y.Max)
		}
	}
	return nil
}

// limited is whether the y axis has been given its ends.
func (p *Panel) limited() bool { return p.Y.Min != 0 || p.Y.Max != 0 }

// spread is the extent of a number's error bar.
func (k Kind) spread(s Summary) (low, high float64) {
	if k == Ranges {
		return s.Min, s.Max
	}
	return s.Mean - s.SD, s.Mean + s.SD
}

// JSON is the figure, indented.
func (f *Figure) JSON() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	return indented(f)
}

func indented(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

// CSV has a line for each point. Numbers that have not been measured are empty; the values and runs of seeds are
// separated by spaces.
func (f *Figure) CSV() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	lines := [][]string{{"scale", "panel", "series", "x", "n", "mean", "sd", "min", "max", "values", "runs", "gpu_hours"}}
	for i, p := range f.Panels {
		for _, s := range p.Series {
			for _, point := range s.Points {
				x := number(point.X)
				if len(p.X.Names) > 0 && !s.Flat {
					x = p.X.Names[int(point.X)]
				}
				if s.Flat {
					x = ""
				}
				hours := ""
				if point.GPUHours > 0 {
					hours = number(point.GPUHours)
				}
				lines = append(lines, slices.Concat([]string{f.Provenance.Scale, strings.TrimSpace(label(i) + " " + p.Title), s.Name, x}, point.Y.fields(), []string{hours}))
			}
		}
	}
	return csvOf(lines)
}

// fields are n, mean, sd, min, max, values and runs; one seed has no sd.
func (s Summary) fields() []string {
	if s.N == 0 {
		return []string{"0", "", "", "", "", "", ""}
	}
	values := make([]string, len(s.Values))
	for i, v := range s.Values {
		values[i] = number(v)
	}
	sd := ""
	if s.N > 1 {
		sd = number(s.SD)
	}
	return []string{strconv.Itoa(s.N), number(s.Mean), sd, number(s.Min), number(s.Max), strings.Join(values, " "), strings.Join(s.Runs, " ")}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func csvOf(lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(lines)
	return b.Bytes(), err
}

// label is (a) for the first panel.
func label(panel int) string { return fmt.Sprintf("(%c)", 'a'+panel) }
