// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Process says which process trains a run.
type Process struct {
	Host  string `json:"host"`
	PID   int    `json:"pid"`
	Slurm string `json:"slurm,omitempty"` // the job that it is part of: "17", or "17_3" for a task of an array

	Boot  string `json:"boot,omitempty"`  // this start of this machine, and the PID's name space; "" if unknown
	Start string `json:"start,omitempty"` // when the process began, in the kernel's ticks
}

// String names the process in a form that lets a user find it.
func (p Process) String() string {
	text := fmt.Sprintf("%s, process %d", p.Host, p.PID)
	if p.Slurm != "" {
		text += ", Slurm job " + p.Slurm
	}
	return text
}

// thisProcess returns the calling process.
var thisProcess = sync.OnceValue(func() Process {
	p := Process{PID: os.Getpid(), Slurm: os.Getenv("SLURM_JOB_ID")}
	p.Host, _ = os.Hostname()
	p.Host = cmp.Or(p.Host, "unknown")
	if array := os.Getenv("SLURM_ARRAY_JOB_ID"); array != "" {
		p.Slurm = array + "_" + os.Getenv("SLURM_ARRAY_TASK_ID")
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, errSpace := os.Readlink("/proc/self/ns/pid")
	start, running := startOf(p.PID)
	if err == nil && errSpace == nil && running {
		p.Boot, p.Start = strings.TrimSpace(string(boot))+" "+space, start
	}
	return p
})

// startOf returns when a process of this machine began; running is false if there is no such process, or only a zombie.
func startOf(pid int) (start string, running bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before it may contain any character
	if len(fields) < 20 || strings.ContainsAny(string(fields[0]), "ZX") {
		return "", false
	}
	return string(fields[19]), true
}

// here reports whether the process is one of this machine since its last start, so that alive can tell.
func (p Process) here() bool { return p.Boot != "" && p.Boot == thisProcess().Boot }

// alive reports whether a process of this machine still runs.
func (p Process) alive() bool {
	start, running := startOf(p.PID)
	return running && start == p.Start
}
