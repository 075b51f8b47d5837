// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

// TestMain makes this binary the dpt command where a test starts it as one.
func TestMain(m *testing.M) {
	if os.Getenv("DPT_TEST_AS_COMMAND") != "" {
		Main()
	}
	os.Exit(m.Run())
}

// toyList writes four runs of a number of updates, in two groups, and returns the file.
func toyList(t *testing.T, updates string) string {
	t.Helper()
	var list []string
	for _, task := range []string{"CB", "COPA"} {
		for _, seed := range []string{"1", "2"} {
			list = append(list, `{"model": "toy-s", "data": "toy", "task": "`+task+`", "few_shot": 16, "method": {"name": "DPT", "length": 5, "bottleneck": 2, "start": "uniform"},
				"recipe": {"epochs": 0, "updates": `+updates+`, "evaluate_every": `+updates+`, "dropout": 0, "seed": `+seed+`}}`)
		}
	}
	path := filepath.Join(t.TempDir(), "list.json")
	if err := os.WriteFile(path, []byte("["+strings.Join(list, ",")+"]"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWorkers: processes side by side make the same records as one, and --status counts them.
func TestWorkers(t *testing.T) {
	t.Setenv("DPT_TEST_AS_COMMAND", "1")
	list, alone, together := toyList(t, "2"), t.TempDir(), t.TempDir()
	must(t, "", "sweep", list, "--out", alone)
	if out := must(t, "", "sweep", list, "--out", together, "--workers", "3"); !strings.Contains(out,
		"4 of 4 runs have a record") {
		t.Errorf("the sweep said %s", out)
	}
	scores := func(folder string) (lines []string) {
		for line := range strings.Lines(must(t, "", "runs", folder)) {
			fields := strings.Fields(line)
			lines = append(lines, strings.Join(fields[:min(11, len(fields))], " ")) // up to the last score
		}
		return lines
	}
	if a, b := scores(alone), scores(together); !slices.Equal(a, b) {
		t.Errorf("alone\n%q\ntogether\n%q", a, b)
	}
	if out := must(t, "", "sweep", list, "--out", together, "--status", "--watch"); out != "4 of 4 runs are done\n" {
		t.Errorf("the status is %s", out)
	}
	if out := must(t, "", "sweep", list, "--out", together, "--workers", "2"); !strings.Contains(out, "4 of 4") {
		t.Errorf("with nothing to do the sweep said %s", out)
	}
}

// TestWorkersEnd: Ctrl-C ends a sweep and its workers, and so does the death of the parent; what was begun goes on.
func TestWorkersEnd(t *testing.T) {
	t.Setenv("DPT_TEST_AS_COMMAND", "1")
	list, out := toyList(t, "100000"), t.TempDir()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		sweep := exec.Command(os.Args[0], "sweep", list, "--out", out, "--workers", "2")
		progress, err := sweep.StderrPipe()
		if err == nil {
			err = sweep.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		training := func() (workers []int) {
			for _, r := range statusOf(t, list, out).Running {
				if r.Progress.Update > 0 {
					workers = append(workers, r.Process.PID)
				}
			}
			return workers
		}
		var workers []int
		for start := time.Now(); len(workers) < 2 && time.Since(start) < 2*time.Minute; workers = training() {
			time.Sleep(50 * time.Millisecond)
		}
		start := time.Now()
		sweep.Process.Signal(signal)
		last := ""
		for lines := bufio.NewScanner(progress); lines.Scan(); {
			last = lines.Text()
		}
		err = sweep.Wait()
		if took := time.Since(start); took > 30*time.Second { // 3 s where nothing else runs
			t.Errorf("%v: it took %v to end", signal, took)
		}
		if failed := new(exec.ExitError); signal == syscall.SIGINT &&
			(!errors.As(err, &failed) || failed.ExitCode() != 130 || !strings.Contains(last, "goes on")) {
			t.Errorf("%v: the status must be 130, with word that it goes on, found %v and %q", signal, err, last)
		}
		for _, pid := range workers {
			for syscall.Kill(pid, 0) == nil && time.Since(start) < time.Minute {
				time.Sleep(50 * time.Millisecond)
			}
			if syscall.Kill(pid, 0) == nil {
				t.Errorf("%v: worker %d is left", signal, pid)
			}
		}
		if s := statusOf(t, list, out); len(workers) != 2 || len(s.Running) != 0 || len(s.Stopped) != 2 {
			t.Errorf("%v: two groups must have been interrupted of %d, found %s", signal, len(workers), s)
		}
		if checkpoints, _ := filepath.Glob(filepath.Join(out, ".checkpoints", "*.safetensors")); len(checkpoints) != 2 {
			t.Errorf("%v: two checkpoints must be left, found %v", signal, checkpoints)
		}
	}
}

// statusOf reads how far a list's sweep is.
func statusOf(t *testing.T, list, out string) *runs.Status {
	t.Helper()
	file, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	experiments, err := runs.ReadExperiments(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := runs.NewWatch(runs.Folder(out), experiments).Status()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWorkerEnvironment: workers take GPUs in turn, and share the memory of one where there are more of them.
func TestWorkerEnvironment(t *testing.T) {
	gpus := []pjrt.GPU{{ID: "2", Memory: 80e9}, {ID: "GPU-5", Memory: 80e9}}
	f := workerFlags{PerGPU: 2}
	for _, c := range []struct {
		backend    string
		worker, of int
		gpus       []pjrt.GPU
		want       []string
	}{
		{"", 0, 2, gpus, []string{"CUDA_VISIBLE_DEVICES=2"}},
		{"", 1, 2, gpus, []string{"CUDA_VISIBLE_DEVICES=GPU-5"}},
		{"", 3, 4, gpus, []string{"CUDA_VISIBLE_DEVICES=GPU-5", "GOMLX_BACKEND=xla:cuda,memory_fraction=0.450"}},
		{"xla:/lib/cuda.so,tf32=false", 2, 4, gpus, []string{"CUDA_VISIBLE_DEVICES=2",
			"GOMLX_BACKEND=xla:/lib/cuda.so,tf32=false,memory_fraction=0.450"}},
		{"xla:cuda,memory_fraction=0.2", 2, 4, gpus, []string{"CUDA_VISIBLE_DEVICES=2"}},
		{"", 3, 16, nil, []string{"GOMAXPROCS=1"}},
	} {
		t.Setenv("GOMLX_BACKEND", c.backend)
		if got := f.environment(c.worker, c.of, c.gpus)[len(os.Environ()):]; !slices.Equal(got, c.want) {
			t.Errorf("worker %d of %d: found %q, want %q", c.worker, c.of, got, c.want)
		}
	}
	if on := f.hardware(4, gpus); !on.GPU || on.Memory != 40e9 {
		t.Errorf("two workers share 80 GB, found %+v", on)
	}
}

// TestSlurm: the paper's sweep is cut and printed without models, data or a device, and not submitted before they are
// there.
func TestSlurm(t *testing.T) {
	for _, name := range []string{"HF_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	t.Setenv("GOMLX_BACKEND", "none")
	out := filepath.Join(t.TempDir(), "runs")
	command := []string{"sweep", "paper", "--slurm", "--array-limit", "64", "--gpus-per-task", "1", "--per-gpu", "2",
		"--out", out, "--sbatch", "constraint=a100,h100"}
	script := must(t, "", append(command, "--dry-run")...)
	for _, want := range []string{"#SBATCH --array=0-63\n", "#SBATCH --gres=gpu:1\n", "--workers 2",
		"#SBATCH --constraint=a100,h100\n"} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is missing in\n%s", want, script)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a dry run wrote files")
	}
	if _, err := dpt(t, "", command...); err == nil || !strings.Contains(err.Error(), "nothing was submitted") {
		t.Errorf("without models nothing must be submitted, found %v", err)
	}
}

// TestPrefixed: lines of workers are passed on whole, however they arrive.
func TestPrefixed(t *testing.T) {
	var text strings.Builder
	w := &prefixed{lines: &lines{to: &text}, prefix: "worker 1: "}
	for _, part := range []string{"one", " line\ntwo", "\n", "rest"} {
		io.WriteString(w, part)
	}
	if want := "worker 1: one line\nworker 1: two\n"; text.String() != want {
		t.Errorf("found %q", text.String())
	}
}
