// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// file is a jsonl file being read.
type file struct {
	name       string
	line       int // from 1
	unlabelled bool
	ids        map[id]int // line that an idx was seen in
	err        error      // the first one
}

// id is an idx at one level of the rows, such as MultiRC's "passage.questions.", or an example's ID, at the level "ID".
type id struct{ level, index string }

// fail reports what is wrong with the line, unless something else is.
func (f *file) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%s:%d: "+format, append([]any{f.name, f.line}, args...)...)
	}
}

// content returns the line without space around it and, on line 1, without a byte-order mark.
func (f *file) content(line []byte) []byte {
	if f.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return bytes.TrimSpace(line)
}

// examples reads a line's examples, none if it is blank, and checks them.
func (f *file) examples(t Task, line []byte) (examples []Example) {
	line = f.content(line)
	if len(line) == 0 {
		return nil
	}
	if row := f.row(line); f.err == nil {
		examples = t.spec.Read(row)
	}
	for _, x := range examples {
		if f.err == nil {
			f.check(t, x)
		}
	}
	if f.err != nil {
		return nil
	}
	return examples
}

// check requires of an example what a task's Read may have left unchecked.
func (f *file) check(t Task, x Example) {
	if x == nil {
		f.fail("%s: Read must return examples, found nil among them", t.Name)
		return
	}
	class := x.Class()
	switch key := (id{"ID", x.ID()}); {
	case class == Unlabelled && !f.unlabelled:
		f.fail(`field "label": want a label, found none`)
	case class < Unlabelled || t.Classes != nil && class >= len(t.Classes):
		f.fail(`field "label": want a class below %d, found %d`, len(t.Classes), class)
	case class != Unlabelled && t.spec.Target != nil && strings.TrimSpace(t.spec.Target(x, DPT)) == "":
		f.fail("want a target text, found a blank one")
	case f.ids[key] > 0:
		f.fail(`field "idx": want each example once, found %s again; line %d has it`, x.ID(), f.ids[key])
	default:
		f.ids[key] = f.line
	}
}

// row parses a line. It checks all of it, nested values too: syntax, UTF-8 and that no object has a name twice.
func (f *file) row(line []byte) Object {
	row := Object{file: f}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(line))
	err := json.UnmarshalDecode(decoder, &row.members)
	if err == nil && row.members != nil {
		if _, err = decoder.ReadToken(); err == io.EOF {
			return row
		}
		if err == nil {
			err = errors.New("one row a line, found another value after it")
		}
	}
	var syntax *jsontext.SyntacticError
	switch at := decoder.StackPointer(); {
	case err == nil || errors.As(err, new(*json.SemanticError)): // null, or another kind of value
		f.fail("want a JSON object, found %s", clip(line))
	case errors.Is(err, io.ErrUnexpectedEOF) && at != "":
		row.Fail(fieldOf(at), "the line ends in it or after it: a JSON object must be whole")
	case errors.As(err, &syntax) && syntax.JSONPointer != "":
		row.Fail(fieldOf(syntax.JSONPointer), "%v", syntax.Err)
	default:
		f.fail("want a JSON object: %w", err)
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
	return clip([]byte(strings.TrimPrefix(field.String(), ".")))
}
