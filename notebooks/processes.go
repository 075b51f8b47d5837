// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// grace is the time that a program has to end by itself before it and all that it started are killed.
const grace = 2500 * time.Millisecond

// runApart runs a command in a session of its own, where no signal of the terminal reaches it. When ctx ends, the
// command is asked to end, by SIGTERM. When it has ended, or grace is over, every process that it started is killed.
func runApart(ctx context.Context, command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.WaitDelay = time.Second // for the output, which orphans may hold open
	adoptOrphans()
	if err := command.Start(); err != nil {
		return err
	}
	defer killDescendants()
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	command.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(grace):
		killTree(int32(command.Process.Pid))
		<-done
	}
	return ctx.Err()
}

// killTree kills a process and all its descendants. Jupyter gives a kernel a session of its own, so that killing a
// process group would leave it. Parents go first, lest they act on the end of their children.
func killTree(pid int32) error {
	parent, err := process.NewProcess(pid)
	if err != nil {
		return err
	}
	children, _ := parent.Children() // an error means none
	err = parent.Kill()
	for _, child := range children {
		killTree(child.Pid)
	}
	return err
}

// killDescendants kills all that this process has started or adopted. No command may be waited for meanwhile.
func killDescendants() {
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return
	}
	for {
		children, err := self.Children()
		if err != nil || len(children) == 0 {
			return
		}
		for _, child := range children {
			killTree(child.Pid)
		}
		for _, child := range children {
			syscall.Wait4(int(child.Pid), nil, 0, nil) // or it would be seen as a child for ever
		}
	}
}
