// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"reflect"
	"strings"
	"testing"

	"dpt/figures"
)

// The environment goes before what the notebook says; toys train what is missing, other scales nothing unless they are
// told.
func TestNewStudy(t *testing.T) {
	for _, variable := range []string{"DPT_SCALE", "DPT_SEEDS", "DPT_TASKS", "DPT_RUN"} {
		t.Setenv(variable, "")
	}
	s := NewStudy(figures.Fig05, Parameters{Scale: "toy", Seeds: []uint64{9}, Tasks: []string{"RTE"}})
	if want := (Parameters{"toy", []uint64{9}, []string{"RTE"}, "missing"}); !reflect.DeepEqual(s.Parameters, want) {
		t.Errorf("got %+v, want %+v", s.Parameters, want)
	}
	t.Setenv("DPT_SCALE", "paper")
	t.Setenv("DPT_SEEDS", "3, 4")
	t.Setenv("DPT_TASKS", "cb")
	s = NewStudy(figures.Fig05, Parameters{Scale: "toy", Seeds: []uint64{9}})
	if want := (Parameters{"paper", []uint64{3, 4}, []string{"cb"}, "stored"}); !reflect.DeepEqual(s.Parameters, want) {
		t.Errorf("got %+v, want %+v", s.Parameters, want)
	}
	if list, err := s.Experiments(s.options()); err != nil || len(list) != 2*(6+2) || list[0].Task != "CB" {
		t.Errorf("got %d experiments, %v; want 16 on CB", len(list), err)
	}
	for variable, value := range map[string]string{"DPT_SEEDS": "one", "DPT_RUN": "all"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), variable) {
					t.Errorf("got %v, want an error that names %s", err, variable)
				}
			}()
			NewStudy(figures.Fig05, Parameters{Scale: "toy"})
		})
	}
}

func TestColumns(t *testing.T) {
	data := "panel,n,mean,values\n(a) x|y,2,0.123,-0.001 0.247\n(b),0,,\n"
	want := "| panel | seeds | mean (%) | values (%) |\n|---|---|---|---|\n| (a) x\\|y | 2 | 0.12 | 0.00 0.25 |\n\n" +
		"Not run: 1 of 2 numbers.\n"
	if got := columns([]byte(data), true, "panel", "n", "mean", "values"); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}
