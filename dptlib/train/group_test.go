// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
)

// groupCase is three runs that differ in method, prompt length, bottleneck, learning rate, clipping, seed and in what
// they are trained on; at the learning rate and epsilon at which trajectories are not chaotic.
func groupCase(t *testing.T, dropout float64, change ...func(*Recipe)) []*Job {
	t.Helper()
	m, data, _, recipe := toyCase(t)
	recipe.Dropout, recipe.LearningRate, recipe.Optimizer.Epsilon, recipe.Updates, recipe.EvaluateEvery = dropout, 0.003, 1e-3, 50, 25
	for _, f := range change {
		f(&recipe)
	}
	var jobs []*Job
	for i, method := range []prompt.Method{
		prompt.DPT{Length: 5, Bottleneck: 2, Start: prompt.Uniform}, prompt.PT{Length: 3, Start: prompt.Frequent},
		prompt.DPT{Length: 8, Bottleneck: 7, Start: prompt.Gaussian},
	} {
		r, d := recipe, data
		r.Seed, r.LearningRate, r.Optimizer.ClipNorm = uint64(i), recipe.LearningRate/float64(i+1), float64(i)
		if i == 1 {
			d = data.ShuffleLabels(r.Seed)
		}
		jobs = append(jobs, &Job{ID: fmt.Sprint("run ", i), Model: m, Data: d, Method: method, Recipe: r})
	}
	return jobs
}

// TestGroupEqualsAlone: each run of a group equals the run alone, its first gradient within 1e-5 and its prompt after
// 50 updates within 1e-3 of the largest element.
func TestGroupEqualsAlone(t *testing.T) {
	for _, dropout := range []float64{0, 0.1} {
		jobs := groupCase(t, dropout)
		together, err := trainAll(t, jobs...)
		if err != nil {
			t.Fatal(err)
		}
		for i, job := range jobs {
			alone, err := trainAll(t, job)
			if err != nil {
				t.Fatal(err)
			}
			a, g := alone[0], together[i]
			for what, pair := range map[string][2]float32{
				"loss":          {a.Losses[0], g.Losses[0]},
				"gradient norm": {a.GradientNorms[0], g.GradientNorms[0]},
			} {
				if !(math.Abs(float64(pair[1]/pair[0]-1)) <= 1e-5) {
					t.Errorf("dropout %g, run %d: first %s is %v in the group, %v alone", dropout, i, what, pair[1],
						pair[0])
				}
			}
			difference, largest := cases.Differs(g.LastPrompt.Elements(), a.LastPrompt.Elements())
			t.Logf("dropout %g, run %d: prompts differ by %.1e of %.2f after 50 updates", dropout, i, difference,
				largest)
			if difference > 1e-3*largest {
				t.Errorf("dropout %g, run %d: prompts may differ by 1e-3 of the largest element, %g, found %g", dropout,
					i, largest, difference)
			}
			if diff := cmp.Diff(a.Evaluations[1].Scores, g.Evaluations[1].Scores); diff != "" {
				t.Errorf("dropout %g, run %d scores otherwise in the group:\n%s", dropout, i, diff)
			}
		}
	}
}

// TestNotFinite: a run that blows up says at which update, keeps its last good prompt, and harms no other of its group.
func TestNotFinite(t *testing.T) {
	jobs := groupCase(t, 0, func(r *Recipe) { r.Updates, r.EvaluateEvery = 10, 10 })
	jobs = jobs[:2]
	bad := *jobs[1]
	bad.Recipe.LearningRate = 3e38
	runs, err := trainAll(t, jobs[0], &bad)
	if err != nil {
		t.Fatal(err)
	}
	if failure := runs[1].Failure; failure == "" || len(runs[1].Losses) == 10 {
		t.Errorf("a learning rate of 3e38 must end a run, found %q after %d updates", failure, len(runs[1].Losses))
	}
	for _, x := range runs[1].LastPrompt.Elements() {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			t.Fatal("the last good prompt must be finite")
		}
	}
	both, err := trainAll(t, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(both[0].Losses, runs[0].Losses) {
		t.Error("the other run of the group is not what it would have been")
	}
}

// TestFineTuning: it trains every weight, leaves the model as it is, and is refused in a group.
func TestFineTuning(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	member := func(method prompt.Method) Member { return Member{Method: method, Optimizer: PaperAdamW, Seed: 1} }
	recipe.LearningRate, recipe.Epochs = 1e-3, 4
	before := cases.Must(m.Embeddings([]int32{7}))
	run, err := trainOne(t, m, prompt.FineTuning{}, data, recipe)
	if err != nil {
		t.Fatal(err)
	}
	if r := run.Result; r.Trainable != m.NumParameters() || !(r.Evaluations[3].Loss < r.Evaluations[0].Loss) {
		t.Errorf("%d of %d parameters are trained, and the loss goes from %g to %g", r.Trainable, m.NumParameters(),
			r.Evaluations[0].Loss, r.Evaluations[3].Loss)
	}
	if !slices.Equal(before, cases.Must(m.Embeddings([]int32{7}))) {
		t.Error("the model's own weights changed")
	}
	if published := t5.Small.NumParameters(); published != 60_506_624 {
		t.Errorf("T5-small has 60,506,624 parameters, found %d", published)
	}
	if _, err := NewTrainer(cases.Backend(t), prompt.Backbone{Model: m}, 0, member(prompt.FineTuning{}),
		member(method)); err == nil {
		t.Error("fine-tuning was let into a group")
	}
}

// TestHoldout: rows set aside are not trained on, and choose the best evaluation.
func TestHoldout(t *testing.T) {
	m, data, method, recipe := toyCase(t)
	recipe.Holdout = 6
	if _, err := trainOne(t, m, method, data, recipe); err == nil {
		t.Error("a recipe that selects on rows set aside was trained without any")
	}
	rest := cases.Must(data.HoldOut(6, recipe.Seed))
	r, err := trainOne(t, m, method, rest, recipe)
	if err != nil {
		t.Fatal(err)
	}
	if r.TrainSize != 15 || r.Evaluations[0].Held == nil || r.Evaluations[0].Held.Metrics[0].N != 6 {
		t.Fatalf("6 of 21 examples must be held out, found %d to train on and %v", r.TrainSize, r.Evaluations[0].Held)
	}
	for _, e := range r.Evaluations {
		if e.Held.Metrics[0].Value > r.Evaluations[r.Best].Held.Metrics[0].Value {
			t.Errorf("the best evaluation is that of the highest score on what was held out, found %d", r.Best)
		}
	}
	for _, held := range rest.Held.Rows {
		for _, train := range rest.Train.Rows {
			if held.ID() == train.ID() {
				t.Errorf("row %s was held out and is trained on", held.ID())
			}
		}
	}
}

// What is held out of ReCoRD is held out with all its answers, and WSC's rows that are not trained on are held out,
// too.
func TestHoldoutByRow(t *testing.T) {
	b := cases.Backbone(t)
	lines := `{"source": "s", "passage": {"text": "Ann met Bob. Eve left.", "entities": [{"start": 0, "end": 2}, {"start": 8, "end": 10}, {"start": 13, "end": 15}]}, "qas": [` +
		`{"query": "@placeholder a", "idx": 0, "answers": [{"start": 0, "end": 2, "text": "Ann"}, {"start": 8, "end": 10, "text": "Bob"}]},` +
		`{"query": "@placeholder b", "idx": 1, "answers": [{"start": 13, "end": 15, "text": "Eve"}, {"start": 8, "end": 10, "text": "Bob"}]},` +
		`{"query": "@placeholder c", "idx": 2, "answers": [{"start": 13, "end": 15, "text": "Eve"}, {"start": 0, "end": 2, "text": "Ann"}]}], "idx": 0}`
	record := cases.Task(t, "ReCoRD")
	rows := cases.Must(record.Decode(strings.NewReader(lines), "rows"))
	data := cases.Must(NewDataset(record, superglue.Format{}, rows, rows, b.Vocabulary, 64))
	if data.Train.Len() != 6 {
		t.Fatalf("3 queries of 2 answers are 6 examples, found %d", data.Train.Len())
	}
	for seed := range uint64(5) {
		rest := cases.Must(data.HoldOut(1, seed))
		if rest.Held.Len() != 1 || rest.Train.Len() != 4 {
			t.Errorf("1 of 3 queries must be held out with both answers, found %d held and %d left", rest.Held.Len(),
				rest.Train.Len())
		}
		for _, train := range rest.Train.Rows {
			if train.ID() == rest.Held.Rows[0].ID() {
				t.Errorf("query %s is held out under one answer and trained on under another", train.ID())
			}
		}
	}
	var wsc strings.Builder
	for i := range 20 {
		fmt.Fprintf(&wsc, `{"text": "Ann saw Eve and she ran .", "target": {"span1_index": 0, "span1_text": "Ann", "span2_index": 4, "span2_text": "she"}, "label": %t, "idx": %d}`+"\n", i%2 == 0, i)
	}
	task := cases.Task(t, "WSC")
	rows = cases.Must(task.Decode(strings.NewReader(wsc.String()), "rows"))
	data = cases.Must(NewDataset(task, superglue.Format{}, rows, rows, b.Vocabulary, 64))
	labels := map[int]int{}
	for _, row := range cases.Must(data.HoldOut(12, 1)).Held.Rows {
		labels[row.Class()]++
	}
	if data.Train.Len() != 10 || len(labels) != 2 {
		t.Errorf("10 of 20 rows are True and trained on, and rows of both classes held out; found %d and %v",
			data.Train.Len(), labels)
	}
}
