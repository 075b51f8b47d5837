// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strings"
)

// Style is a way to write an example's fields as the source text.
type Style int

const (
	// DPT is the released code's: no prefix, the code's own field order, and COPA without its cause/effect field.
	DPT Style = iota
	// DPTOct is DPT as first released in October 2023, which puts the task's name first.
	DPTOct
	// T5 is T5's own: a task prefix, then the fields in alphabetical order.
	T5
)

var styleNames = []string{"dpt", "dpt-oct", "t5"}

func (s Style) String() string { return styleNames[s] }

// prefix returns the task's name and a space in the first released style, and nothing in the second.
func (s Style) prefix(name string) string {
	if s == DPTOct {
		return name + " "
	}
	return ""
}

// Labels is a way to write a class as the target text. It does not affect WSC and ReCoRD, whose targets are free text.
type Labels int

const (
	// Digits are class indices, "0", "1", "2", as in the released code.
	Digits Labels = iota
	// Words are T5's label words, such as "entailment".
	Words
)

var labelNames = []string{"digits", "words"}

func (l Labels) String() string { return labelNames[l] }

// Format is a way to write examples as text. The zero value is the released code's format.
type Format struct {
	Style  Style
	Labels Labels
}

// ParseFormat reads "dpt", "dpt-oct" or "t5", each with its usual labels (digits, digits, words), or one of them with
// the labels named: "dpt+words", "t5+digits".
func ParseFormat(s string) (Format, error) {
	style, labels, named := strings.Cut(s, "+")
	i := slices.Index(styleNames, style)
	if i < 0 {
		return Format{}, fmt.Errorf("a format is one of %s, with +%s if need be; found %q",
			strings.Join(styleNames, ", "), strings.Join(labelNames, " or +"), s)
	}
	f := Format{Style(i), Style(i).labels()}
	if named {
		j := slices.Index(labelNames, labels)
		if j < 0 {
			return Format{}, fmt.Errorf("labels are %s; found %q", strings.Join(labelNames, " or "), labels)
		}
		f.Labels = Labels(j)
	}
	return f, nil
}

// labels returns the style's usual labels.
func (s Style) labels() Labels {
	if s == T5 {
		return Words
	}
	return Digits
}

// String writes the format as ParseFormat reads it, without the labels if they are the usual ones.
func (f Format) String() string {
	if f.Labels == f.Style.labels() {
		return f.Style.String()
	}
	return f.Style.String() + "+" + f.Labels.String()
}

// MarshalText writes the format as String does.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the format as ParseFormat does.
func (f *Format) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFormat(string(text))
	return err
}
