// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"dpt/dptlib/fetch"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// Outline is a sweep as it is planned before any model is opened: by names, by the sizes of models and by the lengths
// of texts. It is the same on every machine that has the data, so that processes which share a sweep agree on its
// groups.
type Outline struct {
	Groups  []OutlinedGroup
	Refused []error // experiments that cannot be planned, and why
	Absent  []error // models and data whose sizes are assumed, because they have not been fetched
}

// OutlinedGroup holds experiments to be trained in one batch.
type OutlinedGroup struct {
	Experiments []Experiment `json:"experiments"`
	Seconds     float64      `json:"seconds"` // that they take, about
}

// Hardware describes the hardware that a sweep is planned for.
type Hardware struct {
	GPU    bool
	Memory float64 // bytes, of a GPU; 0 where unknown
}

// Outline groups experiments, each once: at most group of them in a batch, or, if group is 0, as many as are worthwhile
// and fit.
func (l *Library) Outline(experiments []Experiment, on Hardware, group int) *Outline {
	o := &Outline{}
	var jobs, scores []*Job
	seen := map[string]bool{}
	for _, e := range withTrained(experiments) {
		if err := e.check(); err != nil {
			o.Refused = append(o.Refused, refused(e, err))
			continue
		}
		key := e.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		job, err := l.outline(e)
		if err != nil {
			o.Refused = append(o.Refused, refused(e, err))
			continue
		}
		if job.Of == nil {
			jobs = append(jobs, job)
		} else {
			scores = append(scores, job)
		}
		for what, find := range needs(e) {
			if !seen[what] {
				seen[what] = true
				if err := find(); err != nil {
					o.Absent = append(o.Absent, err)
				}
			}
		}
	}
	trained := groups(jobs, func(job *Job) int {
		if group > 0 {
			return group
		}
		return groupSize(job, on)
	})
	for _, list := range append(trained, scoreGroups(scores)...) {
		planned := OutlinedGroup{Seconds: seconds(list, on)}
		for _, job := range list {
			planned.Experiments = append(planned.Experiments, job.Experiment)
		}
		o.Groups = append(o.Groups, planned)
	}
	return o
}

// withTrained returns the experiments, and puts before those that score stored prompts the experiments that train these
// prompts.
func withTrained(experiments []Experiment) (list []Experiment) {
	for _, e := range experiments {
		if of := e; e.Rescore != (Rescore{}) {
			of.Rescore = Rescore{}
			list = append(list, of)
		}
		list = append(list, e)
	}
	return list
}

// needs returns the things that must be fetched for an experiment, and how to find each.
func needs(e Experiment) map[string]func() error {
	list := map[string]func() error{}
	if _, toy := toyModel(e.Model); !toy {
		list["model "+e.Model] = func() error {
			_, err := fetch.FindModel(e.Model, "")
			return err
		}
	}
	if task, err := superglue.Lookup(e.Task); err == nil && (e.Data == "" || e.Data == "fetched") {
		list["data "+task.Name] = func() error {
			_, err := fetch.FindSuperGLUE(task)
			return err
		}
	}
	return list
}

// refused returns the error of an experiment that no run can be made of.
func refused(e Experiment, err error) error {
	name := "a run"
	if e.Method.Method != nil {
		name = e.Method.Name()
	}
	return fmt.Errorf("%s on %s with %s: %w", name, e.Task, e.Model, err)
}

// Reasons returns a line for each reason among the errors of experiments that no run can be made of: the first of them,
// and how many more have the same.
func Reasons(refused []error) (lines []string) {
	var order []string
	first, more := map[string]error{}, map[string]int{}
	for _, err := range refused {
		reason := err.Error()
		if cause := errors.Unwrap(err); cause != nil {
			reason = cause.Error()
		}
		if _, known := first[reason]; known {
			more[reason]++
			continue
		}
		order, first[reason] = append(order, reason), err
	}
	for _, reason := range order {
		line := first[reason].Error()
		if n := more[reason]; n > 0 {
			line += fmt.Sprintf(" (as for %d more)", n)
		}
		lines = append(lines, line)
	}
	return lines
}

// outline returns an experiment's run as far as planning needs it: on a model of sizes only, without an identity, and
// on as many rows of its data as its seed draws, but not the same rows.
func (l *Library) outline(e Experiment) (*Job, error) {
	if err := train.CheckVectors(e.Method.Method); err != nil {
		return nil, err
	}
	of, err := l.sizes(e.Model)
	if err != nil {
		return nil, err
	}
	data, err := l.lengths(e, of.vocabulary)
	if err != nil {
		return nil, err
	}
	part := *data
	if k := e.FewShot; k > 0 {
		part.Train.Pairs = part.Train.Pairs[:min(k, part.Train.Len())]
	} else if n := min(e.Recipe.Holdout, part.Train.Len()-1); n > 0 {
		part.Train.Pairs, part.Held.Pairs = part.Train.Pairs[n:], part.Train.Pairs[:n]
	}
	job := &Job{Job: &train.Job{Model: of.model, Data: &part, Method: e.Method.Method, Recipe: e.Recipe}, Experiment: e}
	if e.Rescore != (Rescore{}) {
		job.Of = &Job{}
	}
	return job, nil
}

// sizes is a model without its weights.
type sizes struct {
	model      *t5.Model
	vocabulary *tokenizer.Tokenizer
}

// sizes opens the sizes of a model once. A published T5 that was not fetched has no vocabulary.
func (l *Library) sizes(name string) (sizes, error) {
	of, ok := l.outlined[name]
	if ok {
		return of, nil
	}
	config, vocabulary, err := openSizes(name)
	if err != nil {
		return of, err
	}
	if l.outlined == nil {
		l.outlined = map[string]sizes{}
	}
	of = sizes{&t5.Model{Config: config}, vocabulary}
	if vocabulary != nil {
		l.outlined[name] = of
	}
	return of, nil
}

func openSizes(name string) (config t5.Config, vocabulary *tokenizer.Tokenizer, err error) {
	if known, ok := toyModel(name); ok {
		if config, err = toy.Config(known); err == nil {
			vocabulary, err = toy.Tokenizer()
		}
		return config, vocabulary, err
	}
	dir, err := fetch.FindModel(name, "")
	if published, ok := publishedSizes[strings.TrimPrefix(name, "google-t5/")]; ok && err != nil {
		return published, nil, nil
	}
	if err == nil {
		config, err = t5.ReadConfig(filepath.Join(dir, "config.json"))
	}
	if err == nil {
		vocabulary, err = tokenizer.Load(dir)
	}
	if err == nil {
		b := prompt.Backbone{Model: &t5.Model{Config: config}, Vocabulary: vocabulary}
		if err = b.CheckVocabulary(); err != nil {
			err = fmt.Errorf("%s: %w", dir, err)
		}
	}
	return config, vocabulary, err
}

var publishedSizes = map[string]t5.Config{"t5-small": t5.Small, "t5-base": t5.Base, "t5-large": t5.Large}

// lengths opens the data of an experiment. If SuperGLUE or the vocabulary has not been fetched, it returns as many
// examples as the paper's Table 2 has, of an assumed length.
func (l *Library) lengths(e Experiment, vocabulary *tokenizer.Tokenizer) (*train.Dataset, error) {
	task, err := superglue.Lookup(e.Task)
	if err != nil {
		return nil, err
	}
	absent := vocabulary == nil
	if !absent && (e.Data == "" || e.Data == "fetched") {
		_, err := fetch.FindSuperGLUE(task)
		absent = err != nil
	}
	switch {
	case !absent:
		return l.dataset(vocabulary, e.Data, e.Text)
	case task.Table2.Train == 0 && vocabulary == nil:
		_, err := fetch.FindModel(e.Model, "")
		return nil, err
	case task.Table2.Train == 0:
		return nil, fmt.Errorf("no --data, and %s is no task of SuperGLUE's", task.Name)
	}
	source, target := AssumedLengths(task)
	pair := train.Pair{Source: make([]int32, min(e.MaxSource, source)), Target: make([]int32, target)}
	examples := func(n int) train.Examples { return train.Examples{Pairs: slices.Repeat([]train.Pair{pair}, n)} }
	return &train.Dataset{
		Task: task, Format: e.Format, MaxSource: e.MaxSource,
		Train: examples(cmp.Or(task.Table2.Examples, task.Table2.Train)), Dev: examples(task.Table2.Dev),
	}, nil
}

// groupKey holds the properties that the runs of a group share, by name; see [train.GroupKey].
type groupKey struct {
	model, precision, data string
	text                   Text
	batchSize              int
	dropout                float64
	lengthWindow           int
	calendar               train.Calendar
	alone                  string
}

func keyOf(job *Job) groupKey {
	e, r := job.Experiment, job.Recipe
	key := groupKey{e.Model, e.Precision, e.Data, e.Text, r.BatchSize, r.Dropout, r.LengthWindow, job.Calendar(), ""}
	if prompt.AloneInBatch(job.Method) {
		key.alone = e.Key()
	}
	return key
}
