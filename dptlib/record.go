// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/gomlx/compute"
	"github.com/google/renameio/v2"

	"dpt/superglue"
	"dpt/t5"
)

// Record is what one training run leaves behind.
type Record struct {
	ID        string    `json:"id"` // of the spec
	Spec      Spec      `json:"spec"`
	ModelName string    `json:"model_name,omitempty"` // as the [Experiment] calls it
	Precision string    `json:"precision,omitempty"`  // likewise
	DataName  string    `json:"data_name,omitempty"`  // likewise
	Model     t5.Config `json:"model"`
	TrainSize int       `json:"train_examples"`
	DevSize   int       `json:"dev_examples"`
	Draw      []string  `json:"few_shot_draw,omitempty"` // IDs of the rows trained on, in the draw's order
	Trainable int       `json:"trainable_parameters"`
	Group     []string  `json:"group,omitempty"` // IDs of the runs trained in one batch with it, its own among them, in the batch's order

	Evaluations []Evaluation `json:"evaluations"`
	Best        int          `json:"best"`               // index of the highest first metric, the first of equals: chosen on the split it is reported on, as the paper does, unless there is a holdout
	Last        int          `json:"last"`               // index
	Failure     string       `json:"failure,omitempty"`  // why the run ended early
	Probes      []Probe      `json:"probes,omitempty"`   // of the rank probe: at the start, and at every evaluation
	Spectrum    []float64    `json:"spectrum,omitempty"` // singular values of the last prompt, falling

	Losses        []float32 `json:"losses"`         // of each update's batch, nats per target token, dropout on
	GradientNorms []float32 `json:"gradient_norms"` // before clipping

	Device         string            `json:"device"`
	Versions       map[string]string `json:"versions"`
	Started        time.Time         `json:"started"`
	Seconds        float64           `json:"seconds"`             // of the whole group
	ExamplesPerSec float64           `json:"examples_per_second"` // this run's training examples over all the time, evaluation included
	PeakRSSMiB     int               `json:"peak_rss_mib"`        // of the process
}

// Evaluation is the scores after so many updates.
type Evaluation struct {
	Updates int               `json:"updates"`
	Loss    float64           `json:"loss"` // mean over the updates since the evaluation before
	Scores  superglue.Scores  `json:"scores"`
	Held    *superglue.Scores `json:"held,omitempty"` // on the training examples set aside
}

// selection is the number that the best evaluation has the highest of.
func (e Evaluation) selection() float64 {
	if e.Held != nil {
		return e.Held.Metrics[0].Value
	}
	return e.Scores.Metrics[0].Value
}

func newRecord(backend compute.Backend, m *t5.Model, job *Job, group []*Job, trainable int) *Record {
	r := &Record{
		ID: job.Spec.ID(), Spec: job.Spec, ModelName: job.Experiment.Model, Precision: job.Experiment.Precision, DataName: job.Experiment.Data, Model: m.Config,
		TrainSize: len(job.Data.Train), DevSize: len(job.Data.Dev), Draw: job.Data.Draw, Trainable: trainable,
		Device: backend.Description(), Versions: versions(), Started: time.Now().UTC().Truncate(time.Second),
	}
	if len(group) > 1 {
		r.Group = ids(group)
	}
	return r
}

func (r *Record) addStep(loss, norm float32) {
	r.Losses, r.GradientNorms = append(r.Losses, loss), append(r.GradientNorms, norm)
}

// addProbe notes the prompt's probe, if its method is one.
func (r *Record) addProbe(p *Prompt, updates int) {
	if probe, ok := p.probe(updates); ok {
		r.Probes = append(r.Probes, probe)
	}
}

// addEvaluation notes the scores, and says whether they are the best so far.
func (r *Record) addEvaluation(e Evaluation) bool {
	before := 0
	if len(r.Evaluations) > 0 {
		before = r.Evaluations[len(r.Evaluations)-1].Updates
	}
	for _, loss := range r.Losses[before:e.Updates] {
		e.Loss += float64(loss) / float64(e.Updates-before)
	}
	r.Evaluations = append(r.Evaluations, e)
	r.Last = len(r.Evaluations) - 1
	if r.Last > 0 && e.selection() <= r.Evaluations[r.Best].selection() {
		return false
	}
	r.Best = r.Last
	return true
}

func (r *Record) finish(elapsed time.Duration, examples int, last *Prompt) {
	r.Seconds = elapsed.Seconds()
	r.ExamplesPerSec = float64(examples) / r.Seconds
	r.PeakRSSMiB = PeakRSSMiB()
	if last.Length > 0 {
		r.Spectrum = last.SingularValues()
	}
}

// Write stores the record as JSON at path, a line for each field; the file is there whole or not at all.
func (r *Record) Write(path string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, fieldPerLine(data), 0o644); err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return nil
}

// fieldPerLine breaks a JSON object's lines between its fields: hundreds of losses stay on one.
func fieldPerLine(object []byte) []byte {
	var out bytes.Buffer
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.Token() // {
	separator := "{\n"
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		decoder.Decode(&value)
		fmt.Fprintf(&out, "%s %q: %s", separator, name, value)
		separator = ",\n"
	}
	out.WriteString("\n}\n")
	return out.Bytes()
}

// ReadRecord reads a record that [Record.Write] wrote. What it says of its run must agree with its spec and with itself.
func ReadRecord(path string) (*Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Record)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *Record) check() error {
	if r.ID != r.Spec.ID() {
		return fmt.Errorf("id must be that of the spec, %s, found %s: the file was edited, or written by another version", r.Spec.ID(), r.ID)
	}
	updates := 0
	for _, e := range r.Evaluations {
		if len(e.Scores.Metrics) == 0 || math.IsNaN(e.Scores.Metrics[0].Value) || e.Held != nil && len(e.Held.Metrics) == 0 {
			return fmt.Errorf("each evaluation must have a metric")
		}
		if e.Updates <= updates {
			return fmt.Errorf("evaluations must be in the order of their updates, found %d behind %d", e.Updates, updates)
		}
		updates = e.Updates
	}
	last := len(r.Evaluations) - 1
	switch {
	case r.Failure == "" && last < 0:
		return fmt.Errorf("evaluations must be there, found none")
	case last >= 0 && (r.Last != last || r.Best < 0 || r.Best > last):
		return fmt.Errorf("best and last must be indices of %d evaluations, found %d and %d", last+1, r.Best, r.Last)
	case len(r.GradientNorms) != len(r.Losses) || r.Failure == "" && len(r.Losses) != updates || len(r.Losses) < updates:
		return fmt.Errorf("there must be a loss and a gradient norm for each of %d updates, found %d and %d", updates, len(r.Losses), len(r.GradientNorms))
	}
	return nil
}

// PeakRSSMiB is the most memory that this process has had resident, in MiB.
func PeakRSSMiB() int {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	unit := int64(1 << 10) // Linux counts KiB, macOS bytes
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return int(int64(usage.Maxrss) * unit >> 20)
}

// Version names the code that runs: the commit, where the build knows it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}

// versions are those of this program, of Go, and of what computes.
func versions() map[string]string {
	v := map[string]string{"dpt": Version(), "go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if name := path.Base(module.Path); slices.Contains([]string{"gomlx", "go-xla", "compute"}, name) {
				v[name] = module.Version
			}
		}
	}
	return v
}
