// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// value is a JSON value. Of an object it has the members, of an array the items.
type value struct {
	raw     jsontext.Value
	members []member
	items   []value
}

type member struct {
	name  string
	value value
}

// parse reads the decoder's next value; line is all that it decodes.
func parse(decoder *jsontext.Decoder, line []byte) (v value, err error) {
	kind := decoder.PeekKind()
	if kind != '{' && kind != '[' {
		raw, err := decoder.ReadValue()
		end := int(decoder.InputOffset())
		return value{raw: line[end-len(raw) : end]}, err
	}
	if _, err := decoder.ReadToken(); err != nil {
		return v, err
	}
	start := decoder.InputOffset() - 1
	for decoder.PeekKind() != kind+2 { // '}' is '{' and 2, ']' is '[' and 2
		name := ""
		if kind == '{' {
			token, err := decoder.ReadToken()
			if err != nil {
				return v, err
			}
			name = token.String()
		}
		inner, err := parse(decoder, line)
		if err != nil {
			return v, err
		}
		if kind == '{' {
			v.members = append(v.members, member{name, inner})
		} else {
			v.items = append(v.items, inner)
		}
	}
	_, err = decoder.ReadToken()
	v.raw = line[start:decoder.InputOffset()]
	return v, err
}

// object is a JSON object of a row. Its methods read one member each. They report what is wrong to the file, which keeps
// the first report, and return zero values from then on: a task reads all its fields and need not look at errors.
type object struct {
	file    *file
	parent  *object // nil for the row
	name    string  // the parent's member that holds the object,
	item    int     // in this position of its array, or -1
	members []member
}

// path is what stands in front of the names of the object's members: "passage.questions[2].", without positions
// "passage.questions.".
func (o object) path(positions bool) string {
	switch {
	case o.parent == nil:
		return ""
	case positions && o.item >= 0:
		return fmt.Sprintf("%s%s[%d].", o.parent.path(true), o.name, o.item)
	}
	return o.parent.path(positions) + o.name + "."
}

// fail reports what is wrong with a member.
func (o object) fail(name, format string, args ...any) {
	if o.file.err == nil {
		o.file.err = fmt.Errorf("%s:%d: field %q: %s", o.file.name, o.file.line, o.path(true)+name, fmt.Sprintf(format, args...))
	}
}

// clip is a value as an error shows it.
func clip(value []byte) string {
	const most = 60
	if len(value) <= most {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:most]), "") + "..."
}

// find returns a member.
func (o object) find(name string) (v value, ok bool) {
	i := slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
	if i < 0 {
		return v, false
	}
	return o.members[i].value, true
}

// has says whether there is such a member.
func (o object) has(name string) bool {
	_, ok := o.find(name)
	return ok
}

// member returns a member of the wanted kind, and false after a report.
func (o object) member(name string, kind jsontext.Kind, want string) (v value, ok bool) {
	if o.file.err != nil {
		return v, false
	}
	v, ok = o.find(name)
	switch {
	case !ok:
		o.fail(name, "missing; want %s", want)
	case v.raw.Kind() != kind:
		o.fail(name, "want %s, found %s", want, clip(v.raw))
	}
	return v, o.file.err == nil
}

// object reads a nested object.
func (o object) object(name string) object {
	v, _ := o.member(name, '{', "an object")
	return object{o.file, &o, name, -1, v.members}
}

// objects reads an array of objects, one at a time.
func (o object) objects(name string) iter.Seq[object] {
	return func(yield func(object) bool) {
		v, _ := o.member(name, '[', "an array of objects")
		for i, item := range v.items {
			if item.raw.Kind() != '{' {
				o.fail(fmt.Sprintf("%s[%d]", name, i), "want an object, found %s", clip(item.raw))
			}
			if o.file.err != nil || !yield(object{o.file, &o, name, i, item.members}) {
				return
			}
		}
	}
}

// text reads a string.
func (o object) text(name string) string {
	v, ok := o.member(name, '"', "a string")
	if !ok {
		return ""
	}
	if bytes.IndexByte(v.raw, '\\') < 0 {
		return string(v.raw[1 : len(v.raw)-1])
	}
	text, err := jsontext.AppendUnquote(nil, v.raw)
	if err != nil {
		o.fail(name, "%v", err)
	}
	return string(text)
}

// number reads an integer that is not negative.
func (o object) number(name string) int {
	const want = "an integer that is not negative"
	v, ok := o.member(name, '0', want)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(string(v.raw))
	if err != nil || n < 0 {
		o.fail(name, "want %s, found %s", want, clip(v.raw))
		return 0
	}
	return n
}

// position reads an integer below n.
func (o object) position(name string, n int) int {
	i := o.number(name)
	if o.file.err == nil && i >= n {
		o.fail(name, "want a position among %d words, found %d", n, i)
	}
	return i
}

// span reads a span of a text of n characters, which are code points. last is 1 where the row's end is the span's last
// character, and 0 where it is the one after.
func (o object) span(start, end string, n, last int) (from, to int) {
	from, to = o.number(start), o.number(end)+last
	if o.file.err == nil && (from >= to || to > n) {
		o.fail(end, "want a span inside the text's %d characters, found %d to %d", n, from, to-last)
	}
	return from, to
}

// index reads idx, which no other object at this level of the file may have.
func (o object) index() int {
	n := o.number("idx")
	if o.file.err != nil {
		return n
	}
	key := id{o.path(false), n}
	if line, dup := o.file.ids[key]; dup {
		o.fail("idx", "want each idx once, found %d again; line %d has it", n, line)
	}
	o.file.ids[key] = o.file.line
	return n
}

// label reads the label, one of the given JSON values, as its position among them. It may be missing where the file may
// lack labels.
func (o object) label(values ...string) int {
	if o.file.unlabelled && !o.has("label") {
		return Unlabelled
	}
	return o.oneOf("label", values...)
}

// oneOf reads a member that is one of the given JSON values, as its position among them.
func (o object) oneOf(name string, values ...string) int {
	want := strings.Join(values, " or ")
	v, ok := o.find(name)
	i := slices.Index(values, string(v.raw))
	switch {
	case !ok:
		o.fail(name, "missing; want %s", want)
	case i < 0:
		o.fail(name, "want %s, found %s", want, clip(v.raw))
	}
	return max(i, 0)
}
