// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/train"
)

func TestReadExperimentsRefuses(t *testing.T) {
	good := `{"model": "m", "task": "CB", "method": {"name": "PT", "length": 3, "start": "frequent"}}`
	for text, want := range map[string]string{
		"":                  "found none",
		"[]":                "found none",
		`{"model": "m"}`:    "experiment 1",
		"[" + good + ", {}": "experiment 2",
		strings.Replace(good, `"task"`, `"tusk"`, 1):                      "tusk",
		strings.Replace(good, `}}`, `}, "recipe": {"batch_size": 0}}`, 1): "batch",
		strings.Replace(good, `}}`, `}, "recipe": {"lr": 1}}`, 1):         "lr",
		strings.Replace(good, `}}`, `}, "precision": "int8"}`, 1):         "int8",
		strings.Replace(good, `"PT"`, `"LoRA of mine"`, 1):                "LoRA of mine",
		"[" + good:         "end of the array",
		"[" + good + "] x": "byte",
		"[" + good + "][]": "nothing but",
		good + " 3":        "nothing but",
		good + "]":         "byte",
		strings.Replace(good, `"task": "CB"`, `"task": "CB", "task": "RTE"`, 1): "task",
		strings.Replace(good, `"task"`, `"Task"`, 1):                            "Task",
		strings.Replace(good, `}}`, `}, "max_source": 9223372036854775807}`, 1): "max_source",
		strings.Replace(good, `}}`, `}, "few_shot": -1}`, 1):                    "few_shot",
		strings.Replace(good, `}}`, `}, "rescore": {"split": "train"}}`, 1):     "train",
		strings.Replace(good, `}}`, `}, "rescore": {"rank": -1}}`, 1):           "rank",
		`{"model": "m", "task": "CB", "method": {"name": "Fine-tuning"}, "rescore": {"rank": 1}}`: "Fine-tuning has " +
			"no prompt",
		strings.Replace(good, `}}`, `}, "recipe": {"length_window": 9223372036854775807}}`, 1): "window",
		strings.Replace(good, `}}`, `}, "recipe": {"epochs": 9223372036854775807}}`, 1):        "epochs",
	} {
		if _, err := ReadExperiments(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error must have %q, found %v", text, want, err)
		}
	}
	lines, err := ReadExperiments(strings.NewReader(good + "\n" + good))
	if err != nil || len(lines) != 2 || lines[1].Recipe != train.PaperRecipe || lines[1].MaxSource != 256 {
		t.Errorf("two experiments with the paper's recipe must be read, found %v (%v)", lines, err)
	}
	array, err := ReadExperiments(strings.NewReader(fmt.Sprintf(" [%s,\n%s] ", good, good)))
	if err != nil || !cmp.Equal(lines, array) {
		t.Errorf("an array and lines must be the same, found %v (%v)", array, err)
	}
	back := cases.Must(ReadExperiments(strings.NewReader(string(cases.Must(json.Marshal(lines[0]))))))
	if !cmp.Equal(back[0], lines[0]) {
		t.Errorf("an experiment must be read as it is written:\n%s", cmp.Diff(lines[0], back[0]))
	}
}
