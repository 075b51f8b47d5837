// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dpt/dptlib/runs"
)

// dpt runs a command line with an input, and returns what it printed.
func dpt(t *testing.T, input string, arguments ...string) (out string, err error) {
	t.Helper()
	var printed, progress bytes.Buffer
	err = run(t.Context(), arguments, streams{strings.NewReader(input), &printed, &progress})
	return printed.String(), err
}

// must is dpt for a command that must not fail.
func must(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	out, err := dpt(t, input, arguments...)
	if err != nil {
		t.Fatalf("dpt %s: %v", strings.Join(arguments, " "), err)
	}
	return out
}

// short trains for one epoch in a folder.
func short(out string, more ...string) []string {
	return append([]string{"train", "--model", "toy-s", "--task", "cb", "--few-shot", "16", "--epochs", "1", "--length",
		"5", "--dropout", "0", "--out", out}, more...)
}

// TestRoundTrip goes the whole way of a prompt: train, eval, predict, export, import, and what runs, verify and figures
// say of it.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	var record runs.Record
	if err := json.Unmarshal([]byte(must(t, "", short(dir, "--json")...)), &record); err != nil {
		t.Fatal(err)
	}
	if text := must(t, "", short(dir)...); !strings.Contains(text, "DPT on CB: 370 trainable parameters") {
		t.Errorf("the second train printed %s", text)
	}
	prompt := filepath.Join(dir, record.ID+".safetensors")
	data := []string{"--model", "toy-s", "--task", "cb", "--prompt", prompt}
	var scores struct{ Metrics []struct{ Value float64 } }
	if err := json.Unmarshal([]byte(must(t, "", append([]string{"eval", "--json"}, data...)...)), &scores); err != nil {
		t.Fatal(err)
	}
	if got, want := scores.Metrics[0].Value, record.BestScore(); got != want {
		t.Errorf("eval scores %v, the run's best evaluation %v", got, want)
	}
	row := `{"premise": "It rained.", "hypothesis": "it rained", "idx": 0}` + "\n"
	answer := must(t, row, "predict", "--model", "toy-s", "--prompt", prompt, "--scores", "--batch", "1")
	if !strings.Contains(answer, `"line":1`) || !strings.Contains(answer, "entailment") {
		t.Errorf("predict answered %s", answer)
	}
	if _, err := dpt(t, "{\n", "predict", "--model", "toy-s", "--prompt", prompt); err == nil {
		t.Error("a line that cannot be read must give an error in the end")
	}
	adapter, back := filepath.Join(dir, "adapter"), filepath.Join(dir, "back.safetensors")
	must(t, "", "export", prompt, "--peft", adapter)
	must(t, "", "import", adapter, "--out", back, "--task", "cb")
	if again := must(t, row, "predict", "--model", "toy-s", "--prompt", back, "--scores", "--batch",
		"1"); again != answer {
		t.Errorf("the imported prompt answers %s, want %s", again, answer)
	}
	if list := must(t, "", "runs", dir); !strings.Contains(list, record.ID) || !strings.Contains(list, "1 runs") {
		t.Errorf("runs lists %s", list)
	}
	onTest := record.Experiment()
	onTest.Rescore.Split = "test"
	list, err := json.Marshal(onTest)
	if err != nil {
		t.Fatal(err)
	}
	if text := must(t, string(list), "sweep", "-", "--out", dir); !strings.Contains(text, "2 of 2 runs") {
		t.Errorf("the sweep says %s", text)
	}
	if text := must(t, "", "verify", "--runs", dir, "--sample", "2"); !strings.Contains(text,
		"2 of 2 runs have the same score") {
		t.Errorf("verify says %s", text)
	}
}

// TestMethods: every method can be named, and its fields set, with no word about it in this package.
func TestMethods(t *testing.T) {
	for _, c := range []struct{ flags, want string }{
		{"--method dpt --length 7 --bottleneck 3", `{"name":"DPT","length":7,"bottleneck":3,"start":"uniform"}`},
		{"--method residual-pt --length 4", `{"name":"Residual PT","length":4,"bottleneck":400,"start":"frequent"}`},
		{"--method rank-probe --start ones", `{"name":"rank probe","length":100,"start":"ones"}`},
		{"--method fine-tuning", `{"name":"Fine-tuning"}`},
		{`--method {"name":"PT","length":9} --start gaussian`, `{"name":"PT","length":9,"start":"gaussian"}`},
	} {
		var flags methodFlags
		words := strings.Fields(c.flags)
		for i := 0; i < len(words); i += 2 {
			n := map[string]int{"7": 7, "3": 3, "4": 4}[words[i+1]]
			switch words[i] {
			case "--method":
				flags.Method = words[i+1]
			case "--length":
				flags.Length = &n
			case "--bottleneck":
				flags.Bottleneck = &n
			case "--start":
				flags.Start = words[i+1]
			}
		}
		spec, err := flags.method()
		if err != nil {
			t.Errorf("%s: %v", c.flags, err)
			continue
		}
		if got, err := json.Marshal(spec); err != nil || string(got) != c.want {
			t.Errorf("%s: %s (%v), want %s", c.flags, got, err, c.want)
		}
	}
	n := 3
	if _, err := (&methodFlags{Method: "pt", Bottleneck: &n}).method(); err == nil ||
		!strings.Contains(err.Error(), "bottleneck") {
		t.Errorf("PT has no bottleneck, found %v", err)
	}
}

// TestDataNames: the look-alikes count as a folder does, and ~ is the home folder.
func TestDataNames(t *testing.T) {
	if out := must(t, "", "data", "cb", "--data=toy"); !strings.Contains(out, "CB val: ") {
		t.Errorf("data says of toys %s", out)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	if _, err := dpt(t, "", "data", "cb", "--data=~/absent"); err == nil || strings.Contains(err.Error(), "~") {
		t.Errorf("~ must be the home folder, found %v", err)
	}
}

// TestRefuses: numbers beyond sense and wrong words are errors that name them, before anything is done.
func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "list.json")
	if err := os.WriteFile(list, []byte(`[{"model": "toy-s", "task": "CB"`), 0o644); err != nil {
		t.Fatal(err)
	}
	eval := []string{"eval", "--model", "toy-s", "--task", "cb"}
	for want, arguments := range map[string][]string{
		"none":         {"sweep", "quick", "--only=", "--status"},
		"1 again":      {"untuned", "--seeds=1,1"},
		"finite":       {"verify", "--tolerance=NaN"},
		"WiC again":    {"sweep", "quick", "--tasks=wic,WiC", "--status"},
		"--slurm":      {"sweep", "quick", "--time=1:00", "--status"},
		"from a scale": {"sweep", list, "--tasks=cb"},
		"of its own":   {"bench", "--model=toy-s", "--size=small"},
		"vocabulary":   append(eval, "--vocab="+list),
		"no such file": {"runs", filepath.Join(dir, "absent")},
		"new file":     {"import", "--out", list, dir},
		"look-alikes":  {"sweep", "small", "--data=toy", "--status"},
		"epochs":       short(dir, "--epochs", "9223372036854775807"),
		"batch size":   short(dir, "--batch", "0"),
		"few-shot":     short(dir, "--few-shot", "-1"),
		"window":       short(dir, "--window", "9223372036854775807"),
		"vectors":      short(dir, "--length", "9223372036854775807"),
		"keep 1 to":    append(eval, "--max-source=0"),
		"rows":         append(eval, "--batch=0"),
		"batch must":   {"bench", "--batch=0"},
		"steps must":   {"bench", "--steps=0"},
		"--sample":     {"verify", "--sample=-1"},
		"list.json":    {"sweep", list},
		"regular file": {"sweep", dir},
		"no-such":      {"figures", "no-such"},
		"own after":    {"data", "cola"},
		"one of":       short(dir, "--method", "no-such"),
		"--watch":      {"sweep", "toy", "--watch"},
		"--slim":       {"sweep", "toy", "--slurm", "--slim"},
		"--workers":    {"sweep", "toy", "--workers=-1"},
		"--per-gpu":    {"sweep", "toy", "--per-gpu=0"},
		"array-limit":  {"sweep", "toy", "--slurm", "--array-limit=0"},
		"gpus-per":     {"sweep", "toy", "--slurm", "--gpus-per-task=-1", "--out", dir},
		"shares.json":  {"sweep", filepath.Join(dir, "shares.json"), "--share", "0"},
	} {
		if _, err := dpt(t, "", arguments...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("dpt %s: the error must have %q, found %v", strings.Join(arguments, " "), want, err)
		}
	}
}

// TestFull: results that could not be written are an error.
func TestFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	err = run(t.Context(), []string{"sweep", "quick", "--status"}, streams{strings.NewReader(""), full, io.Discard})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the error must be %v, found %v", syscall.ENOSPC, err)
	}
}

// TestBench: what is asked for is timed, and the rates follow from the times.
func TestBench(t *testing.T) {
	bench := []string{"bench", "--model=toy-s", "--batch=4", "--source=8", "--target=2", "--prompt=4", "--steps=3"}
	for groups, more := range map[int][]string{1: {"--forward", "--decode"}, 2: {"--group=1,2"}} {
		lines := strings.Split(strings.TrimSpace(must(t, "", append(append(bench, "--json"), more...)...)), "\n")
		if len(lines) != groups {
			t.Fatalf("%v: %d lines are due, found %q", more, groups, lines)
		}
		for i, line := range lines {
			var r struct {
				Group    int     `json:"group"`
				Timed    int     `json:"steps_timed"`
				Step     float64 `json:"step_min_s"`
				Median   float64 `json:"step_median_s"`
				Forward  float64 `json:"forward_min_s"`
				Examples float64 `json:"examples_per_s"`
				Decoded  float64 `json:"decoded_per_s"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			parts := groups == 1
			if r.Group != i+1 || r.Timed != 3 || !(0 < r.Step && r.Step <= r.Median) || (r.Forward > 0) != parts ||
				(r.Decoded > 0) != parts || math.Abs(r.Examples*r.Step/float64(4*r.Group)-1) > 1e-9 {
				t.Errorf("%v: found %s", more, line)
			}
		}
	}
	if out := must(t, "", append(bench, "--forward")...); !strings.Contains(out, "median of 3;") ||
		!strings.Contains(out, "forward ") {
		t.Errorf("found %s", out)
	}
}

// TestStatus: an interrupted command has exit status 130, and says whether it goes on.
func TestStatus(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	err := run(ctx, short(t.TempDir()), streams{strings.NewReader(""), &out, &out})
	if code := status(err, &out); code != 130 || !strings.Contains(out.String(), "goes on") {
		t.Errorf("status %d, %s", code, out.String())
	}
	if status(nil, &out) != 0 || status(errors.New("x"), &out) != 1 {
		t.Error("an error must have status 1, none 0")
	}
}

// TestFigures: figures are drawn from a folder's records, with one file that cannot be read.
func TestFigures(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.json"), []byte("null"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := must(t, "", "figures", "fig07", "--runs", dir, "--out", dir)
	for _, name := range strings.Fields(out) {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(out, "fig07.pdf") {
		t.Errorf("figures wrote %s", out)
	}
}
