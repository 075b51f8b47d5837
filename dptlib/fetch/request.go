// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxRedirects = 10
	minRate      = 1 << 10 // bytes a second; a connection that stays below is given up
)

// send makes a request and returns the first answer that is 200 or 206, or a redirect that final accepts (nil accepts
// none). Other redirects are followed, with the same method. The token goes to the address's own scheme and host only;
// have > 0 asks for the bytes from there on. Reading the body fails with a transient error if bytes come too slowly.
func (c *Client) send(
	ctx context.Context, method, address, token string, have int64, final func(*http.Response) bool,
) (*http.Response, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return nil, fmt.Errorf("an address must start with https:// or http:// and a host, found %q", address)
	}
	watch := newWatch(ctx, c.stall())
	for range maxRedirects + 1 {
		response, err := c.request(watch.ctx, method, at, token, have)
		if err != nil {
			watch.stop()
			return nil, err
		}
		location := response.Header.Get("Location")
		redirected := response.StatusCode >= 300 && response.StatusCode < 400 && location != ""
		whole, part := response.StatusCode == http.StatusOK, response.StatusCode == http.StatusPartialContent
		if whole || part || redirected && final != nil && final(response) {
			response.Body = &watchedBody{response.Body, watch, 0}
			return response, nil
		}
		response.Body.Close()
		if !redirected {
			watch.stop()
			return nil, newStatusError(response, address)
		}
		next, err := redirect(at, location)
		if err != nil {
			watch.stop()
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		if next.Scheme != at.Scheme || next.Host != at.Host {
			token = ""
		}
		at = next
	}
	watch.stop()
	return nil, fmt.Errorf("%s redirects more than %d times", address, maxRedirects)
}

// redirect resolves a Location header. Errors leave out its path and query, which may hold a signature.
func redirect(from *url.URL, location string) (*url.URL, error) {
	next, err := from.Parse(location)
	switch {
	case err != nil:
		return nil, errors.New("it redirects to an address that cannot be read")
	case next.Scheme != "http" && next.Scheme != "https" || next.Host == "":
		return nil, fmt.Errorf("a redirect must lead to https:// or http:// and a host, found %s://%s", next.Scheme,
			next.Host)
	case from.Scheme == "https" && next.Scheme == "http":
		return nil, fmt.Errorf("a redirect must not lead from https:// to http://, found http://%s", next.Host)
	}
	return next, nil
}

// request makes one request and returns the answer, no matter what its status is.
func (c *Client) request(
	ctx context.Context, method string, address *url.URL, token string, have int64,
) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address.String(), nil)
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
	} else if user := address.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // which follows no redirects
	if err == nil {
		return response, nil
	}
	err = cause(ctx, err)
	certificate, dns, plain := new(tls.CertificateVerificationError), new(net.DNSError), new(tls.RecordHeaderError)
	permanent := errors.As(err, &certificate) || errors.As(err, plain) || errors.As(err, &dns) && dns.IsNotFound
	advice := "see to the connection (and HTTPS_PROXY)"
	if errors.As(err, &certificate) {
		advice = "if a proxy re-signs connections, set SSL_CERT_FILE to its certificate"
	}
	err = fmt.Errorf("no answer from %s: %w; %s, or put the files there by other means", address.Host, err, advice)
	if permanent {
		return nil, err
	}
	return nil, &transientError{err}
}

// watch cancels its context when fewer than least bytes arrive in a window.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	window time.Duration
	least  int64
}

func newWatch(ctx context.Context, window time.Duration) *watch {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(window, func() {
		cancel(&transientError{fmt.Errorf("it sent nothing, or less than %d bytes a second, for %v", minRate, window)})
	})
	return &watch{ctx, cancel, timer, window, int64(minRate * window.Seconds())}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// watchedBody starts a new window whenever a window's least bytes have arrived.
type watchedBody struct {
	io.ReadCloser
	watch *watch
	since int64
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.since += int64(n); b.since >= b.watch.least {
		b.since = 0
		b.watch.timer.Reset(b.watch.window)
	}
	if err != nil && err != io.EOF {
		err = cause(b.watch.ctx, err)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	defer b.watch.stop()
	return b.ReadCloser.Close()
}

// cause returns the reason why the context ended, if it did, or else the error.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
