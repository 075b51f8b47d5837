// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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
		return nil, fmt.Errorf("no %s split of %s: %w; name the folder that holds %s/, as unpacked from %s%s.zip",
			split, t.Name, err, t.Name, ArchiveBase, t.Name)
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

// DecodeLine is [Task.Decode] of line n of name by itself: of a stream, whose other lines may be bad or have its idx. The row
// may lack labels.
func (t Task) DecodeLine(line []byte, name string, n int) ([]Example, error) {
	file := &file{name: name, line: n, unlabelled: true, ids: map[id]int{}}
	examples := t.read(file.row(line))
	if file.err == nil && len(examples) == 0 {
		file.err = fmt.Errorf("%s:%d: want an example, found a row without one", name, n)
	}
	return examples, file.err
}

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

// row parses a line. It checks all of it, nested values too: syntax, UTF-8 and that no object has a name twice.
func (f *file) row(line []byte) object {
	row := object{file: f}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(line))
	value, err := parse(decoder, line)
	if err == nil {
		if _, err = decoder.ReadToken(); err == nil {
			err = errors.New("one row a line, found another value behind it")
		}
	}
	switch syntax := new(jsontext.SyntacticError); {
	case err == io.EOF && value.raw.Kind() == '{':
		row.members = value.members
	case err == io.EOF && len(value.raw) > 0:
		f.err = fmt.Errorf("%s:%d: want a JSON object, found %s", f.name, f.line, clip(line))
	case errors.Is(err, io.ErrUnexpectedEOF) && decoder.StackPointer() != "":
		row.fail(fieldOf(decoder.StackPointer()), "the line ends in it or behind it: a JSON object must be whole")
	case errors.As(err, &syntax) && syntax.JSONPointer != "":
		row.fail(fieldOf(syntax.JSONPointer), "%v", syntax.Err)
	default:
		f.err = fmt.Errorf("%s:%d: want a JSON object: %w", f.name, f.line, err)
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
