// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// lineEvery is the time between two lines about a download if no terminal shows a bar.
const lineEvery = 5 * time.Second

// progress shows how much of a file has arrived.
type progress struct {
	bar  *progressbar.ProgressBar // on a terminal
	log  io.Writer                // elsewhere; nil: do not write
	name string
	n    int64 // of size bytes
	size int64
	last time.Time // when the last line was written
}

func (c *Client) progress(name string, size int64) *progress {
	file, ok := c.Log.(*os.File)
	if !ok || !isTerminal(file) {
		return &progress{log: c.Log, name: name, size: size}
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(name),
		progressbar.OptionShowBytes(true), progressbar.OptionShowTotalBytes(true), progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(file) }))
	return &progress{bar: bar, name: name, size: size}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Write counts bytes.
func (p *progress) Write(data []byte) (int, error) {
	p.set(p.n + int64(len(data)))
	return len(data), nil
}

// set shows that n bytes have arrived.
func (p *progress) set(n int64) {
	p.n = n
	switch now := time.Now(); {
	case p.bar != nil:
		p.bar.Set64(n)
	case p.log != nil && (n == p.size || now.Sub(p.last) >= lineEvery):
		p.last = now
		fmt.Fprintf(p.log, "%s: %s of %s\n", p.name, inUnits(n), inUnits(p.size))
	}
}

// end ends the bar's line, if it is not full.
func (p *progress) end() {
	if p.bar != nil && !p.bar.IsFinished() && p.n > 0 {
		p.bar.Exit()
	}
}

func inUnits(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
