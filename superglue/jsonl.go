// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// splits are the files a task's folder may hold: the official three, and FewGLUE's development rows. The labels of the
// official test split are hidden.
var splits = map[string]struct{ unlabelled bool }{"train": {}, "val": {}, "dev32": {}, "test": {unlabelled: true}}

// ReadSplit reads <dir>/<Task>/<split>.jsonl. Splits are "train", "val" and "test" of the official release, and "dev32"
// of FewGLUE. Only "test" may lack labels.
func (t Task) ReadSplit(dir, split string) ([]Example, error) {
	s, ok := splits[split]
	if !ok {
		return nil, fmt.Errorf(`a split is "train", "val", "test" or "dev32"; found %q`, split)
	}
	path := filepath.Join(dir, t.Name, split+".jsonl")
	examples, err := t.readFile(path, s.unlabelled)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("no %s split of %s: %w; name the folder that holds %s/", split, t.Name, err, t.Name)
		if archive := t.Archive(); archive.SHA256 != "" {
			err = fmt.Errorf("%w, as unpacked from %s", err, archive.URL())
		}
	}
	return examples, err
}

// Read reads labelled rows from a file of JSON lines, in the form of the official files or in that of HuggingFace's
// super_glue: labels as class numbers, and MultiRC, ReCoRD and WSC without nesting. Blank lines are skipped, as is a
// byte-order mark. A row that lacks a field, has one of a wrong type or value, a span outside its text or an idx that
// an earlier row has, and bytes that are not UTF-8 JSON, are errors that name file, line and field. Lines may have any
// length; fields that the task does not use are ignored.
func (t Task) Read(path string) ([]Example, error) { return t.readFile(path, false) }

func (t Task) readFile(path string, unlabelled bool) ([]Example, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe does not wait for a writer so
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it must be a regular file, found %s", path, info.Mode())
	}
	return t.decode(f, path, unlabelled)
}

// Decode is [Task.Read] of an open file; name is its name in errors.
func (t Task) Decode(r io.Reader, name string) ([]Example, error) { return t.decode(r, name, false) }

// DecodeLine decodes line n of name on its own, as from a stream: other lines may be malformed or repeat its idx. The
// row may lack labels. A blank line has no examples.
func (t Task) DecodeLine(line []byte, name string, n int) ([]Example, error) {
	file := &file{name: name, line: n, unlabelled: true, ids: map[id]int{}}
	examples := file.examples(t, line)
	if len(examples) == 0 && len(file.content(line)) > 0 {
		file.fail("want an example, found a row without one")
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
		examples = append(examples, file.examples(t, lines.Bytes())...)
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
	for _, of := range []struct {
		name   string
		choose func([]Example) []Example
	}{{"Training", t.spec.Training}, {"Evaluation", t.spec.Evaluation}} {
		if slices.Contains(of.choose(examples), nil) {
			return nil, fmt.Errorf("%s: %s: %s must return examples, found nil among them", name, t.Name, of.name)
		}
	}
	return examples, nil
}
