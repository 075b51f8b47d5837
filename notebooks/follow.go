// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// progress shows what a step does and since when: on a terminal in one line, elsewhere in a line every few seconds.
type progress struct {
	out      io.Writer
	title    string
	terminal bool
	start    time.Time
	found    string // what the step found, which its last line ends with
	done     chan struct{}

	mu    sync.Mutex
	state string
}

func newProgress(title string) *progress {
	info, err := os.Stderr.Stat()
	p := &progress{out: os.Stderr, title: title, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0, start: time.Now(), done: make(chan struct{})}
	every := 3 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	p.set("...")
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.show()
			case <-p.done:
				return
			}
		}
	}()
	return p
}

func (p *progress) set(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("%-10s %.56s  %.0f s", p.title, p.state, time.Since(p.start).Seconds())
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	} else {
		fmt.Fprintln(p.out, line)
	}
}

// end replaces the line by the last one, or removes it if last is "".
func (p *progress) end(last string) {
	close(p.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	if last != "" {
		line := fmt.Sprintf("%-10s %s", p.title, last)
		if took := time.Since(p.start); took >= time.Second {
			line += fmt.Sprintf(", after %.0f s", took.Seconds())
		}
		if p.found != "" {
			line += ": " + p.found
		}
		fmt.Fprintln(p.out, line)
	}
}

// follow runs a command and shows what state makes of each line of its output, unless it is "". The error of a command that
// fails ends with its output.
func (p *progress) follow(command *exec.Cmd, state func(line string) string) (output []string, err error) {
	pipe, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		output = append(output, lines.Text())
		if text := state(lines.Text()); text != "" {
			p.set(text)
		}
	}
	if err := errors.Join(lines.Err(), command.Wait()); err != nil {
		return output, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, strings.Join(output[max(0, len(output)-30):], "\n"))
	}
	return output, nil
}
