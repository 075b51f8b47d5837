// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// index holds the heads of a folder's records, by the names under which the runs were asked for. Unlike a run's ID,
// these can be had without its model and data; they do not show that a model or data changed under its name. Reading
// the index again reads only what is new.
type index struct {
	folder Folder
	files  map[string]indexed // by name
	byKey  map[string]*head
	bad    []error // files that cannot be read
}

// indexed is a record's file as it was read.
type indexed struct {
	size    int64
	written time.Time
	head    *head
	key     string // "" for a record that does not count
	err     error
}

func newIndex(f Folder) *index { return &index{folder: f, files: map[string]indexed{}} }

// read brings the index up to date. A folder that does not exist counts as empty.
func (x *index) read() error {
	entries, err := os.ReadDir(string(x.folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var names []string
	there := map[string]bool{}
	for _, entry := range entries {
		there[entry.Name()] = true
		if strings.HasSuffix(entry.Name(), ".json") {
			names = append(names, entry.Name())
		}
	}
	files := make([]indexed, len(names))
	inParallel(len(names), func(i int) { files[i] = x.file(names[i]) })
	x.files, x.byKey, x.bad = make(map[string]indexed, len(names)), make(map[string]*head, len(names)), nil
	for i, name := range names {
		file := files[i]
		x.files[name] = file
		if file.err != nil && !errors.Is(file.err, fs.ErrNotExist) {
			x.bad = append(x.bad, file.err)
		}
		if file.key == "" || file.head.prompt && !there[file.head.ID+".safetensors"] {
			continue
		}
		if other := x.byKey[file.key]; other == nil || other.written.Before(file.written) {
			x.byKey[file.key] = file.head
		}
	}
	return nil
}

// file reads a record's file, unless it is unchanged.
func (x *index) file(name string) (file indexed) {
	path := filepath.Join(string(x.folder), name)
	info, err := os.Stat(path)
	if err != nil {
		return indexed{err: err}
	}
	if file, ok := x.files[name]; ok && file.size == info.Size() && file.written.Equal(info.ModTime()) {
		return file
	}
	file = indexed{size: info.Size(), written: info.ModTime()}
	if file.head, file.err = readHead(path); file.err != nil {
		return file
	}
	e, version, err := file.head.experiment()
	if err == nil && version == Version {
		file.key = nameKey(e)
		file.head.prompt = file.head.Failure == "" && leavesPrompt(e.Settings)
	}
	file.err = err
	return file
}

// find returns the head of an experiment's record, or nil.
func (x *index) find(e Experiment) *head { return x.byKey[nameKey(e)] }

// nameKey returns the experiment's key, with one name for things that have several.
func nameKey(e Experiment) string { return e.Canonical().Key() }
