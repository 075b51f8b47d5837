// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// attempt downloads src to a partial file, behind what the file holds already, and verifies and syncs it when it is whole.
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
	bar := c.bar(filepath.Base(src.url), src.size)
	defer func() {
		if !bar.IsFinished() && bar.State().CurrentNum > 0 {
			bar.Exit() // ends the line
		}
	}()
	sum := src.digest.new(src.size)
	if _, err := io.CopyN(io.MultiWriter(sum, bar), f, have); err != nil {
		return err
	}
	if have < src.size {
		if have, err = c.body(ctx, src, f, sum, bar, have); err != nil {
			return err
		}
	}
	if have != src.size {
		return &mismatchError{resumed, fmt.Sprintf("%s must have %d bytes, found %d or more", src.url, src.size, have)}
	}
	if got := hexOf(sum); src.digest.hex != "" && got != src.digest.hex {
		return &mismatchError{resumed, fmt.Sprintf("%s: its %s must be %s, found %s", src.url, src.digest.name(), src.digest.hex, got)}
	}
	return f.Sync()
}

// body appends the rest of src to f, which holds its first bytes, or all of it if the server cannot serve a part. It
// returns how many bytes f holds then.
func (c *Client) body(ctx context.Context, src source, f *os.File, sum hash.Hash, bar *progressbar.ProgressBar, have int64) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := c.stall()
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("it sent nothing for %v", stall)) })
	defer watch.Stop()

	response, err := send(ctx, http.MethodGet, src.url, src.token, have, nil)
	if status := new(StatusError); errors.As(err, &status) && status.Code == http.StatusRequestedRangeNotSatisfiable {
		return 0, errors.Join(err, f.Truncate(0)) // the file has become shorter: from the start again
	}
	if err != nil {
		return have, err
	}
	defer response.Body.Close()
	if have, err = start(response, src, f, sum, have); err != nil {
		return have, err
	}
	if have > 0 || bar.State().CurrentNum > 0 {
		bar.Set64(have)
	}
	in := &watched{io.LimitReader(response.Body, src.size-have+1), watch, stall} // one too many is enough to see that it is wrong
	buffer := make([]byte, 1<<17)
	for {
		n, readErr := in.Read(buffer)
		if _, err := f.Write(buffer[:n]); err != nil {
			return have, err
		}
		sum.Write(buffer[:n])
		bar.Add(n)
		have += int64(n)
		switch {
		case readErr == io.EOF && have < src.size:
			readErr = io.ErrUnexpectedEOF
			fallthrough
		case readErr != nil && readErr != io.EOF:
			return have, &transientError{fmt.Errorf("%s broke off after %d bytes: %w", src.url, have, cause(ctx, readErr))}
		case readErr == io.EOF:
			return have, nil
		}
	}
}

// start brings the file to where the response's body goes on.
func start(response *http.Response, src source, f *os.File, sum hash.Hash, have int64) (int64, error) {
	if response.StatusCode != http.StatusPartialContent || !strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)) {
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
		if have = 0; response.StatusCode != http.StatusOK {
			return 0, &transientError{fmt.Errorf("%s: a server must answer Range with 200, or 206 and the same range; found %s, Content-Range %q",
				src.url, response.Status, response.Header.Get("Content-Range"))}
		}
	}
	if n := response.ContentLength; n >= 0 && have+n != src.size {
		return have, fmt.Errorf("%s must have %d bytes, the server offers %d: it is another file, or an error page", src.url, src.size, have+n)
	}
	return have, nil
}

// watched puts off the end of a stalled connection whenever bytes arrive.
type watched struct {
	io.Reader
	timer *time.Timer
	limit time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.timer.Reset(w.limit)
	return n, err
}

// send makes a request and returns a response of a status below 400. The token goes to the address's own host only; have
// asks for what follows so many bytes. follow, if any, decides on redirects as [http.Client.CheckRedirect] does.
func send(ctx context.Context, method, address, token string, have int64, follow func(*http.Request) error) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "dpt")
	request.Header.Set("Accept-Encoding", "identity") // so that sizes and ranges are the file's
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if next.URL.Host != request.URL.Host || next.URL.Scheme != request.URL.Scheme {
			next.Header.Del("Authorization")
		}
		if len(before) == 10 {
			return errors.New("it redirects more than 10 times")
		}
		if follow != nil {
			return follow(next)
		}
		return nil
	}}
	response, err := client.Do(request)
	if err != nil {
		err = cause(ctx, err)
		if wrapped := new(url.Error); errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, which a redirect may have given a signature
		}
		err = fmt.Errorf("no answer from %s: %w; see to the connection (and HTTPS_PROXY), or put the files there by other means", request.URL.Host, err)
		if dns := new(net.DNSError); errors.As(err, &dns) && dns.IsNotFound {
			return nil, err
		}
		return nil, &transientError{err}
	}
	if status := response.StatusCode; status >= 400 {
		response.Body.Close()
		return nil, newStatusError(response, address)
	}
	return response, nil
}

// cause is why the context ended, if it did, or else the error.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// StatusError is an HTTP status that is an error.
type StatusError struct {
	URL        string
	Code       int
	Message    string        // what the server says about it, if anything
	RetryAfter time.Duration // what the server asks to wait; 0 if it does not say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.URL, e.Code, http.StatusText(e.Code))
	if e.Message != "" {
		text += " (" + e.Message + ")"
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf("; the server asks to wait for %v", e.RetryAfter)
	}
	return text
}

// newStatusError is transient where the server may do better the next time.
func newStatusError(response *http.Response, address string) error {
	e := &StatusError{URL: address, Code: response.StatusCode, Message: response.Header.Get("X-Error-Message")}
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.RetryAfter = max(0, time.Until(at).Round(time.Second))
	}
	switch e.Code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusRequestedRangeNotSatisfiable,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &transientError{e}
	}
	return e
}

// transientError may not come again.
type transientError struct{ error }

func (e *transientError) Unwrap() error { return e.error }

// mismatchError is a file that is not the one that was asked for.
type mismatchError struct {
	resumed bool // its first bytes are from an earlier download
	what    string
}

func (e *mismatchError) Error() string {
	return e.what + ": the server, or something between, sent another file; nothing of it was kept"
}
