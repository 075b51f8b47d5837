// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Style is how an example's fields become the source text.
type Style int

const (
	// DPT is the released code's: no prefix, the code's own field order, and COPA without its cause/effect field.
	DPT Style = iota
	// DPTOct is DPT as first released in October 2023, with the task's name in front.
	DPTOct
	// T5 is T5's own: a task prefix, then the fields in alphabetical order.
	T5
)

var styleNames = []string{"dpt", "dpt-oct", "t5"}

func (s Style) String() string { return styleNames[s] }

// prefix is the task's name and a space in the style of the released code that has it.
func (s Style) prefix(name string) string {
	if s == DPTOct {
		return name + " "
	}
	return ""
}

// Labels is how a class becomes the target text. It does not matter to WSC and ReCoRD, whose targets are free text.
type Labels int

const (
	// Digits are class indices, "0", "1", "2": what the released code trains on.
	Digits Labels = iota
	// Words are T5's label words, such as "entailment".
	Words
)

var labelNames = []string{"digits", "words"}

func (l Labels) String() string { return labelNames[l] }

// Format is how examples become text. The zero value is the released code's format.
type Format struct {
	Style  Style
	Labels Labels
}

// ParseFormat reads "dpt", "dpt-oct" or "t5", each with its usual labels (digits, digits, words), or one of them with the
// labels named: "dpt+words", "t5+digits".
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

// labels are the style's usual ones.
func (s Style) labels() Labels {
	if s == T5 {
		return Words
	}
	return Digits
}

// String is what ParseFormat reads, as short as it can be.
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

// Text writes an example of this task as the encoder's source and the decoder's target text. The target of an unlabelled
// example is "<unk>", as in T5.
func (t Task) Text(x Example, f Format) (source, target string) {
	source = x.Source(f.Style)
	switch {
	case x.Class() == Unlabelled:
		target = "<unk>"
	case t.spec.Target != nil:
		target = t.spec.Target(x, f.Style)
	default:
		target = t.Targets(f)[x.Class()]
	}
	return source, target
}

// SourcePrefix returns the words of the source text that end within its first n bytes, and whether they are all of it. It
// takes time and memory for n bytes, however long a passage many of MultiRC's examples share.
func (t Task) SourcePrefix(x Example, f Format, n int) (text string, whole bool) {
	if long, ok := x.(interface{ sourcePrefix(Style, int) string }); ok {
		text = long.sourcePrefix(f.Style, n)
	} else {
		text = x.Source(f.Style)
	}
	if len(text) <= n {
		return text, true
	}
	return text[:max(0, strings.LastIndexByte(text[:n+1], ' '))], false
}

// Targets returns the possible target texts in class order, or nil where the target is free text (WSC, ReCoRD).
func (t Task) Targets(f Format) []string {
	switch {
	case t.spec.Target != nil:
		return nil
	case f.Labels == Words:
		return t.Classes
	}
	digits := make([]string, len(t.Classes))
	for i := range digits {
		digits[i] = strconv.Itoa(i)
	}
	return digits
}

// Candidates returns the texts one of which is the right answer to x: the targets, or ReCoRD's entities; nil where any text
// may be (WSC).
func (t Task) Candidates(x Example, f Format) []string {
	if t.spec.Candidates != nil {
		return t.spec.Candidates(x)
	}
	return t.Targets(f)
}

// ParseTarget is the inverse of [Task.Targets]: the class that a text stands for. Surrounding space is ignored, and what
// [Task.CompareBy] makes equal; apart from that the text must be equal to a target. It reports false for any other text,
// and always where the target is free text.
func (t Task) ParseTarget(text string, f Format) (class int, ok bool) {
	text = t.comparable(text)
	class = slices.IndexFunc(t.Targets(f), func(target string) bool { return t.comparable(target) == text })
	return class, class >= 0
}

// CompareBy returns the task with targets and predictions compared as normal writes them, such as a vocabulary that makes
// "not  good" one space narrower; nil: as they are. WSC and ReCoRD compare by rules of their own.
func (t Task) CompareBy(normal func(string) string) Task {
	t.normal = normal
	return t
}

// comparable is a text as it is compared.
func (t Task) comparable(text string) string {
	if t.normal != nil {
		text = t.normal(text)
	}
	return strings.TrimSpace(text)
}
