// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"
)

// impostor names the kind of content that a server sent in place of a file, judging by its first bytes, or returns "".
func impostor(head []byte) string {
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF"))))
	switch {
	case bytes.HasPrefix(text, []byte("version https://git-lfs.github.com/spec/")):
		return "a Git LFS pointer, which names the file's bytes but does not hold them"
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "an HTML page, such as a login or an error"
	}
	return ""
}

// headSize is the number of bytes that impostor needs.
const headSize = 512

// readSmall reads a regular file of at most limit bytes; a FIFO or device may have no end.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // opening a FIFO must not wait for a writer
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s must be a regular file of at most %d bytes, found %v with %d", path, limit,
			info.Mode(), info.Size())
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
