// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

// Array is a sweep as a Slurm job array: each share has a task, which trains it with the submitter's program.
type Array struct {
	Folder    Folder // on a file system that the nodes share, like models, data and plugin
	Shares    *Shares
	Workers   int      // processes of a task; 0 stands for 1
	GPUs      int      // of a task
	Partition string   // "" is Slurm's default, also in the next field
	Time      string   // limit of a task, as Slurm writes it
	Flags     []string // further flags of sbatch: "--account=lab", or without the dashes
	Arguments []string // further flags of the sweep command
}

// write writes the array's files into the folder: its shares, the program, and the script for sbatch, whose path it
// returns.
func (a *Array) write() (script string, err error) {
	path, err := a.Shares.Write(a.Folder)
	if err != nil {
		return "", err
	}
	program, content, err := program(filepath.Dir(filepath.Dir(path)))
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(program); err != nil || info.Size() != int64(len(content)) {
		if err := renameio.WriteFile(program, content, 0o755); err != nil {
			return "", err
		}
	}
	text, err := a.script(program, path)
	if err != nil {
		return "", err
	}
	script = filepath.Join(filepath.Dir(path), "array.sh")
	return script, renameio.WriteFile(script, []byte(text), 0o755)
}

// Submit passes the array to sbatch, and returns the job's number.
func (a *Array) Submit(ctx context.Context) (job string, err error) {
	sbatch, err := exec.LookPath("sbatch")
	if err != nil {
		return "", fmt.Errorf("%w: Slurm's sbatch must be on the PATH, as it is on a cluster's login node; --dry-run "+
			"prints the script", err)
	}
	script, err := a.write()
	if err != nil {
		return "", err
	}
	out, err := command(ctx, sbatch, "--parsable", script)
	if err != nil {
		return "", err
	}
	job, _, _ = strings.Cut(strings.TrimSpace(out), ";") // the cluster's name
	if !regexp.MustCompile(`^[0-9]+$`).MatchString(job) {
		return "", fmt.Errorf("sbatch must answer with a job's number, found %q", out)
	}
	jobs, err := os.OpenFile(filepath.Join(filepath.Dir(script), "jobs"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return job, err
	}
	_, err = fmt.Fprintln(jobs, job)
	return job, errors.Join(err, jobs.Close())
}

// command runs one of Slurm's commands and returns its output.
func command(ctx context.Context, name string, arguments ...string) (string, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	var out, failure bytes.Buffer
	c.Stdout, c.Stderr = &out, &failure
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(name), err, bytes.TrimSpace(failure.Bytes()))
	}
	return out.String(), nil
}

// program returns the path below dir for a copy of this program, named by the hash of its content, and that content. So
// tasks that start days later are trained by the code that they were planned with, and the nodes need no Go.
func program(dir string) (path string, content []byte, err error) {
	own, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if content, err = os.ReadFile(own); err != nil {
		return "", nil, err
	}
	name := sha256.Sum256(content)
	return filepath.Join(dir, "dpt-"+hex.EncodeToString(name[:6])), content, nil
}

// passed lists the environment variables that change how a run is made, or where its files are found. A task gets them
// from its script, because the environment of a login lacks those that a user set in a shell.
var passed = []string{
	"PATH", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE",
	"GOMLX_BACKEND", "PJRT_PLUGIN_LIBRARY_PATH", "XLA_FLAGS", "NPROC", "PJRT_NPROC", "DPT_COMPILATION_CACHE",
}

// script returns the script for sbatch, which starts a program on the file of shares.
//
// Slurm sends SIGTERM to the script alone before the time limit, and to the whole task when it is preempted, requeued
// or cancelled; in each case the program writes a checkpoint and ends. Only before the time limit is the job still
// running then, and the script requeues it. In the other cases Slurm requeues it by itself, or it is not to be
// requeued.
func (a *Array) script(program, shares string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "#!/bin/bash\n# Written by dpt sweep --slurm. A task trains its share of shares.json, and "+
		"then what others left.\n")
	for _, flag := range a.flags(filepath.Dir(shares), here) {
		fmt.Fprintf(&text, "#SBATCH %s\n", flag)
	}
	fmt.Fprintln(&text)
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			fmt.Fprintf(&text, "export %s=%s\n", name, quote(value))
		}
	}
	fmt.Fprintf(&text, "export GOMAXPROCS=${SLURM_CPUS_ON_NODE:-1}\n\n")
	folder := filepath.Dir(filepath.Dir(filepath.Dir(shares)))
	words := []string{program, "sweep", shares, "--out", folder, "--workers", strconv.Itoa(a.workers())}
	words = append(words, a.Arguments...)
	for i, word := range words {
		words[i] = quote(word)
	}
	fmt.Fprintf(&text, "%s%s --share \"$SLURM_ARRAY_TASK_ID\" &\n%s", passing, strings.Join(words, " "), waiting)
	return text.String(), nil
}

// Script returns the script for sbatch, and writes nothing.
func (a *Array) Script() (string, error) {
	path, _, err := a.Shares.file(a.Folder)
	if err != nil {
		return "", err
	}
	program, _, err := program(filepath.Dir(filepath.Dir(path)))
	if err != nil {
		return "", err
	}
	return a.script(program, path)
}

// workers returns the number of processes of a task, each with a share.
func (a *Array) workers() int { return max(1, a.Workers) }

// tasks returns the number of tasks.
func (a *Array) tasks() int { return (len(a.Shares.Shares) + a.workers() - 1) / a.workers() }

// passing passes Slurm's signals on to the program, including one that comes before the program begins.
const passing = `dpt= signalled=
trap 'signalled=1; [ -z "$dpt" ] || kill -TERM $dpt' TERM USR1
`

// waiting is the end of the script. Status 130 is that of an interrupted program, and 143 that of a program that had
// not begun.
const waiting = `dpt=$!
[ -z "$signalled" ] || kill -TERM $dpt
while kill -0 $dpt 2>/dev/null; do wait $dpt; done
wait $dpt
status=$?
if [ $status = 130 ] || [ $status = 143 ]; then
	if [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ] && [ "$(squeue -h -j "$SLURM_JOB_ID" -o %T)" = RUNNING ]; then
		echo "the limit of time is near: back into the queue"
		scontrol requeue "$SLURM_JOB_ID" && sleep 60
	fi
fi
exit $status
`

// flags returns the flags of sbatch. If a flag is given twice the last one counts.
func (a *Array) flags(dir, here string) []string {
	list := []string{
		"--job-name=dpt", fmt.Sprintf("--array=0-%d", a.tasks()-1), "--chdir=" + quote(here),
		"--output=" + quote(filepath.Join(dir, "%A_%a.log")), "--open-mode=append",
		"--nodes=1", "--ntasks=1", "--requeue", "--signal=B:TERM@120",
	}
	if a.GPUs > 0 {
		list = append(list, "--gres=gpu:"+strconv.Itoa(a.GPUs))
	}
	if a.Partition != "" {
		list = append(list, "--partition="+a.Partition)
	}
	if a.Time != "" {
		list = append(list, "--time="+a.Time)
	}
	for _, flag := range a.Flags {
		if !strings.HasPrefix(flag, "-") {
			flag = "--" + flag
		}
		list = append(list, flag)
	}
	return list
}

// plainWord matches a word that needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%_+=:,./-]+$`)

// quote writes a word for a shell, and for sbatch.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
