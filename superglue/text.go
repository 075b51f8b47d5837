// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Text writes an example of this task as the encoder's source and the decoder's target text. The target of an
// unlabelled example is "<unk>", as in T5.
func (t Task) Text(x Example, f Format) (source, target string) {
	return x.Source(f.Style), t.Target(x, f)
}

// Target writes an example of this task as the decoder's target text; see [Task.Text].
func (t Task) Target(x Example, f Format) string {
	switch {
	case x.Class() == Unlabelled:
		return "<unk>"
	case t.spec.Target != nil:
		return t.spec.Target(x, f.Style)
	}
	return t.Targets(f)[x.Class()]
}

// SourcePrefix returns the words of the source text that end within its first n bytes, and whether they are all of it.
// It copies no more than n bytes of a passage that many of MultiRC's examples share.
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

// Candidates returns the texts that include the right answer to x: the targets, or ReCoRD's entities; it returns nil if
// any text may be the answer (WSC).
func (t Task) Candidates(x Example, f Format) []string {
	if t.spec.Candidates != nil {
		return t.spec.Candidates(x)
	}
	return t.Targets(f)
}

// ParseTarget is the inverse of [Task.Targets]: it returns the class whose target a text is. Space around and the width
// of space within do not count, nor do the differences that [Task.CompareBy] removes. It reports false for any other
// text, and always where the target is free text.
func (t Task) ParseTarget(text string, f Format) (class int, ok bool) {
	text = t.comparable(text)
	class = slices.IndexFunc(t.Targets(f), func(target string) bool { return t.comparable(target) == text })
	return class, class >= 0
}

// CompareBy returns a task that compares targets and predictions after normal has been applied to both: for example a
// vocabulary's encoding and decoding of a text. If normal is nil only space is normalised. WSC and ReCoRD have rules of
// their own.
func (t Task) CompareBy(normal func(string) string) Task {
	t.normal = normal
	return t
}

// comparable returns a text in the form in which texts are compared.
func (t Task) comparable(text string) string {
	if t.normal != nil {
		text = t.normal(text)
	}
	return strings.Join(strings.Fields(text), " ")
}

// CheckTargets returns an error that names a label whose target text in a format is empty, equal to another's, or not
// in a vocabulary. normal encodes a text with the vocabulary and decodes it again; spells reports whether it has pieces
// for all of a text. Either may be nil. Free-text targets are not checked.
func (t Task) CheckTargets(f Format, normal func(string) string, spells func(string) bool) error {
	t = t.CompareBy(normal)
	var texts []string
	for class, target := range t.Targets(f) {
		name, text := t.Classes[class], t.comparable(target)
		if text == "" {
			return fmt.Errorf("%s: label %q must be written with some text, found %q written as nothing; rename it, "+
				"or use digits for labels", t.Name, name, target)
		}
		if spells != nil && !spells(target) {
			return fmt.Errorf("%s: label %q is written %q, which the vocabulary has no pieces for; rename it, "+
				"or use digits for labels", t.Name, name, target)
		}
		if other := slices.Index(texts, text); other >= 0 {
			return fmt.Errorf("%s: labels must be told apart, found %q and %q both written %q; rename one, "+
				"or use digits for labels", t.Name, t.Classes[other], name, text)
		}
		texts = append(texts, text)
	}
	return nil
}
