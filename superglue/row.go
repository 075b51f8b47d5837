// SPDX-License-Identifier: Apache-2.0

package superglue

import "strconv"

// Index reads idx, which no other object at this level of the file may have.
func (o Object) Index() int {
	n := o.Number("idx")
	if !o.Failed() {
		key := id{o.path(false), strconv.Itoa(n)}
		if line, dup := o.file.ids[key]; dup {
			o.Fail("idx", "want each idx once, found %d again; line %d has it", n, line)
		}
		o.file.ids[key] = o.file.line
	}
	return n
}

// Label reads the member "label" as a class: as one of the values, which are strings or booleans in class order, or as
// a class's position among them, which HuggingFace's rows have. In a file that may lack labels it is [Unlabelled] if it
// is missing or -1.
func (o Object) Label(values ...any) int {
	v := string(o.members["label"])
	if o.file.unlabelled && (v == "" || v == "-1") {
		return Unlabelled
	}
	if class, err := strconv.Atoi(v); err == nil && 0 <= class && class < len(values) {
		return class
	}
	return o.OneOf("label", values...)
}

// row reads idx and label.
func (o Object) row(values ...any) Row { return Row{Index: o.Index(), Label: o.Label(values...)} }

// flat reports whether the row has HuggingFace's form of MultiRC and ReCoRD: one example a row, its idx an object.
func (o Object) flat() bool { return o.members["idx"].Kind() == '{' }

// position reads an integer below n.
func (o Object) position(name string, n int) int {
	i := o.Number(name)
	if i >= n {
		o.Fail(name, "want a position among %d words, found %d", n, i)
	}
	return i
}

// span reads a span of a text of n characters, which are code points. last is 1 where the row's end is the span's last
// character, and 0 where it is the one after.
func (o Object) span(start, end string, n, last int) (from, to int) {
	from, to = o.Number(start), o.Number(end)+last
	if from >= to || to > n {
		o.Fail(end, "want a span inside the text's %d characters, found %d to %d", n, from, to-last)
	}
	return from, to
}
