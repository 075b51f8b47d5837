// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// resolve returns an experiment's run on its model's sizes, since all of T5's models, which a sweep may need, would not
// fit into memory. It opens each model once, to know its fingerprint and to try the methods on its weights.
func (l *Library) resolve(e Experiment) (*Job, error) {
	fingerprint, err := l.fingerprint(ModelRef{Name: e.Model, Precision: e.Precision})
	if err != nil {
		return nil, err
	}
	of, err := l.sizes(e.Model)
	if err != nil {
		return nil, err
	}
	data, err := l.dataset(of.vocabulary, e.Data, e.Text)
	if err != nil {
		return nil, err
	}
	var start *prompt.Trained
	if e.Init != "" {
		if start, err = prompt.Load(e.Init); err != nil {
			return nil, err
		}
	}
	settings := e.Settings
	settings.Rescore = Rescore{}
	job, err := newJob(of.model, fingerprint, data, settings, start)
	if err != nil {
		return nil, err
	}
	asked, err := l.asked(job, e, data, of.vocabulary)
	if err != nil {
		return nil, err
	}
	return asked, l.check(job)
}

// fingerprint returns a model's fingerprint.
func (l *Library) fingerprint(ref ModelRef) (string, error) {
	if known, ok := l.fingerprints[ref]; ok {
		return known, nil
	}
	m, err := l.Model(ref)
	if err != nil {
		return "", err
	}
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return "", err
	}
	if l.fingerprints == nil {
		l.fingerprints = map[ModelRef]string{}
	}
	l.fingerprints[ref] = fingerprint
	return fingerprint, nil
}

// check calls [train.Job.Check] for a job on its model's weights, once for all jobs that differ only in parts of their
// recipe that it does not check.
func (l *Library) check(job *Job) error {
	kind := job.Experiment
	kind.Recipe = train.Recipe{
		BatchSize: kind.Recipe.BatchSize, Holdout: kind.Recipe.Holdout, HalfSplit: kind.Recipe.HalfSplit,
	}
	kind.Rescore = Rescore{}
	key := kind.Key()
	err, known := l.checked[key]
	if known {
		return err
	}
	m, err := l.Model(ModelRef{Name: job.Experiment.Model, Precision: job.Experiment.Precision})
	if err != nil {
		return err
	}
	if l.checked == nil {
		l.checked = map[string]error{}
	}
	err = onModel([]*Job{job}, m.Model)[0].Check(l.Backend)
	l.checked[key] = err
	return err
}
