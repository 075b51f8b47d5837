// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// follow runs a command and shows, on a terminal, a bar: of total lines that counts accepts, or, where total is 0, one
// that turns beside the command's last line. The error of a command that fails ends with its output.
func follow(command *exec.Cmd, title string, total int, counts func(line string) bool) error {
	if total == 0 {
		total = -1
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetDescription(title), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionSetVisibility(onTerminal()), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true), progressbar.OptionSpinnerType(14))
	if !onTerminal() {
		say("%-10s ...", title)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		return err
	}
	var all []string
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		all = append(all, lines.Text())
		if total < 0 {
			bar.Describe(fmt.Sprintf("%s: %.60s", title, lines.Text()))
		}
		if total < 0 || counts(lines.Text()) {
			bar.Add(1)
		}
	}
	bar.Finish()
	if err := command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, strings.Join(all[max(0, len(all)-30):], "\n"))
	}
	return nil
}

// onTerminal says whether someone watches.
func onTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
