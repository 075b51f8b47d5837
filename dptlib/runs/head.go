// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"dpt/dptlib/prompt"
	"dpt/t5/modelfile"
)

// head holds the part of a record that a sweep needs: which run it is, and whether it failed. It is read without the
// record's losses, which take megabytes for a long run.
type head struct {
	ID, Failure string
	prompt      bool // it must have one
	written     time.Time
	spec        jsonv1.RawMessage
	names       struct{ Model, Precision, Data, Init string }
}

// readHead reads the head of a record. A record that does not look as [Record.Write] wrote it is read as a whole, and
// may be an error. Only [ReadRecord] checks the digest.
func readHead(path string) (*head, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if h, err := openHead(path, info.Size()); err == nil {
		h.written = info.ModTime()
		return h, nil
	}
	record, err := ReadRecord(path)
	if err != nil {
		return nil, err
	}
	h := &head{ID: record.ID, Failure: record.Failure, written: info.ModTime()}
	h.names.Model, h.names.Precision = record.ModelName, record.Precision
	h.names.Data, h.names.Init = record.DataName, record.InitName
	h.spec, err = jsonv1.Marshal(record.Spec)
	return h, err
}

// openHead reads a record's lines up to its losses, and its last lines, which a truncated file lacks.
func openHead(path string, size int64) (*head, error) {
	file, err := modelfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const end = "\"\n}\n"
	last := make([]byte, len(digestLine)+2*sha256.Size+len(end))
	if _, err := file.ReadAt(last, size-int64(len(last))); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(last, []byte(digestLine)) || !bytes.HasSuffix(last, []byte(end)) {
		return nil, errors.New("no digest")
	}
	var lines []byte
	for n := 8 << 10; !bytes.Contains(lines, []byte("\n \"losses\": ")); n *= 2 {
		if int64(len(lines)) == size {
			return nil, errors.New("no losses")
		}
		before := len(lines)
		lines = slices.Grow(lines, n)[:min(int64(before+n), size)]
		if _, err := file.ReadAt(lines[before:], int64(before)); err != nil {
			return nil, err
		}
	}
	return parseHead(lines)
}

// parseHead takes the head from a record's first lines.
func parseHead(lines []byte) (*head, error) {
	h := new(head)
	for _, of := range []struct {
		name string
		to   any
	}{
		{"id", &h.ID}, {"spec", &h.spec}, {"model_name", &h.names.Model}, {"precision", &h.names.Precision},
		{"data_name", &h.names.Data}, {"init_name", &h.names.Init}, {"failure", &h.Failure},
	} {
		if value, ok := field(lines, of.name); ok {
			if err := jsonv1.Unmarshal(value, of.to); err != nil {
				return nil, err
			}
		}
	}
	if id := sha256.Sum256(h.spec); h.ID != hex.EncodeToString(id[:8]) {
		return nil, errors.New("wrong id")
	}
	return h, nil
}

// field returns a field's value among the lines of a record.
func field(lines []byte, name string) (value []byte, ok bool) {
	_, value, ok = bytes.Cut(lines, []byte("\n \""+name+"\": "))
	value, _, _ = bytes.Cut(value, []byte("\n"))
	return bytes.TrimSuffix(value, []byte(",")), ok
}

// experiment returns the request that the record answers, and the version of the code that answered it.
func (h *head) experiment() (e Experiment, version int, err error) {
	var spec Spec
	err = json.Unmarshal(h.spec, &spec)
	return Experiment{h.names.Model, h.names.Precision, h.names.Data, h.names.Init, spec.Text, spec.Settings},
		spec.Version, err
}

// look returns the head of a run's record, or nil if [Folder.Find] finds none.
func (f Folder) look(job *Job) (*head, error) {
	h, err := readHead(f.RecordPath(job.ID))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.canScore(job.Of)
	case err == nil && h.ID != job.ID:
		err = fmt.Errorf("%s: its id must be that of its name, found %s", f.RecordPath(job.ID), h.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, removeIt)
	}
	if job.Of != nil { // a record without losses
		record, err := f.find(job)
		if err != nil || record == nil {
			return nil, err
		}
	}
	if h.Failure == "" && leavesPrompt(job.Spec.Settings) {
		if info, err := os.Stat(f.PromptPath(job.ID)); err != nil || info.Size() == 0 {
			return nil, nil
		}
	}
	return h, nil
}

// canScore returns an error if the weights that a run left, which are to be scored once more, were removed.
func (f Folder) canScore(of *Job) error {
	if of == nil {
		return nil
	}
	if _, whole := prompt.As[prompt.WholeModel](of.Method); !whole {
		return nil // without a read of the record
	}
	record, err := f.Find(of.ID)
	if err != nil || record == nil || record.Failure != "" {
		return err
	}
	if _, err := os.Stat(f.WeightsPath(of.ID)); err != nil {
		return fmt.Errorf("%s: the weights that are to be scored must be beside it: %w; remove the record to train the "+
			"run again", f.RecordPath(of.ID), err)
	}
	return nil
}

// inParallel calls do with 0 to n-1, several at a time, so that waits for a file server overlap.
func inParallel(n int, do func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, 32) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
