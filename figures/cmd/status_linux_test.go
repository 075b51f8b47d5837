// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWatchOnTerminal: on a terminal --watch clears the screen before it writes, elsewhere it does not.
func TestWatchOnTerminal(t *testing.T) {
	const clear = "\033[H\033[2J"
	primary, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("this system has no pseudo-terminals: ", err)
	}
	defer primary.Close()
	fd := int(primary.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	watch := []string{"sweep", toyList(t, "2"), "--status", "--watch", "--out", t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // after the first look
	var plain bytes.Buffer
	for _, out := range []io.Writer{terminal, &plain} {
		if err := run(ctx, watch, streams{strings.NewReader(""), out, io.Discard}); !errors.As(err, new(interruptedError)) {
			t.Fatal(err)
		}
	}
	shown := make([]byte, 1024)
	n, err = primary.Read(shown)
	if text := string(shown[:max(n, 0)]); err != nil || !strings.HasPrefix(text, clear+"0 of 4 runs") {
		t.Errorf("a terminal got %q (%v)", text, err)
	}
	if text := plain.String(); !strings.HasPrefix(text, "0 of 4 runs") {
		t.Errorf("what is no terminal got %q", text)
	}
}
