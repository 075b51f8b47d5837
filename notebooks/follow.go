// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

const clearLine = "\r\x1b[K"

// onTerminal reports whether somebody is watching.
var onTerminal = sync.OnceValue(func() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
})

// say prints a line in place of the line of progress.
func say(format string, args ...any) {
	if onTerminal() {
		format = clearLine + format
	}
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// progress shows what a step does and since when: on a terminal in one line, elsewhere in a line every few seconds.
type progress struct {
	title string
	start time.Time
	found string // what the step found, which its last line ends with
	done  chan struct{}
	ticks sync.WaitGroup // until no line can follow the last one

	mu    sync.Mutex
	state string
}

func newProgress(title string) *progress {
	p := &progress{title: title, start: time.Now(), done: make(chan struct{}), state: "..."}
	every := 3 * time.Second
	if onTerminal() {
		every = 200 * time.Millisecond
	}
	p.ticks.Go(func() {
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
	})
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
	if onTerminal() {
		fmt.Fprint(os.Stderr, clearLine+line)
	} else {
		say("%s", line)
	}
}

// end replaces the line by a last one, or removes it if last is "".
func (p *progress) end(last string) {
	close(p.done)
	p.ticks.Wait()
	if last == "" && onTerminal() {
		fmt.Fprint(os.Stderr, clearLine)
	}
	if last != "" {
		line := fmt.Sprintf("%-10s %s", p.title, last)
		if took := time.Since(p.start); took >= time.Second {
			line += fmt.Sprintf(", after %.0f s", took.Seconds())
		}
		if p.found != "" {
			line += ": " + p.found
		}
		say("%s", line)
	}
}

// follow runs a command and shows the text that state returns for each line of its output, unless it is "". The error
// of a command that fails ends with its last output, without the requests that go -x prints.
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
		said := slices.DeleteFunc(slices.Clone(output),
			func(line string) bool { return strings.HasPrefix(line, "# get ") })
		return output, fmt.Errorf("%s: %w\n%s", command, err, strings.Join(said[max(0, len(said)-30):], "\n"))
	}
	return output, nil
}
