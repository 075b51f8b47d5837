// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// attempt downloads src to a partial file, after what the file holds already, and verifies and syncs it when it is
// whole.
func (c *Client) attempt(ctx context.Context, src source, part string) (err error) {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // a device may have no end
		return fmt.Errorf("%s is where the download must go, as a file, found %v: remove it", part, info.Mode())
	}
	have := info.Size()
	resumed := have > 0
	if have > src.size {
		return &mismatchError{resumed, fmt.Sprintf("%s must have %d bytes, found %d", src.url, src.size, have)}
	}
	shown := c.progress(filepath.Base(src.url), src.size)
	defer shown.end()
	sum := src.digest.new(src.size)
	if _, err := io.CopyN(io.MultiWriter(sum, shown), contextReader{ctx, f}, have); err != nil {
		return err
	}
	if have < src.size {
		have, err = c.body(ctx, src, f, sum, shown, have)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	head := make([]byte, headSize)
	if n, readErr := f.ReadAt(head, 0); readErr == nil || readErr == io.EOF {
		if found := impostor(head[:n]); found != "" {
			return &mismatchError{resumed, src.url + " is " + found}
		}
	}
	if err != nil {
		return err
	}
	if have != src.size {
		return &mismatchError{resumed, fmt.Sprintf("%s must have %d bytes, found %d or more", src.url, src.size, have)}
	}
	if got := hexOf(sum); src.digest.hex != "" && got != src.digest.hex {
		return &mismatchError{resumed, fmt.Sprintf("%s: its %s must be %s, found %s", src.url, src.digest.name(),
			src.digest.hex, got)}
	}
	return f.Sync()
}

// body appends the rest of src to f, which holds its first bytes, or all of it if the server cannot serve a part. It
// returns the number of bytes that f holds then.
func (c *Client) body(
	ctx context.Context, src source, f *os.File, sum hash.Hash, shown *progress, have int64,
) (int64, error) {
	response, err := c.send(ctx, http.MethodGet, src.url, src.token, have, nil)
	if status := new(StatusError); have > 0 && errors.As(err, &status) &&
		status.Code == http.StatusRequestedRangeNotSatisfiable {
		return 0, errors.Join(&transientError{err}, f.Truncate(0)) // the file has become shorter: start again
	}
	if err != nil {
		return have, err
	}
	defer response.Body.Close()
	before := have
	if have, err = start(response, src, f, sum, have); err != nil {
		return have, err
	}
	if have != before {
		shown.set(have)
	}
	in := io.LimitReader(response.Body, src.size-have+1) // one byte too many is enough to see that it is wrong
	out := io.MultiWriter(&syncingWriter{f, 0}, sum, shown)
	buffer := make([]byte, 1<<17)
	for {
		n, readErr := in.Read(buffer)
		if _, err := out.Write(buffer[:n]); err != nil {
			return have, err
		}
		have += int64(n)
		switch {
		case readErr == io.EOF && have < src.size:
			readErr = io.ErrUnexpectedEOF
			fallthrough
		case readErr != nil && readErr != io.EOF:
			return have, &transientError{fmt.Errorf("%s broke off after %d bytes: %w", src.url, have, readErr)}
		case readErr == io.EOF:
			return have, nil
		}
	}
}

// start sets the file to the position at which the response's body continues.
func start(response *http.Response, src source, f *os.File, sum hash.Hash, have int64) (int64, error) {
	span := response.Header.Get("Content-Range")
	asked := have
	if response.StatusCode != http.StatusPartialContent || !strings.HasPrefix(span, fmt.Sprintf("bytes %d-", have)) {
		if have > 0 {
			if err := f.Truncate(0); err != nil {
				return have, err
			}
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return have, err
		}
		sum.Reset()
		src.digest.begin(sum, src.size)
		have = 0
		if response.StatusCode == http.StatusPartialContent {
			err := fmt.Errorf("%s: a server must answer with 200, or with 206 and the range that was asked for; "+
				"found Content-Range %q", src.url, span)
			if asked > 0 { // the next try asks for no range
				err = &transientError{err}
			}
			return 0, err
		}
	}
	if n := response.ContentLength; n >= 0 && have+n != src.size {
		found := "another file, or an error page"
		if head, err := io.ReadAll(io.LimitReader(response.Body, headSize)); err == nil && impostor(head) != "" {
			found = impostor(head)
		}
		return have, fmt.Errorf("%s must have %d bytes, the server offers %d: it is %s", src.url, src.size, have+n,
			found)
	}
	return have, nil
}
