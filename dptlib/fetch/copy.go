// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"io"
	"os"
)

// contextReader fails when its context has ended.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// syncEvery bounds how long the last sync of a file takes, which nothing can interrupt.
const syncEvery = 64 << 20

// syncingWriter writes to a file and syncs it whenever syncEvery more bytes are written.
type syncingWriter struct {
	file    *os.File
	pending int
}

func (w *syncingWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if w.pending += n; err == nil && w.pending >= syncEvery {
		w.pending, err = 0, w.file.Sync()
	}
	return n, err
}
