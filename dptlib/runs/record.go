// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	jsonv1 "encoding/json" // writes what IDs are hashes of
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gomlx/compute"
	"github.com/google/renameio/v2"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/t5"
	"dpt/t5/modelfile"
)

// Record is the result of one run, with everything that made it.
type Record struct {
	ID        string    `json:"id"` // of the spec
	Spec      Spec      `json:"spec"`
	ModelName string    `json:"model_name,omitempty"` // as the [Experiment] calls it, like the next three
	Precision string    `json:"precision,omitempty"`
	DataName  string    `json:"data_name,omitempty"`
	InitName  string    `json:"init_name,omitempty"`
	Model     t5.Config `json:"model"`
	// IDs of the runs trained in one batch with it, its own among them, in the batch's order
	Group []string `json:"group,omitempty"`

	train.Result

	Prompts  Prompts           `json:"prompts,omitzero"`
	Machine  pjrt.Device       `json:"machine,omitzero"` // what computed it
	Device   string            `json:"device"`           // likewise, in words
	Versions map[string]string `json:"versions"`
}

// Prompts are the digests of a run's stored prompts.
type Prompts struct {
	Best prompt.Digests `json:"best,omitzero"`
	Last prompt.Digests `json:"last,omitzero"`
}

// newRecord describes a run of a job, trained in one batch with others.
func newRecord(backend compute.Backend, job *Job, group []*Job, run *train.Run) *Record {
	r := &Record{
		ID: job.ID, Spec: job.Spec, Model: job.Model.Config, Result: run.Result,
		ModelName: job.Experiment.Model, Precision: job.Experiment.Precision, DataName: job.Experiment.Data,
		InitName: job.Experiment.Init,
		Machine:  pjrt.DeviceOf(backend), Versions: versions(),
	}
	r.Device = r.Machine.String()
	if len(group) > 1 {
		r.Group = ids(group)
	}
	if run.BestPrompt != nil {
		r.Prompts = Prompts{run.BestPrompt.Digests(), run.LastPrompt.Digests()}
	}
	return r
}

// Experiment returns the request that this record answers.
func (r *Record) Experiment() Experiment {
	return Experiment{r.ModelName, r.Precision, r.DataName, r.InitName, r.Spec.Text, r.Spec.Settings}
}

// Of returns the ID of the run whose stored prompt the record's run scored, or "" for a run that was trained.
func (r *Record) Of() string {
	if r.Spec.Rescore == (Rescore{}) {
		return ""
	}
	of := r.Spec
	of.Rescore, of.Rows = Rescore{}, ""
	return of.ID()
}

// digestLine starts the last field of a record: the SHA-256, in hex, of what precedes the line.
const digestLine = ",\n \"sha256\": \""

// Write stores the record as JSON at path, with a line for each field and a digest that reveals changes. The file is
// there whole or not at all.
func (r *Record) Write(path string) error {
	data, err := jsonv1.Marshal(r)
	if err != nil {
		return err
	}
	lines := fieldPerLine(data)
	sum := sha256.Sum256(lines)
	lines = fmt.Appendf(lines, "%s%x\"\n}\n", digestLine, sum)
	if err := renameio.WriteFile(path, lines, 0o644); err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return nil
}

// fieldPerLine breaks a JSON object's lines between its fields, without closing it: hundreds of losses stay on one
// line.
func fieldPerLine(object []byte) []byte {
	var out bytes.Buffer
	decoder := jsonv1.NewDecoder(bytes.NewReader(object))
	decoder.Token() // {
	separator := "{\n"
	for decoder.More() {
		name, _ := decoder.Token()
		var value jsonv1.RawMessage
		decoder.Decode(&value)
		fmt.Fprintf(&out, "%s %q: %s", separator, name, value)
		separator = ",\n"
	}
	return out.Bytes()
}

// maxRecord is the greatest size of a record's file, in bytes.
const maxRecord = 256 << 20

// ReadRecord reads a record that [Record.Write] wrote. It must agree with its name, its spec, itself and its digest.
func ReadRecord(path string) (*Record, error) {
	data, err := readFile(path, maxRecord)
	if err != nil {
		return nil, err
	}
	r, err := parseRecord(data)
	if err == nil && filepath.Base(path) != r.ID+".json" {
		err = fmt.Errorf("its id must be that of its name, found %s", r.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func parseRecord(data []byte) (*Record, error) {
	r := new(Record)
	if err := json.Unmarshal(data, r, jsontext.AllowInvalidUTF8(false)); err != nil {
		return nil, err
	}
	text, digest, _ := bytes.Cut(data, []byte(digestLine))
	if sum := sha256.Sum256(text); !bytes.HasPrefix(digest, []byte(hex.EncodeToString(sum[:]))) {
		return nil, errors.New("its last line must have the sha256 of those before it: the record was changed after " +
			"it was written")
	}
	if r.Spec.Method.Method == nil {
		return nil, errors.New("a record must have a spec with a method, found none")
	}
	if id := r.Spec.ID(); r.ID != id {
		return nil, fmt.Errorf("its id must be that of its spec, %s, found %s: the file was edited, or written by "+
			"another version", id, r.ID)
	}
	return r, r.Check()
}

// Check ensures that the record agrees with itself. The record of a run that trained nothing has a single evaluation,
// or the reason why it has none.
func (r *Record) Check() error {
	if r.Spec.Rescore == (Rescore{}) {
		return r.Result.Check()
	}
	if len(r.Losses) > 0 || (len(r.Evaluations) == 1) != (r.Failure == "") {
		return fmt.Errorf("a run that scores a stored prompt must have no loss and 1 evaluation or a failure, found "+
			"%d, %d and %q",
			len(r.Losses), len(r.Evaluations), r.Failure)
	}
	return r.Result.CheckEvaluations()
}

// readFile reads a regular file of at most a number of bytes.
func readFile(path string, most int64) ([]byte, error) {
	file, err := modelfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: it must have at most %d bytes", path, most)
	}
	return data, err
}
