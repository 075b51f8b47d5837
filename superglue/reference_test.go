// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// shared is the folder of reference data and fixtures: $DPT_SHARED, or shared beside the repository.
func shared(t testing.TB) string {
	dir := os.Getenv("DPT_SHARED")
	if dir == "" {
		root, err := filepath.Abs(".")
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(root, "go.mod")) && root != filepath.Dir(root) {
			root = filepath.Dir(root)
		}
		dir = filepath.Join(filepath.Dir(root), "shared")
	}
	if !exists(dir) {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatalf("no shared folder at %s", dir)
		}
		t.Skipf("no shared folder at %s; DPT_SHARED names another", dir)
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestReference compares with what other people's software made of the same rows: T5's preprocessors of the texts
// (fixtures/format_t5), T5's evaluation and scikit-learn of the scores (fixtures/metrics).
func TestReference(t *testing.T) {
	dir := shared(t)
	formatted, scored := 0, 0
	for _, task := range All() {
		t.Run("format/"+task.Name, func(t *testing.T) { formatted += referenceFormat(t, dir, task) })
		t.Run("metrics/"+task.Name, func(t *testing.T) { scored += referenceMetrics(t, dir, task) })
	}
	fmt.Printf("reference cases: %d texts, %d metric values\n", formatted, scored)
}

// referenceFormat returns how many rows it compared.
func referenceFormat(t *testing.T, dir string, task Task) int {
	t5, _ := ParseFormat("t5")
	type key struct{ id, target string }
	sources := map[key]string{}
	for _, x := range task.referenceTexts(t, dir) {
		source, target := task.Text(x, t5)
		sources[key{x.ID(), target}] = source
	}
	file, err := os.Open(filepath.Join(dir, "fixtures", "format_t5", task.Name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, math.MaxInt)
	n := 0
	for lines.Scan() {
		var want struct {
			Idx             json.RawMessage
			Inputs, Targets string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		id := referenceID(t, want.Idx)
		got, ok := sources[key{id, want.Targets}]
		if !ok {
			t.Errorf("row %s: no example has this idx and the target %q", id, want.Targets)
		} else if got != want.Inputs {
			t.Errorf("row %s: source\n%q, want\n%q", id, got, want.Inputs)
		}
		n++
	}
	if err := lines.Err(); err != nil || n == 0 {
		t.Fatalf("%d rows, %v", n, err)
	}
	return n
}

// referenceID is an idx of a fixture as Example.ID writes it: 12, or the numbers of an object in the rows' order of
// nesting.
func referenceID(t *testing.T, idx json.RawMessage) string {
	if idx[0] != '{' {
		return string(idx)
	}
	var nested struct{ Paragraph, Question, Answer, Passage, Query *int }
	if err := json.Unmarshal(idx, &nested); err != nil {
		t.Fatal(err)
	}
	if nested.Passage != nil {
		return fmt.Sprintf("%d/%d", *nested.Passage, *nested.Query)
	}
	return fmt.Sprintf("%d/%d/%d", *nested.Paragraph, *nested.Question, *nested.Answer)
}

// referenceTexts returns the examples that fixtures/format_t5 is made of: the official val split, but FewGLUE's for
// ReCoRD, since the shared folder has no official val split of it.
func (task Task) referenceTexts(t *testing.T, dir string) []Example {
	if task.Name == "ReCoRD" {
		examples := mustSplit(t, task, filepath.Join(dir, "data", "fewglue_32dev"), "train")
		examples = append(examples, mustSplit(t, task, filepath.Join(dir, "data", "fewglue_32dev"), "dev32")...)
		return task.Training(examples)
	}
	return mustSplit(t, task, filepath.Join(dir, "data", "superglue"), "val")
}

func mustSplit(t testing.TB, task Task, dir, split string) []Example {
	t.Helper()
	examples, err := task.ReadSplit(dir, split)
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// referenceMetrics returns how many values it compared.
func referenceMetrics(t *testing.T, dir string, task Task) int {
	raw, err := os.ReadFile(filepath.Join(dir, "fixtures", "metrics", task.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var fixture struct {
		Split       string
		Rows        string
		Predictions []string
		Expected    map[string]float64
	}
	if err := json.Unmarshal(raw, &fixture); err != nil {
		t.Fatal(err)
	}
	var examples []Example
	if fixture.Split != "" {
		examples = mustSplit(t, task, filepath.Join(dir, "data", "superglue"), fixture.Split)
	}
	// "fewglue_32dev/ReCoRD train.jsonl then dev32.jsonl, ..."
	folder := regexp.MustCompile(`^(\S+)/\S+ `).FindStringSubmatch(fixture.Rows)
	for _, file := range regexp.MustCompile(`(\w+)\.jsonl`).FindAllStringSubmatch(fixture.Rows, -1) {
		examples = append(examples, mustSplit(t, task, filepath.Join(dir, "data", folder[1]), file[1])...)
	}
	t5, _ := ParseFormat("t5")
	scores, err := task.Score(t5, task.Evaluation(examples), fixture.Predictions)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range scores.Metrics {
		got[m.Name] = m.Value
	}
	for name, want := range fixture.Expected {
		if value, ok := got[name]; !ok || math.Abs(value-want) > 1e-6 {
			t.Errorf("%s: got %v (there: %t), want %v", name, value, ok, want)
		}
	}
	if len(fixture.Expected) == 0 {
		t.Error("no expected value")
	}
	return len(fixture.Expected)
}
