// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// splits are the files a task's folder may hold: the official three, and FewGLUE's development rows. The labels of the
// official test split are hidden.
var splits = map[string]struct{ unlabelled bool }{"train": {}, "val": {}, "dev32": {}, "test": {unlabelled: true}}

// ReadSplit reads <dir>/<Task>/<split>.jsonl. Splits are "train", "val" and "test" of the official release, and "dev32" of
// FewGLUE. Only "test" may lack labels.
func (t Task) ReadSplit(dir, split string) ([]Example, error) {
	s, ok := splits[split]
	if !ok {
		return nil, fmt.Errorf(`a split is "train", "val", "test" or "dev32"; found %q`, split)
	}
	path := filepath.Join(dir, t.Name, split+".jsonl")
	examples, err := t.readFile(path, s.unlabelled)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no %s split of %s: %w; name the folder that holds %s/, or fetch the task: dpt fetch superglue %s",
			split, t.Name, err, t.Name, t.Name)
	}
	return examples, err
}

// Read reads labelled rows in the official jsonl format from a file. A row that lacks a field, has one of a wrong type or
// value, a span outside its text or an idx that an earlier row has, and bytes that are not UTF-8 JSON, are errors that
// name file, line and field. Lines may have any length; fields that the task does not use are ignored.
func (t Task) Read(path string) ([]Example, error) { return t.readFile(path, false) }

func (t Task) readFile(path string, unlabelled bool) ([]Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return t.decode(f, path, unlabelled)
}

// Decode is [Task.Read] of an open file; name stands for it in errors.
func (t Task) Decode(r io.Reader, name string) ([]Example, error) { return t.decode(r, name, false) }

func (t Task) decode(r io.Reader, name string, unlabelled bool) ([]Example, error) {
	file := &file{name: name, unlabelled: unlabelled, ids: map[id]int{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), math.MaxInt)
	var examples []Example
	for lines.Scan() {
		file.line++
		examples = append(examples, t.read(file.row(lines.Bytes()))...)
		if file.err != nil {
			return nil, file.err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, file.line+1, err)
	}
	if len(examples) == 0 {
		return nil, fmt.Errorf("%s: want one row of %s a line, found no row", name, t.Name)
	}
	return examples, nil
}

// file is a jsonl file being read.
type file struct {
	name       string
	line       int // from 1
	unlabelled bool
	ids        map[id]int // line that an idx was seen in
	err        error      // the first one
}

// id is an idx at one level of the rows, such as MultiRC's "passage.questions".
type id struct {
	level string
	index int
}

// object is a JSON object of a row. Its methods read one member each. They report what is wrong to the file, which keeps
// the first report, and return zero values from then on: a task reads all its fields and need not look at errors.
type object struct {
	file    *file
	path    string // "passage.questions[2]." in front of its members' names
	level   string // the path without positions
	members map[string]jsontext.Value
}

// fail reports what is wrong with a member.
func (o object) fail(name, format string, args ...any) {
	if o.file.err == nil {
		o.file.err = fmt.Errorf("%s:%d: field %q: %s", o.file.name, o.file.line, o.path+name, fmt.Sprintf(format, args...))
	}
}

// row parses a line. It checks all of it, nested values too: syntax, UTF-8 and that no object has a name twice.
func (f *file) row(line []byte) object {
	row := object{file: f}
	if kind := jsontext.Value(line).Kind(); kind != '{' && kind != 0 {
		f.err = fmt.Errorf("%s:%d: want a JSON object, found %s", f.name, f.line, clip(line))
		return row
	}
	if err := json.Unmarshal(line, &row.members); err != nil {
		if syntax := new(jsontext.SyntacticError); errors.As(err, &syntax) && syntax.JSONPointer != "" {
			row.fail(fieldOf(syntax.JSONPointer), "%v", syntax.Err)
		} else {
			f.err = fmt.Errorf("%s:%d: want a JSON object: %w", f.name, f.line, err)
		}
	}
	return row
}

// fieldOf writes /passage/questions/2/idx as passage.questions[2].idx.
func fieldOf(pointer jsontext.Pointer) string {
	var field strings.Builder
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			fmt.Fprintf(&field, "[%s]", token)
		} else {
			field.WriteString("." + token)
		}
	}
	return strings.TrimPrefix(field.String(), ".")
}

// clip is a value as an error shows it.
func clip(value []byte) string {
	const most = 60
	if len(value) <= most {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:most]), "") + "..."
}

// member returns a member of the wanted kind, or nil after a report.
func (o object) member(name string, kind jsontext.Kind, want string) jsontext.Value {
	value, ok := o.members[name]
	switch {
	case o.file.err != nil:
		return nil
	case !ok:
		o.fail(name, "missing; want %s", want)
		return nil
	case value.Kind() != kind:
		o.fail(name, "want %s, found %s", want, clip(value))
		return nil
	}
	return value
}

// object reads a nested object.
func (o object) object(name string) object {
	return o.nested(name, o.member(name, '{', "an object"), o.path+name+".", o.level+name+".")
}

// objects reads an array of objects, one at a time.
func (o object) objects(name string) iter.Seq[object] {
	return func(yield func(object) bool) {
		value := o.member(name, '[', "an array of objects")
		if value == nil {
			return
		}
		var items []jsontext.Value
		if err := json.Unmarshal(value, &items); err != nil {
			o.fail(name, "%v", err)
		}
		for i, item := range items {
			field := fmt.Sprintf("%s[%d]", name, i)
			if item.Kind() != '{' {
				o.fail(field, "want an object, found %s", clip(item))
				return
			}
			if !yield(o.nested(field, item, o.path+field+".", o.level+name+".")) {
				return
			}
		}
	}
}

func (o object) nested(name string, value jsontext.Value, path, level string) object {
	inner := object{file: o.file, path: path, level: level}
	if value != nil {
		if err := json.Unmarshal(value, &inner.members); err != nil {
			o.fail(name, "%v", err)
		}
	}
	return inner
}

// text reads a string.
func (o object) text(name string) string {
	value := o.member(name, '"', "a string")
	if value == nil {
		return ""
	}
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		o.fail(name, "%v", err)
	}
	return string(text)
}

// number reads an integer that is not negative.
func (o object) number(name string) int {
	const want = "an integer that is not negative"
	value := o.member(name, '0', want)
	if value == nil {
		return 0
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 0 {
		o.fail(name, "want %s, found %s", want, clip(value))
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
	key := id{o.level, n}
	if line, dup := o.file.ids[key]; dup {
		o.fail("idx", "want each idx once, found %d again; line %d has it", n, line)
	}
	o.file.ids[key] = o.file.line
	return n
}

// label reads the label, one of the given JSON values, as its position among them. It may be missing where the file may
// lack labels.
func (o object) label(values ...string) int {
	if _, ok := o.members["label"]; !ok && o.file.unlabelled {
		return Unlabelled
	}
	return o.oneOf("label", values...)
}

// oneOf reads a member that is one of the given JSON values, as its position among them.
func (o object) oneOf(name string, values ...string) int {
	value, ok := o.members[name]
	if ok {
		for i, v := range values {
			if string(value) == v {
				return i
			}
		}
	}
	want := strings.Join(values, " or ")
	if !ok {
		o.fail(name, "missing; want %s", want)
	} else {
		o.fail(name, "want %s, found %s", want, clip(value))
	}
	return 0
}
