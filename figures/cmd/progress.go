// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows how far a command is: a bar that is updated in place on a terminal, and otherwise a line every few seconds.
type bar struct {
	bar  *progressbar.ProgressBar // nil where out is no terminal
	out  io.Writer
	last time.Time
	full bool // the last line was of the whole
}

// between is the time between two lines.
const between = 5 * time.Second

// newBar makes a bar; it shows nothing before its first set.
func newBar(out io.Writer) *bar {
	b := &bar{out: out, last: time.Now()}
	if onTerminal(out) {
		b.bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(out), progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionOnCompletion(func() { fmt.Fprintln(out) }))
	}
	return b
}

// set shows a share of the work, from 0 to 1, and a text.
func (b *bar) set(share float64, text string) {
	if b.bar != nil {
		b.bar.Describe(text)
		b.bar.Set(int(1000 * share))
		return
	}
	if (share < 1 || b.full) && time.Since(b.last) < between {
		return
	}
	b.last, b.full = time.Now(), share >= 1
	fmt.Fprintf(b.out, "%3.0f %% %s\n", 100*share, text)
}
