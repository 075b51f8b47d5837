// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Figure is one or several panels in a grid, with a key and a caption that names the scale. It is data, for JSON and
// CSV; [Figure.Drawing] makes the picture.
type Figure struct {
	// goes into the files' metadata, not into the picture: papers set their own
	Title   string `json:"title"`
	Caption string `json:"caption,omitempty"` // what the reader must know; see [Figure.FullCaption]
	Full    bool   `json:"full,omitempty"`    // as wide as the page where Style.Width isn't set, instead of a column

	Columns int     `json:"columns,omitempty"` // of the grid of panels, at most as many as there are panels; 0: 1
	Panels  []Panel `json:"panels"`            // row by row; several are labelled (a), (b), ...
	Style   Style   `json:"style,omitzero"`

	Provenance Provenance `json:"provenance"`
}

// Panel is one pair of axes.
type Panel struct {
	// above the panel, such as the task; one line, or several where it is long
	Title   string   `json:"title,omitempty"`
	Note    string   `json:"note,omitempty"` // in grey after the title, such as "277 examples"
	Kind    Kind     `json:"kind"`
	X       Axis     `json:"x"`
	Y       Axis     `json:"y"`
	Regions []Region `json:"regions,omitempty"`
	Series  []Series `json:"series"`
}

// Kind says how the series of a panel are drawn.
type Kind string

// The kinds of panels. All but Ranges show a standard deviation on either side of the mean. An error bar without a
// cap goes on beyond the axis.
const (
	Lines  Kind = "lines"  // markers joined by a line, error bars
	Bands  Kind = "bands"  // a line within a band
	Bars   Kind = "bars"   // bars in groups, from zero if Y has no limits, error bars; over X.Names
	Ranges Kind = "ranges" // a marker at the mean, a bar from the lowest to the highest seed
	Steps  Kind = "steps"  // counts over training: each holds until the next
)

// Axis is a panel's x or y axis. Where Min and Max are both 0, the axis is as long as the data need; otherwise it
// goes from Min to Max, and what lies outside is not drawn. Values on a y axis whose Label ends in "(%)" are shares:
// where all means lie between 0 and 100, so do the ends of the axis.
type Axis struct {
	Label string   `json:"label"` // with the unit
	Log   bool     `json:"log,omitempty"`
	Min   float64  `json:"min,omitempty"`
	Max   float64  `json:"max,omitempty"`
	Ticks []Tick   `json:"ticks,omitempty"` // instead of those that are chosen from the data
	Names []string `json:"names,omitempty"` // only for x: categories; a point's X is the index of one
}

// Tick is a mark on an axis. A label may have several lines: "T5-base\n220M".
type Tick struct {
	At    float64 `json:"at"`
	Label string  `json:"label"`
}

// Region is a range of x to shade, such as where c <= b. The key has its label.
type Region struct {
	From  float64 `json:"from"` // with X.Names the first category lies between -0.5 and 0.5
	To    float64 `json:"to"`
	Label string  `json:"label"`
}

// Series is the numbers of one method. It looks the same in all panels of a figure.
type Series struct {
	Name   string  `json:"name"`           // in the key
	Look   string  `json:"look,omitempty"` // whose look of [LookOf] it has; empty: Name's. Style.Looks goes by Name.
	Flat   bool    `json:"flat,omitempty"` // a level to compare with: one point, drawn across the panel
	Points []Point `json:"points"`         // in ascending order of X
}

// Point is a number at X. One that has not been measured (Y.N is 0) leaves a gap in the line and a cross on the axis.
type Point struct {
	X        float64 `json:"x"`
	Y        Summary `json:"y"`
	GPUHours float64 `json:"gpu_hours,omitempty"` // estimated, of one that has not been measured
}

// whose returns the name whose look the series has.
func (s Series) whose() string {
	if s.Look != "" {
		return s.Look
	}
	return s.Name
}

func (a Axis) limited() bool { return a.Min != 0 || a.Max != 0 }

// contains reports whether a value lies between the axis's limits, if it has any.
func (a Axis) contains(v float64) bool { return !a.limited() || v >= a.Min && v <= a.Max }

func (a Axis) share() bool { return strings.HasSuffix(a.Label, "(%)") }

// Pick returns a figure of some of f's panels, by title or letter ("a", "b", ...), and of some of their series, by
// name, in the order that is asked for; nil means all. Panels without any of the series are left out. The panels get
// new letters.
func (f *Figure) Pick(panels, series []string) (*Figure, error) {
	picked := *f
	picked.Panels = nil
	for i, name := range panels {
		at := slices.IndexFunc(f.Panels, func(p Panel) bool { return p.Title == name })
		if at < 0 && len(name) == 1 && name[0] >= 'a' && int(name[0]-'a') < len(f.Panels) {
			at = int(name[0] - 'a')
		}
		if at < 0 {
			return nil, fmt.Errorf("figure %q: a panel must be one of %s, found %q", f.Title, f.panelNames(), panels[i])
		}
		picked.Panels = append(picked.Panels, f.Panels[at])
	}
	if panels == nil {
		picked.Panels = slices.Clone(f.Panels)
	}
	if series == nil {
		return &picked, nil
	}
	found := map[string]bool{}
	for i := range picked.Panels {
		var kept []Series
		for _, name := range series {
			for _, s := range picked.Panels[i].Series {
				if s.Name == name {
					kept, found[name] = append(kept, s), true
				}
			}
		}
		picked.Panels[i].Series = kept
	}
	for _, name := range series {
		if !found[name] {
			return nil, fmt.Errorf("figure %q: a series must be one of %q, found %q", f.Title, f.seriesNames(), name)
		}
	}
	picked.Panels = slices.DeleteFunc(picked.Panels, func(p Panel) bool { return len(p.Series) == 0 })
	return &picked, nil
}

func (f *Figure) panelNames() string {
	var names []string
	for i, p := range f.Panels {
		names = append(names, strings.TrimSpace(fmt.Sprintf("%c %s", 'a'+i, p.Title)))
	}
	return strings.Join(names, ", ")
}

// seriesNames returns the names of all series, each once.
func (f *Figure) seriesNames() (names []string) {
	for _, p := range f.Panels {
		for _, s := range p.Series {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// JSON returns the figure, indented. It can be read back with encoding/json and drawn.
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

// letter returns (a) for the first panel.
func letter(panel int) string { return fmt.Sprintf("(%c)", 'a'+panel) }
