// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// SlurmTask is Slurm's view of a task of a job that works on a sweep.
type SlurmTask struct {
	Task   string // "17_3", or "17_[4-7]" for tasks that have not begun
	State  string // "RUNNING", "PENDING", ...
	Reason string // why it waits
	Nodes  string
}

// slurmTasks returns the tasks of jobs that were submitted for a folder and are in Slurm's queue: there are none if
// Slurm is missing or does not answer.
func slurmTasks(f Folder) (tasks []SlurmTask) {
	folder := os.DirFS(string(f))
	files, _ := fs.Glob(folder, ".tasks/*/jobs")
	var jobs []string
	for _, file := range files {
		if text, err := fs.ReadFile(folder, file); err == nil {
			jobs = append(jobs, strings.Fields(string(text))...)
		}
	}
	squeue, err := exec.LookPath("squeue")
	if err != nil || jobs == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := command(ctx, squeue, "--me", "--noheader", "--array", "--format=%F|%i|%T|%r|%N")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) == 5 && slices.Contains(jobs, fields[0]) {
			tasks = append(tasks, SlurmTask{fields[1], fields[2], fields[3], fields[4]})
		}
	}
	return tasks
}

// SlurmGPUs reports whether a partition's nodes have GPUs, "" being the default partition.
func SlurmGPUs(ctx context.Context, partition string) bool {
	arguments := []string{"--noheader", "--format=%P %G"}
	if partition != "" {
		arguments = append(arguments, "--partition="+partition)
	}
	out, err := command(ctx, "sinfo", arguments...)
	if err != nil {
		return false
	}
	for line := range strings.Lines(out) {
		name, has, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(has, "gpu") && (partition != "" || strings.HasSuffix(name, "*")) {
			return true
		}
	}
	return false
}
