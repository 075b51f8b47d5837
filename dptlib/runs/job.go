// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/t5"
)

// Job is a run to make, with its identity.
type Job struct {
	*train.Job
	Spec       Spec
	Experiment Experiment // the request for it
	Of         *Job       // the run whose stored prompt is scored once more; nil for a run that is trained
}

// NewJob returns the run of some settings on a model and data. start, which may be nil, is the stored prompt that it
// starts from.
func NewJob(m *t5.Model, data *train.Dataset, s Settings, start *prompt.Trained) (*Job, error) {
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return nil, err
	}
	job, err := newJob(m, fingerprint, data, s, start)
	if err != nil {
		return nil, err
	}
	backend, err := pjrt.Backend()
	if err != nil {
		return nil, err
	}
	return job, job.Check(backend)
}

// newJob is like NewJob for a model with the given fingerprint, whose weights it does not need, but does not check that
// the method's sizes are possible.
func newJob(m *t5.Model, fingerprint string, data *train.Dataset, s Settings, start *prompt.Trained) (*Job, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Rescore != (Rescore{}) {
		return nil, errors.New("a run that scores a stored prompt once more must be made by NewRescore")
	}
	code, err := codeOf(s.Method.Method)
	if err != nil {
		return nil, err
	}
	spec := Spec{
		Version: Version, Model: fingerprint, Code: code, Data: data.Fingerprint(),
		Text: Text{data.Task.Name, data.Format, data.MaxSource}, Settings: s,
	}
	if spec.TF32, err = tf32(); err != nil {
		return nil, err
	}
	if start != nil {
		spec.Init = digestOf(start)
	}
	if data, err = under(data, s); err != nil {
		return nil, err
	}
	job := &train.Job{ID: spec.ID(), Model: m, Data: data, Method: s.Method.Method, Recipe: s.Recipe, Start: start}
	return &Job{Job: job, Spec: spec, Experiment: Experiment{Text: spec.Text, Settings: s}}, nil
}

// tf32 reports whether the process's backend computes products of float32 in TF32.
func tf32() (bool, error) {
	backend, err := pjrt.Backend()
	if err != nil {
		return false, err
	}
	device := pjrt.DeviceOf(backend)
	return device.TF32 && device.Kind != "cpu", nil
}

// digestOf identifies a stored prompt by its content.
func digestOf(p *prompt.Trained) string {
	d := p.Digests()
	sum := sha256.Sum256([]byte(d.Prompt + " " + d.Variables))
	return hex.EncodeToString(sum[:])
}

// under returns the dataset that settings ask for.
func under(d *train.Dataset, s Settings) (_ *train.Dataset, err error) {
	if s.Recipe.Holdout > 0 {
		if d, err = d.HoldOut(s.Recipe.Holdout, s.Recipe.Seed); err != nil {
			return nil, err
		}
	}
	if s.Recipe.HalfSplit {
		d = d.HalfSplit()
	}
	if s.FewShot > 0 {
		if d, err = d.FewShot(s.FewShot, s.Recipe.Seed); err != nil {
			return nil, err
		}
	}
	if s.ShuffleLabels {
		d = d.ShuffleLabels(s.Recipe.Seed)
	}
	return d, nil
}

// onModel returns the jobs on another copy of their model.
func onModel(jobs []*Job, m *t5.Model) []*Job {
	list := make([]*Job, len(jobs))
	for i, job := range jobs {
		copied, trained := *job, *job.Job
		trained.Model, copied.Job = m, &trained
		list[i] = &copied
	}
	return list
}

// trainJobs returns the trainer's form of the jobs.
func trainJobs(jobs []*Job) []*train.Job {
	list := make([]*train.Job, len(jobs))
	for i, job := range jobs {
		list[i] = job.Job
	}
	return list
}

func ids(jobs []*Job) []string {
	list := make([]string, len(jobs))
	for i, job := range jobs {
		list[i] = job.ID
	}
	return list
}
