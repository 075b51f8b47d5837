// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Object is a JSON object of a row. Its methods read one member each. The first that fails makes an error with file,
// line and field; after it they return zero values. So a reader can read all its fields without looking at errors,
// unless it computes with them ([Object.Failed]).
type Object struct {
	file    *file
	parent  *Object // nil for the row
	name    string  // the parent's member that holds the object,
	item    int     // in this position of its array, or -1
	members map[string]jsontext.Value
}

// path is the prefix of the members' names: "passage.questions[2].", without positions "passage.questions.".
func (o Object) path(positions bool) string {
	switch {
	case o.parent == nil:
		return ""
	case positions && o.item >= 0:
		return fmt.Sprintf("%s%s[%d].", o.parent.path(true), o.name, o.item)
	}
	return o.parent.path(positions) + o.name + "."
}

// Fail makes an error about a member: what it must be, and what was found.
func (o Object) Fail(name, format string, args ...any) {
	if o.file.err == nil {
		o.file.fail("field %q: %s", o.path(true)+name, fmt.Sprintf(format, args...))
	}
}

// Failed reports whether reading the row has failed.
func (o Object) Failed() bool { return o.file.err != nil }

// Line returns the line's number in its file, from 1. It can take the place of an idx.
func (o Object) Line() int { return o.file.line }

// Has reports whether there is such a member.
func (o Object) Has(name string) bool { return o.members[name] != nil }

// clip shortens a value for an error.
func clip(value []byte) string {
	const most = 60
	if len(value) <= most {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:most]), "") + "..."
}

// decode stores v, the value of a member or of a part of it, if it is of the wanted kind.
func (o Object) decode(name string, v jsontext.Value, kind jsontext.Kind, want string, to any) {
	switch {
	case o.Failed():
	case v == nil:
		o.Fail(name, "missing; want %s", want)
	case v.Kind() != kind:
		o.Fail(name, "want %s, found %s", want, clip(v))
	default:
		if err := json.Unmarshal(v, to); err != nil {
			o.Fail(name, "want %s, found %s", want, clip(v))
		}
	}
}

// Object reads a nested object.
func (o Object) Object(name string) Object {
	inner := Object{file: o.file, parent: &o, name: name, item: -1}
	o.decode(name, o.members[name], '{', "an object", &inner.members)
	return inner
}

// Objects reads an array of objects, one at a time.
func (o Object) Objects(name string) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		var items []jsontext.Value
		o.decode(name, o.members[name], '[', "an array of objects", &items)
		for i, item := range items {
			inner := Object{file: o.file, parent: &o, name: name, item: i}
			o.decode(fmt.Sprintf("%s[%d]", name, i), item, '{', "an object", &inner.members)
			if o.Failed() || !yield(inner) {
				return
			}
		}
	}
}

// Text reads a string.
func (o Object) Text(name string) (text string) {
	o.decode(name, o.members[name], '"', "a string", &text)
	return text
}

// Texts reads an array of strings, none of them blank.
func (o Object) Texts(name string) []string {
	var items []jsontext.Value
	o.decode(name, o.members[name], '[', "an array of strings", &items)
	var texts []string
	for i, item := range items {
		text, at := "", fmt.Sprintf("%s[%d]", name, i)
		o.decode(at, item, '"', "a string", &text)
		if strings.TrimSpace(text) == "" {
			o.Fail(at, "want a string that is not blank, found %s", clip(item))
		}
		texts = append(texts, text)
	}
	return texts
}

// Scalar reads a string, a number, true or false, as text.
func (o Object) Scalar(name string) string {
	v := o.members[name]
	switch {
	case v == nil:
		o.Fail(name, "missing; want a string, a number, true or false")
	case v.Kind() == '"':
		return o.Text(name)
	case v.Kind() == '0' || v.Kind() == 't' || v.Kind() == 'f':
		return string(v)
	default:
		o.Fail(name, "want a string, a number, true or false, found %s", clip(v))
	}
	return ""
}

// Number reads an integer that is not negative.
func (o Object) Number(name string) (n int) {
	const want = "an integer that is not negative"
	o.decode(name, o.members[name], '0', want, &n)
	if n < 0 {
		o.Fail(name, "want %s, found %d", want, n)
	}
	return max(n, 0)
}

// OneOf reads a member that is one of some strings, numbers or booleans, and returns its position among them.
func (o Object) OneOf(name string, values ...any) int {
	v, texts := o.members[name], make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprint(value)
		if text, ok := value.(string); ok {
			texts[i] = strconv.Quote(text)
		}
	}
	found := clip(v)
	if v.Kind() == '"' {
		found = strconv.Quote(o.Text(name)) // which JSON can escape in several ways
	}
	i := slices.Index(texts, found)
	switch want := strings.Join(texts, " or "); {
	case v == nil:
		o.Fail(name, "missing; want %s", want)
	case i < 0:
		o.Fail(name, "want %s, found %s", want, clip(v))
	}
	return max(i, 0)
}
