// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Redirects of every kind are followed with the same method, to a path, to another server, and to one after the other.
func TestRedirect(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			last := serve(t, whole(content))
			first := serve(t, status(code, "Location", "/again?x=1"), status(code, "Location", last.URL+"/there?y=2"))
			response, err := (&Client{}).send(t.Context(), method, first.URL, "", 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if want := map[string]int{http.MethodGet: len(content)}[method]; err != nil || len(body) != want ||
				response.ContentLength != int64(len(content)) {
				t.Errorf("%d, %s: %d bytes, %v; want %d", code, method, len(body), err, want)
			}
			if len(first.requests) != 2 || first.requests[1].URL.String() != "/again?x=1" || len(last.requests) != 1 ||
				last.requests[0].URL.String() != "/there?y=2" || last.requests[0].Method != method {
				t.Errorf("%d, %s: %d and %d requests, the last %s %s", code, method, len(first.requests),
					len(last.requests), last.requests[0].Method, last.requests[0].URL)
			}
		}
	}
}

// A redirect that cannot be followed ends the download at once: asking again would give the same.
func TestRedirectRefused(t *testing.T) {
	for _, c := range []struct{ about, location, want string }{
		{"a file", "file:///etc/passwd", "found file://"},
		{"another protocol", "ftp://example.com/x", "found ftp://example.com"},
		{"no host", "http:///x", "found http://"},
		{"no address", "http://[::1", "an address that cannot be read"},
		{"a signature that must not be shown", "gopher://example.com/x?signature=secret", "found gopher://example.com"},
	} {
		s := serve(t, status(http.StatusFound, "Location", c.location))
		client, waits := quick(t)
		err := client.file(t.Context(), source{url: s.URL, size: 1}, client.Cache+"/f")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") ||
			len(s.requests) != 1 || len(*waits) != 0 {
			t.Errorf("%s: %v after %d requests; want one request, and an error with %q", c.about, err, len(s.requests),
				c.want)
		}
	}
	s := serve(t, status(http.StatusPermanentRedirect))
	client, _ := quick(t)
	if err := client.file(t.Context(), source{url: s.URL, size: 1}, client.Cache+"/f"); err == nil ||
		!strings.Contains(err.Error(), "308") || len(s.requests) != 1 {
		t.Errorf("no Location: %v after %d requests", err, len(s.requests))
	}
	from := &url.URL{Scheme: "https", Host: "example.com", Path: "/"}
	for location, want := range map[string]string{"http://example.com/": "from https:// to http://",
		"//other.com/x": "", "https://other.com": "", "/y": ""} {
		if _, err := redirect(from, location); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", location, err, want)
		}
	}
}

// What a second try cannot change is not tried again.
func TestPermanent(t *testing.T) {
	plain := serve(t, whole(content))
	encrypted := httptest.NewUnstartedServer(plain.Config.Handler)
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	encrypted.StartTLS()
	defer encrypted.Close()
	for address, want := range map[string]string{
		strings.Replace(plain.URL, "http:", "https:", 1): "does not look like a TLS handshake",
		encrypted.URL:       "SSL_CERT_FILE",
		"localhost":         "must start with https://",
		"ftp://localhost/x": "must start with https://",
	} {
		client, waits := quick(t)
		err := client.file(t.Context(), source{url: address, size: 1}, client.Cache+"/f")
		if err == nil || !strings.Contains(err.Error(), want) || len(*waits) > 0 {
			t.Errorf("%s: %v after %d waits; want an error with %q at once", address, err, len(*waits), want)
		}
	}
}

// clockwork is a body that brings some bytes after each interval.
type clockwork struct {
	every time.Duration
	bytes int
	left  int
}

func (c *clockwork) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(c.every) // of synctest's clock
	n := min(c.bytes, c.left, len(p))
	c.left -= n
	return n, nil
}

func (c *clockwork) Close() error { return nil }

// A connection that brings less than 1 KiB a second is given up within a minute; one that brings more is not, here in
// more than an hour.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		about string
		body  clockwork
		ends  bool // with an error
	}{
		{"a byte every 3 s", clockwork{3 * time.Second, 1, 1000}, true},
		{"512 bytes a second", clockwork{time.Second, 512, 1 << 20}, true},
		{"2 KiB a second", clockwork{time.Second, 2 << 10, 8 << 20}, false},
		{"64 KiB every 29 s", clockwork{29 * time.Second, 64 << 10, 8 << 20}, false},
		{"64 KiB every 31 s", clockwork{31 * time.Second, 64 << 10, 8 << 20}, true},
		{"a short body", clockwork{time.Second, 1, 5}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWatch(t.Context(), 30*time.Second)
			body := &watchedBody{&c.body, w, 0}
			defer body.Close()
			start := time.Now()
			for {
				_, err := body.Read(make([]byte, 1<<17))
				if ended := w.ctx.Err() != nil; ended || err == io.EOF { // a real body fails when its context ends
					if ended != c.ends || ended && time.Since(start) > time.Minute {
						t.Errorf("%s: given up: %t, after %v; want %t", c.about, ended, time.Since(start), c.ends)
					}
					return
				}
			}
		})
	}
}
