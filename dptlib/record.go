// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
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
	Model     t5.Config `json:"model"`
	TrainSize int       `json:"train_examples"`
	DevSize   int       `json:"dev_examples"`
	Draw      []string  `json:"few_shot_draw,omitempty"` // IDs of the rows trained on, in the draw's order
	Trainable int       `json:"trainable_parameters"`

	Losses        []float64 `json:"losses"`         // of each update's batch, nats per target token, dropout on
	GradientNorms []float64 `json:"gradient_norms"` // before clipping
	Epochs        []Epoch   `json:"epochs"`
	Probes        []Probe   `json:"probes,omitempty"` // of the rank probe: at the start, and after every epoch
	Best          int       `json:"best_epoch"`       // index of the highest first metric, the first of equals: chosen on the split it is reported on, as the paper does
	Last          int       `json:"last_epoch"`       // index

	Device         string    `json:"device"`
	Version        string    `json:"version"`
	Started        time.Time `json:"started"`
	Seconds        float64   `json:"seconds"`
	ExamplesPerSec float64   `json:"examples_per_second"` // training examples over all the time, evaluation included
	PeakRSSMiB     int       `json:"peak_rss_mib"`        // of the process
}

// Epoch is the development split's scores after an epoch.
type Epoch struct {
	Updates int              `json:"updates"` // made so far
	Loss    float64          `json:"loss"`    // mean over the epoch's updates
	Scores  superglue.Scores `json:"scores"`
}

func newRecord(backend compute.Backend, m *t5.Model, t *Trainer, data *Dataset, spec Spec) *Record {
	return &Record{
		ID: spec.ID(), Spec: spec, Model: m.Config, TrainSize: len(data.Train), DevSize: len(data.Dev), Draw: data.Draw, Trainable: t.Trainable(),
		Device: backend.Description(), Version: Version(), Started: time.Now().UTC().Truncate(time.Second),
	}
}

func (r *Record) addStep(loss, norm float64) {
	r.Losses, r.GradientNorms = append(r.Losses, loss), append(r.GradientNorms, norm)
}

// addProbe notes the prompt's probe, if its method is one.
func (r *Record) addProbe(p *Prompt, updates int) {
	if probe, ok := p.probe(updates); ok {
		r.Probes = append(r.Probes, probe)
	}
}

// addEpoch notes the scores after so many updates, and says whether they are the best so far.
func (r *Record) addEpoch(updates int, scores superglue.Scores) bool {
	before := 0
	if len(r.Epochs) > 0 {
		before = r.Epochs[len(r.Epochs)-1].Updates
	}
	sum := 0.0
	for _, loss := range r.Losses[before:updates] {
		sum += loss
	}
	r.Epochs = append(r.Epochs, Epoch{updates, sum / float64(updates-before), scores})
	r.Last = len(r.Epochs) - 1
	if r.Last > 0 && scores.Metrics[0].Value <= r.Epochs[r.Best].Scores.Metrics[0].Value {
		return false
	}
	r.Best = r.Last
	return true
}

func (r *Record) finish(elapsed time.Duration, examples int) {
	r.Seconds = elapsed.Seconds()
	r.ExamplesPerSec = float64(examples) / r.Seconds
	r.PeakRSSMiB = PeakRSSMiB()
}

// Write stores the record as JSON at path; the file is there whole or not at all.
func (r *Record) Write(path string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return nil
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
	switch last := len(r.Epochs) - 1; {
	case r.ID != r.Spec.ID():
		err = fmt.Errorf("id must be that of the spec, %s, found %s: the file was edited, or written by another version", r.Spec.ID(), r.ID)
	case last < 0 || r.Last != last || r.Best < 0 || r.Best > last:
		err = fmt.Errorf("best_epoch and last_epoch must be indices of %d epochs, found %d and %d", last+1, r.Best, r.Last)
	case len(r.Losses) != r.Epochs[last].Updates || len(r.GradientNorms) != len(r.Losses):
		err = fmt.Errorf("there must be a loss and a gradient norm for each of %d updates, found %d and %d", r.Epochs[last].Updates, len(r.Losses), len(r.GradientNorms))
	}
	for _, epoch := range r.Epochs {
		if err == nil && (len(epoch.Scores.Metrics) == 0 || math.IsNaN(epoch.Scores.Metrics[0].Value)) {
			err = fmt.Errorf("each epoch must have a metric")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
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
