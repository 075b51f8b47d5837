// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// interrupted is the signal that ended a context.
type interrupted struct{ syscall.Signal }

func (i interrupted) Error() string { return fmt.Sprintf("interrupted (%v)", i.Signal) }

// interruptible ends its context at the first Ctrl-C or SIGTERM, when the terminal is closed, and when the go command
// that runs this program is killed, which does not pass signals on. A second signal kills this program and all that it
// started.
func interruptible() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	watched := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		watched = append(watched, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, watched...)
	go func() {
		cancel(interrupted{(<-signals).(syscall.Signal)})
		second := <-signals
		for second == syscall.SIGHUP { // the terminal and its shell both send it
			second = <-signals
		}
		killDescendants()
		time.Sleep(200 * time.Millisecond) // for what waited for them to remove temporary files
		os.Exit(128 + int(second.(syscall.Signal)))
	}()
	parent := os.Getppid()
	if p, err := process.NewProcess(int32(parent)); err == nil {
		if name, err := p.Name(); err == nil && name == "go" {
			go func() {
				for os.Getppid() == parent {
					time.Sleep(500 * time.Millisecond)
				}
				cancel(interrupted{syscall.SIGTERM})
			}()
		}
	}
	return ctx
}
