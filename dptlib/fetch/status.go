// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// StatusError is an HTTP status that is an error.
type StatusError struct {
	URL        string
	Code       int
	Message    string        // what the server says about it, if anything
	RetryAfter time.Duration // the wait that the server asks for; 0 if it asks for none
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.URL, e.Code, http.StatusText(e.Code))
	if e.Message != "" {
		text += " (" + e.Message + ")"
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf("; the server asks to wait for %v", e.RetryAfter)
	}
	return printable(text)
}

// newStatusError returns an error that is transient if the server may do better the next time.
func newStatusError(response *http.Response, address string) error {
	e := &StatusError{URL: address, Code: response.StatusCode, Message: response.Header.Get("X-Error-Message")}
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(after, 10, 31); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.RetryAfter = max(0, time.Until(at).Round(time.Second))
	}
	switch e.Code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &transientError{e}
	}
	return e
}

// transientError is an error that may not occur again.
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
