// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
	"dpt/superglue"
)

// Changes lists what differs from the method's defaults and the paper's recipe, the seed and the times of evaluation
// apart: "c 20, dropout 0, updates 240". That of a stored prompt which was scored once more begins with "re-scored".
func (r *Record) Changes() string {
	var list []string
	add := func(some bool, format string, value any) {
		if some {
			list = append(list, fmt.Sprintf(format, value))
		}
	}
	s := r.Spec
	add(s.Rescore.Rank > 0, "re-scored at rank %d", s.Rescore.Rank)
	add(s.Rescore.Split != "", "re-scored on %s", s.Rescore.Split)
	add(r.Precision != "", "%s", r.Precision)
	add(r.DataName != "" && r.DataName != "toy", "data %s", filepath.Base(r.DataName))
	add(s.Init != "", "from %s", filepath.Base(cmp.Or(r.InitName, "a stored prompt")))
	add(s.Format != superglue.Format{}, "format %s", s.Format)
	add(s.MaxSource != 256, "at most %d tokens", s.MaxSource)
	add(s.FewShot > 0, "%d examples", s.FewShot)
	add(s.ShuffleLabels, "%s", "shuffled labels")
	usual := train.PaperRecipe
	if own, ok := s.Method.Method.(prompt.RateChooser); ok {
		usual.LearningRate = own.LearningRate()
	}
	usual.Seed, usual.EvaluateEvery = s.Recipe.Seed, s.Recipe.EvaluateEvery
	if s.Recipe.Updates > 0 {
		usual.Epochs = s.Recipe.Epochs
	}
	fields := changed(fieldsOf(s.Recipe), fieldsOf(usual))
	var defaults any = struct{}{}
	if method, err := prompt.Named(s.Method.Name()); err == nil {
		defaults = prompt.Spec{Method: method}
	}
	fields = append(fields, changed(fieldsOf(s.Method), fieldsOf(defaults))...)
	slices.Sort(fields)
	return strings.Join(append(list, fields...), ", ")
}

// fieldsOf returns the fields of a value as its JSON has them.
func fieldsOf(value any) (fields map[string]any) {
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		panic(err) // a record's settings were read from JSON
	}
	return fields
}

// changed names the fields, those inside of others among them, that differ from the usual ones.
func changed(fields, usual map[string]any) (list []string) {
	short := map[string]string{"length": "c", "bottleneck": "b", "learning_rate": "rate", "batch_size": "batch"}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		if inner, ok := value.(map[string]any); ok {
			other, _ := usual[name].(map[string]any)
			list = append(list, changed(inner, other)...)
			continue
		}
		if fmt.Sprint(value) == fmt.Sprint(usual[name]) || name == "name" {
			continue
		}
		if x, ok := value.(float64); ok && x != math.Trunc(x) {
			value = fmt.Sprintf("%.4g", x)
		}
		if s, ok := short[name]; ok {
			name = s
		}
		list = append(list, fmt.Sprintf("%s %v", strings.ReplaceAll(name, "_", " "), value))
	}
	return list
}
