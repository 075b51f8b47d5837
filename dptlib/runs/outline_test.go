// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// published is the experiment of a published model, in the scale of the paper, that nobody has fetched here.
func published(model, task string, seed uint64) Experiment {
	e := Experiment{Model: model, Text: Text{Task: task, MaxSource: 256}}
	e.Method, e.Recipe = prompt.Spec{Method: prompt.DPT{Length: 100, Bottleneck: 10,
		Start: prompt.Uniform}}, train.PaperRecipe
	e.Recipe.Seed = seed
	return e
}

// TestOutline: a sweep of models and data that are not there is planned without a backend, by the spec's own arithmetic
// (section 7), and says what is missing.
func TestOutline(t *testing.T) {
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	library := &Library{}
	var list []Experiment
	for seed := range uint64(3) {
		for _, model := range []string{"t5-small", "google-t5/t5-large"} {
			list = append(list, published(model, "RTE", seed), published(model, "MultiRC", seed))
		}
	}
	o := library.Outline(append(list, list[0], published("no/model", "RTE", 0)), Hardware{GPU: true, Memory: 80e9}, 0)
	if len(o.Refused) != 1 || !strings.Contains(o.Refused[0].Error(), "no/model") {
		t.Errorf("one experiment must be refused, found %v", o.Refused)
	}
	if absent := fmt.Sprint(o.Absent); len(o.Absent) != 4 || !strings.Contains(absent, "dpt fetch model t5-small") ||
		!strings.Contains(absent, "dpt fetch superglue MultiRC") {
		t.Errorf("two models and two tasks are absent, found %v", absent)
	}
	together := map[string]int{}
	for _, group := range o.Groups {
		e := group.Experiments[0]
		together[e.Model+" "+e.Task] = max(together[e.Model+" "+e.Task], len(group.Experiments))
		if single := published("google-t5/t5-large", "RTE", 0); e.Model == single.Model && e.Task == single.Task {
			// At 128 + 100 positions and 100 TFLOP/s: 2,490 x 100 x .3493 and 277 x 100 x .1721 TFLOP; the program
			// saves an eighth of that: the decoder's keys and values are not computed.
			if want := 60 + (249000*.3493+27700*.1721)/100; group.Seconds < .86*want || group.Seconds > want {
				t.Errorf("T5-large on RTE must take about %.0f s, found %.0f", want, group.Seconds)
			}
		}
	}
	for of, want := range map[string]int{"t5-small RTE": 3, "t5-small MultiRC": 1, "google-t5/t5-large RTE": 1,
		"google-t5/t5-large MultiRC": 1} {
		if together[of] != want { // MultiRC takes T5-small an hour and a half, and a group two at most
			t.Errorf("%s: groups must have %d runs, found %d", of, want, together[of])
		}
	}
}

// TestOutlineIsThePlan: a sweep is outlined in the groups that it is planned in when models and data are open.
func TestOutlineIsThePlan(t *testing.T) {
	library, list := sweepCase(t)
	sweep := &Sweep{Library: library, Folder: Folder(t.TempDir())}
	var outlined, planned []string
	names := func(experiments []Experiment) string {
		var keys []string
		for _, e := range experiments {
			keys = append(keys, e.Key())
		}
		return strings.Join(keys, "\n")
	}
	for _, group := range (&Library{}).Outline(list, Hardware{}, 0).Groups {
		outlined = append(outlined, names(group.Experiments))
	}
	for _, group := range cases.Must(sweep.Plan(list)).Groups {
		var experiments []Experiment
		for _, job := range group.Jobs {
			experiments = append(experiments, job.Experiment)
		}
		planned = append(planned, names(experiments))
	}
	slices.Sort(outlined)
	slices.Sort(planned)
	if !slices.Equal(outlined, planned) || len(planned) != 2 {
		t.Errorf("outlined\n%q\nplanned\n%q", outlined, planned)
	}
}

// TestReasons: what many experiments lack is said once, with the first of them.
func TestReasons(t *testing.T) {
	absent := errors.New("it was not fetched")
	e := Experiment{Model: "t5-large"}
	e.Method, e.Task = prompt.Spec{Method: prompt.FineTuning{}}, "CB"
	other := refused(e, errors.New("another"))
	e.Task = "RTE"
	got := Reasons([]error{refused(e, absent), other, refused(e, absent), refused(e, absent)})
	want := []string{
		"Fine-tuning on RTE with t5-large: it was not fetched (as for 2 more)", "Fine-tuning on CB with t5-large: " +
			"another",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
