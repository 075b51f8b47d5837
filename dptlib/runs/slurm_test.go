// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dpt/dptlib/internal/cases"
)

// tool puts a shell script on the PATH, in the place of a program.
func tool(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name),
		[]byte("#!/bin/bash\n"+script+"\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
}

// arrayCase is an array of two tasks in a folder with a space in its name.
func arrayCase(t *testing.T) *Array {
	t.Helper()
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := Folder(filepath.Join(t.TempDir(), "a store"))
	list := []Experiment{published("t5-small", "RTE", 1), published("t5-small", "RTE", 2),
		published("t5-base", "CB", 1)}
	shares := cases.Must(folder.Cut((&Library{}).Outline(list, Hardware{GPU: true}, 1), 4, time.Time{}))
	return &Array{Folder: folder, Shares: shares, Workers: 2, GPUs: 2, Partition: "gpu", Time: "12:00:00",
		Flags: []string{"account=lab", "--mem=32G"}, Arguments: []string{"--checkpoint", "1m0s"}}
}

// TestSubmit: sbatch is given a script with all flags, whose program is a copy of this one and whose shares are this
// sweep's; its tasks are found in squeue's list.
func TestSubmit(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	array := arrayCase(t)
	tool(t, bin, "sbatch", `[ "$1" = --parsable ] && cp "$2" "$(dirname "$0")/given" && echo "4711;cluster"`)
	tool(t, bin, "squeue", `printf '%s\n' '4711|4711_0|RUNNING|None|node3' '4711|4711_1|PENDING|Resources|' '12|12|RUNNING|None|node1'`)
	if job := cases.Must(array.Submit(context.Background())); job != "4711" {
		t.Errorf("the job is 4711, found %q", job)
	}
	script := string(cases.Must(os.ReadFile(filepath.Join(bin, "given"))))
	if want := cases.Must(array.Script()); script != want {
		t.Errorf("submitted was\n%s\nand printed\n%s", script, want)
	}
	for _, want := range []string{
		"#SBATCH --array=0-1\n", "#SBATCH --gres=gpu:2\n", "#SBATCH --partition=gpu\n", "#SBATCH --time=12:00:00\n",
		"#SBATCH --account=lab\n",
		"#SBATCH --mem=32G\n", "#SBATCH --requeue\n", "#SBATCH --signal=B:TERM@120\n", "--workers 2",
		"--checkpoint 1m0s", "export HF_HOME=",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is missing in\n%s", want, script)
		}
	}
	if out, err := exec.Command("bash", "-n", filepath.Join(bin, "given")).CombinedOutput(); err != nil {
		t.Errorf("bash does not read the script: %s", out)
	}
	copies := cases.Must(filepath.Glob(filepath.Join(string(array.Folder), ".tasks", "dpt-*")))
	own := cases.Must(os.Stat(cases.Must(os.Executable())))
	if len(copies) != 1 || cases.Must(os.Stat(copies[0])).Size() != own.Size() ||
		cases.Must(os.Stat(copies[0])).Mode()&0o111 == 0 {
		t.Errorf("one copy of the program must be there, found %v", copies)
	}
	if tasks := slurmTasks(array.Folder); len(tasks) != 2 ||
		tasks[1] != (SlurmTask{"4711_1", "PENDING", "Resources", ""}) {
		t.Errorf("two tasks are in the queue, found %v", tasks)
	}
	if text := cases.Must(NewWatch(array.Folder, array.Shares.Experiments()).Status()).String(); !strings.Contains(text,
		"Slurm tasks: 1 pending (Resources), 1 running") {
		t.Errorf("the status is\n%s", text)
	}
	tool(t, bin, "sbatch", `echo "sbatch: error: invalid partition specified: gpu" >&2; exit 1`)
	if _, err := array.Submit(context.Background()); err == nil || !strings.Contains(err.Error(), "invalid partition") {
		t.Errorf("the error must have sbatch's words, found %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := array.Submit(context.Background()); err == nil || !strings.Contains(err.Error(), "--dry-run") {
		t.Errorf("the error must name --dry-run, found %v", err)
	}
}

// TestScript runs the script with programs in the place of dpt's and Slurm's: it goes back into the queue where it was
// interrupted while the job runs, and ends with the program's status.
func TestScript(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	array := arrayCase(t)
	path := cases.Must(array.Shares.Write(array.Folder))
	t.Setenv("SLURM_ARRAY_TASK_ID", "1")
	t.Setenv("SLURM_JOB_ID", "4712")
	tool(t, bin, "scontrol", `echo "$*" >>"`+bin+`/queued"; exit 1`) // so that the script need not be killed
	const trains = `trap 'exit 130' TERM; echo "$*"; while :; do sleep 0.1; done`
	for name, c := range map[string]struct {
		program, state, restarts string
		signal, queued           bool
		status                   int
	}{
		"done":               {program: `echo "$*"`, state: "RUNNING"},
		"failed":             {program: `echo "$*"; exit 1`, state: "RUNNING", status: 1},
		"killed":             {program: `echo "$*"; kill -9 $$`, state: "RUNNING", status: 137},
		"near the limit":     {program: trains, state: "RUNNING", signal: true, queued: true, status: 130},
		"cancelled":          {program: trains, state: "COMPLETING", signal: true, status: 130},
		"never gets further": {program: trains, state: "RUNNING", restarts: "100", signal: true, status: 130},
		"as it begins": {program: `echo "$*"; sleep 60`, state: "RUNNING", signal: true, queued: true,
			status: 143},
	} {
		os.Remove(filepath.Join(bin, "queued"))
		tool(t, bin, "program", c.program)
		tool(t, bin, "squeue", "echo "+c.state)
		script := filepath.Join(bin, "script")
		if err := os.WriteFile(script, []byte(cases.Must(array.script(filepath.Join(bin, "program"), path))),
			0o755); err != nil {
			t.Fatal(err)
		}
		run := exec.Command("bash", script)
		run.Env = append(os.Environ(), "SLURM_RESTART_COUNT="+c.restarts)
		out := cases.Must(run.StdoutPipe())
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 1000)
		n, _ := out.Read(line) // the program has begun
		if want := "--out " + string(array.Folder) +
			" --workers 2 --checkpoint 1m0s --share 1"; !strings.Contains(string(line[:n]), want) {
			t.Errorf("%s: the program must be called with %q, found %q", name, want, line[:n])
		}
		if c.signal {
			run.Process.Signal(syscall.SIGTERM)
		}
		run.Wait()
		if got := run.ProcessState.ExitCode(); got != c.status {
			t.Errorf("%s: the status must be %d, found %d", name, c.status, got)
		}
		queued, _ := os.ReadFile(filepath.Join(bin, "queued"))
		if (string(queued) == "requeue 4712\n") != c.queued {
			t.Errorf("%s: back into the queue %v, found %q", name, c.queued, queued)
		}
	}
}

// TestSlurmGPUs reads what sinfo lists.
func TestSlurmGPUs(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	tool(t, bin, "sinfo", `case "$*" in
*--partition=big*) echo "big gpu:h100:8(S:0-1)" ;;
*--partition=*) echo "small (null)" ;;
*) printf '%s\n' "small* (null)" "big gpu:h100:8(S:0-1)" ;;
esac`)
	for partition, want := range map[string]bool{"": false, "big": true, "small": false} {
		if got := SlurmGPUs(context.Background(), partition); got != want {
			t.Errorf("partition %q has GPUs: %v, found %v", partition, want, got)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if SlurmGPUs(context.Background(), "big") {
		t.Error("without Slurm there is no GPU to ask for")
	}
}
