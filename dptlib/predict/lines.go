// SPDX-License-Identifier: Apache-2.0

package predict

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
)

// line is a line of the input.
type line struct {
	n    int // from 1
	text []byte
	bad  error // this line cannot be used
	end  error // no more input can be read
}

// maxLine is the greatest length of a line, in bytes; SuperGLUE's longest rows have about 30,000.
const maxLine = 16 << 20

// readLines sends the lines of in until it ends or ctx does. The channel is not buffered, so that memory stays bounded.
func readLines(ctx context.Context, in io.Reader) <-chan line {
	lines := make(chan line)
	go func() {
		defer close(lines)
		from := bufio.NewReaderSize(in, 1<<16)
		for n := 1; ; n++ {
			l := line{n: n}
			l.text, l.bad, l.end = readLine(from)
			if l.end == io.EOF {
				return
			}
			select {
			case lines <- l:
			case <-ctx.Done():
				return
			}
			if l.end != nil {
				return
			}
		}
	}()
	return lines
}

// readLine returns a copy of the next line without its terminator; an over-long line is dropped and reported in bad.
func readLine(from *bufio.Reader) (text []byte, bad, end error) {
	for size := 0; ; {
		part, err := from.ReadSlice('\n')
		if size += len(part); size <= maxLine {
			text = append(text, part...)
		} else {
			text, bad = nil, fmt.Errorf("a line must have at most %d bytes, found more", maxLine)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && size > 0: // the last line, without an end
			err = nil
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")), bad, err
	}
}
