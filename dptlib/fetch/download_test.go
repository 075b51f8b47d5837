// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// content is some bytes to serve.
var content = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}()

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// server answers requests with its handlers in turn, the last one for good, and notes the requests.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, handlers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		handler := handlers[min(len(s.requests), len(handlers)-1)]
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// whole serves data, or the part of it that Range asks for.
func whole(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
	}
}

// alternating answers a hundred requests with one handler, then the other.
func alternating(a, b http.HandlerFunc) (handlers []http.HandlerFunc) {
	for range 50 {
		handlers = append(handlers, a, b)
	}
	return handlers
}

// cut is whole, but breaks the connection after n bytes.
func cut(data []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		whole(data)(&cutter{w, n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// unranged is whole by a server that knows nothing of Range.
func unranged(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		handler(w, r)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// quick is a client that notes how long it would have waited.
func quick(t *testing.T) (*Client, *[]time.Duration) {
	var waits []time.Duration
	return &Client{Cache: t.TempDir(), Wait: func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	}}, &waits
}

// Servers that misbehave, and what comes of it.
func TestFile(t *testing.T) {
	flipped := slices.Clone(content)
	flipped[200_000] ^= 1
	for _, c := range []struct {
		about    string
		handlers []http.HandlerFunc
		before   []byte // what an earlier download left
		want     string // in the error; "" for success
		requests int
		waits    []time.Duration
		kept     int // bytes of the partial file after an error
	}{
		{about: "a good one", handlers: []http.HandlerFunc{whole(content)}, requests: 1},
		{about: "cut connections", handlers: []http.HandlerFunc{cut(content, 70_000)}, requests: 5,
			waits: []time.Duration{500e6, 500e6, 500e6, 500e6}}, // each brings bytes, so patience does not run out
		{about: "many cuts", handlers: []http.HandlerFunc{cut(content, 10_000)}, requests: 30},
		{about: "a cut, and no ranges", handlers: []http.HandlerFunc{cut(content, 70_000), unranged(whole(content))},
			requests: 2},
		{about: "an earlier download", handlers: []http.HandlerFunc{whole(content)}, before: content[:123_456],
			requests: 1},
		{about: "an earlier download that lacks only its name", handlers: nil, before: content, requests: 0},
		{about: "an earlier download of another version", handlers: []http.HandlerFunc{whole(content)},
			before: flipped[:250_000], requests: 2},
		{about: "an earlier download that is too long", handlers: []http.HandlerFunc{whole(content)},
			before: append(slices.Clone(content), 0), requests: 1},
		{about: "another byte", handlers: []http.HandlerFunc{whole(flipped)},
			want: "its SHA-256 must be " + sha256Of(content), requests: 1},
		{about: "another byte, twice", handlers: []http.HandlerFunc{whole(flipped)}, before: flipped[:10],
			want: "nothing of it was kept", requests: 2},
		{about: "an error page", handlers: []http.HandlerFunc{whole([]byte("<html>"))},
			want: "must have 300000 bytes, the server offers 6: it is an HTML page", requests: 1},
		{about: "too many bytes, their number not said", requests: 1,
			want: "must have 300000 bytes, found 300001 or more",
			handlers: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				w.Write(content)
				w.Write(content)
			}}},
		{about: "too few bytes, their number not said", requests: 2,
			handlers: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				w.Write(content[:9])
			}, whole(content)}},
		{about: "another range than asked for", before: content[:100], requests: 2, handlers: []http.HandlerFunc{
			status(http.StatusPartialContent, "Content-Range", "bytes 0-9/300000"), whole(content)}},
		{about: "a range that is refused", before: content[:100], requests: 2, handlers: []http.HandlerFunc{
			status(http.StatusRequestedRangeNotSatisfiable), whole(content)}},
		{about: "404", handlers: []http.HandlerFunc{status(404)}, want: "404 Not Found", requests: 1},
		{about: "401", handlers: []http.HandlerFunc{status(401)}, want: "401 Unauthorized", requests: 1},
		{about: "500 twice", handlers: []http.HandlerFunc{status(500), status(500), whole(content)}, requests: 3,
			waits: []time.Duration{500e6, 1e9}},
		{about: "500 for good", handlers: []http.HandlerFunc{status(500)}, want: "500 Internal Server Error",
			requests: 5,
			waits:    []time.Duration{500e6, 1e9, 2e9, 4e9}},
		{about: "503 for good keeps what there is", handlers: []http.HandlerFunc{cut(content, 70_000), status(503)},
			want: "503", requests: 6, kept: 70_000},
		{about: "429 that says how long", handlers: []http.HandlerFunc{status(429, "Retry-After", "7"), whole(content)},
			requests: 2, waits: []time.Duration{7e9}},
		{about: "429 that asks for more patience than there is",
			handlers: []http.HandlerFunc{status(429, "Retry-After", "3600")},
			want:     "the server asks to wait for 1h0m0s", requests: 1},
		{about: "429 that does not say", handlers: []http.HandlerFunc{status(429), whole(content)}, requests: 2,
			waits: []time.Duration{500e6}},
		{about: "redirects in a circle", handlers: []http.HandlerFunc{status(302, "Location", "/again")},
			want: "redirects more than 10 times", requests: 11},
		{about: "many cuts without end", handlers: []http.HandlerFunc{cut(content, 2_000)},
			want: "given up after 100 tries", requests: 100, kept: 200_000},
		{about: "cuts here and there, and no ranges",
			handlers: alternating(unranged(cut(content, 70_000)), unranged(cut(content, 60_000))),
			want:     "given up after 6 tries", requests: 6, kept: 60_000},
		{about: "a range that is refused though none was asked for",
			handlers: []http.HandlerFunc{status(http.StatusRequestedRangeNotSatisfiable)},
			want:     "416", requests: 1},
		{about: "a part though none was asked for",
			handlers: []http.HandlerFunc{status(http.StatusPartialContent, "Content-Range", "bytes 5-9/300000")},
			want:     `found Content-Range "bytes 5-9/300000"`, requests: 1},
		{about: "no content", handlers: []http.HandlerFunc{status(http.StatusNoContent)}, want: "204 No Content",
			requests: 1},
		{about: "410", handlers: []http.HandlerFunc{status(410)}, want: "410 Gone", requests: 1},
		{about: "451", handlers: []http.HandlerFunc{status(451)}, want: "451", requests: 1},
		{about: "a page whose length is not said", want: "is an HTML page", requests: 1,
			handlers: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				w.Write([]byte("\n<!DOCTYPE html><title>Log in</title>"))
			}}},
		{about: "a page of the right length", want: "is an HTML page", requests: 1,
			handlers: []http.HandlerFunc{whole(append([]byte("<html>"), content[6:]...))}},
		{about: "a message that acts on the terminal",
			handlers: []http.HandlerFunc{status(403, "X-Error-Message", "\u009b2Jevil")},
			want:     `(\u009b2Jevil)`, requests: 1},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := serve(t, c.handlers...)
			client, waits := quick(t)
			path := filepath.Join(client.Cache, "file")
			if c.before != nil {
				write(t, path+partial, c.before)
			}
			err := client.file(t.Context(),
				source{url: s.URL + "/file", size: int64(len(content)), digest: digest{hex: sha256Of(content)}}, path)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(path); err != nil || sha256Of(got) != sha256Of(content) {
					t.Errorf("%d bytes, %v; want the %d served", len(got), err, len(content))
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want one with %q", err, c.want)
			} else if exists(path) {
				t.Error("an unfinished file has the final name")
			}
			if n := size(path + partial); n != int64(c.kept) || c.kept == 0 && exists(path+partial) && n > 0 {
				t.Errorf("%d bytes are kept; want %d", n, c.kept)
			}
			if len(s.requests) != c.requests {
				t.Errorf("%d requests; want %d", len(s.requests), c.requests)
			}
			if c.waits != nil && !slices.Equal(*waits, c.waits) {
				t.Errorf("waited %v; want %v", *waits, c.waits)
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What has arrived is not asked for again.
func TestRange(t *testing.T) {
	s := serve(t, cut(content, 100_000))
	client, _ := quick(t)
	if err := client.file(t.Context(),
		source{url: s.URL, size: int64(len(content)), digest: digest{hex: sha256Of(content)}},
		filepath.Join(client.Cache, "f")); err != nil {
		t.Fatal(err)
	}
	var ranges []string
	for _, r := range s.requests {
		ranges = append(ranges, r.Header.Get("Range"))
	}
	if want := []string{"", "bytes=100000-", "bytes=200000-"}; !slices.Equal(ranges, want) {
		t.Errorf("asked for %q; want %q", ranges, want)
	}
}

// A download that is interrupted has no final name, and the next one goes on where it was.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:50_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, whole(content))
	client, _ := quick(t)
	client.Log = &onWrite{func() { // the bar: bytes have arrived
		if size(filepath.Join(client.Cache, "f"+partial)) > 0 {
			cancel()
		}
	}}
	path := filepath.Join(client.Cache, "f")
	src := source{url: s.URL, size: int64(len(content)), digest: digest{hex: sha256Of(content)}}
	if err := client.file(ctx, src, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v; want %v", err, context.Canceled)
	}
	if exists(path) || size(path+partial) == 0 {
		t.Fatalf("final name: %t, %d bytes kept; want no final name, and what arrived", exists(path),
			size(path+partial))
	}
	client.Log = nil
	if err := client.file(t.Context(), src, path); err != nil {
		t.Fatal(err)
	}
	if got := s.requests[1].Header.Get("Range"); got == "" {
		t.Error("the second download starts from the first byte")
	}
}

type onWrite struct{ do func() }

func (w *onWrite) Write(p []byte) (int, error) {
	w.do()
	return len(p), nil
}

// A server that stops sending is left, and asked again for the rest.
func TestStall(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, func(w http.ResponseWriter, r *http.Request) { // not even a header
		<-r.Context().Done()
	}, whole(content))
	var log strings.Builder
	client, _ := quick(t)
	client.Stall, client.Log = 100*time.Millisecond, &log
	if err := client.file(t.Context(),
		source{url: s.URL, size: int64(len(content)), digest: digest{hex: sha256Of(content)}},
		filepath.Join(client.Cache, "f")); err != nil {
		t.Fatal(err)
	}
	if len(s.requests) != 3 || strings.Count(log.String(), "for 100ms") != 2 {
		t.Errorf("%d requests, log %q; want 3, and two stalls told of", len(s.requests), log.String())
	}
}

// A token goes to the host that it is for; where that redirects elsewhere, another port being another server, it stays.
func TestToken(t *testing.T) {
	elsewhere := serve(t, whole(content))
	s := serve(t, status(http.StatusFound, "Location", "/moved"), status(http.StatusFound, "Location", elsewhere.URL))
	client, _ := quick(t)
	write(t, filepath.Join(client.Cache, "f"+partial), content[:7])
	src := source{url: s.URL, token: "secret", size: int64(len(content)), digest: digest{hex: sha256Of(content)}}
	if err := client.file(t.Context(), src, filepath.Join(client.Cache, "f")); err != nil {
		t.Fatal(err)
	}
	for i, r := range s.requests {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("request %d to the token's host has %q", i, got)
		}
	}
	if got := elsewhere.requests[0].Header; got.Get("Authorization") != "" || got.Get("Range") != "bytes=7-" {
		t.Errorf("the other host was sent %v; want the range and no token", got)
	}
}

// A server that sends a byte now and then is given up, though each try brings a byte.
func TestTrickle(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		whole(content)(&trickle{ResponseWriter: w, done: r.Context().Done()}, r)
	})
	client, _ := quick(t)
	client.Stall = 50 * time.Millisecond
	err := client.file(t.Context(),
		source{url: s.URL, size: int64(len(content)), digest: digest{hex: sha256Of(content)}},
		filepath.Join(client.Cache, "f"))
	if err == nil || !strings.Contains(err.Error(), "given up after 5 tries") || len(s.requests) != 5 {
		t.Errorf("%v after %d requests; want it given up after 5", err, len(s.requests))
	}
}

// trickle sends one byte, and no more.
type trickle struct {
	http.ResponseWriter
	done <-chan struct{}
}

func (w *trickle) Write(p []byte) (int, error) {
	w.ResponseWriter.Write(p[:1])
	w.ResponseWriter.(http.Flusher).Flush()
	<-w.done
	panic(http.ErrAbortHandler)
}

// What lies where the download must go is not read without end.
func TestNoFile(t *testing.T) {
	s := serve(t, whole(content))
	client, _ := quick(t)
	path := filepath.Join(client.Cache, "f")
	if err := os.Symlink("/dev/zero", path+partial); err != nil {
		t.Fatal(err)
	}
	err := client.file(t.Context(), source{url: s.URL, size: int64(len(content))}, path)
	if err == nil || !strings.Contains(err.Error(), path+partial) || exists(path) {
		t.Errorf("%v, final name: %t; want an error that names it, and no final name", err, exists(path))
	}
}

// Hashing what an earlier download left, here for hours, ends with the context.
func TestInterruptedHashing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, _ := quick(t)
	client.Log = &onWrite{cancel} // the first line about progress
	path := filepath.Join(client.Cache, "f")
	write(t, path+partial, nil)
	if err := os.Truncate(path+partial, 1<<40); err != nil {
		t.Skipf("no sparse files: %v", err)
	}
	if err := client.file(ctx, source{url: "http://localhost", size: 1 << 40}, path); !errors.Is(err,
		context.Canceled) {
		t.Errorf("%v; want %v", err, context.Canceled)
	}
}

// Without a connection the error says whom it could not reach.
func TestNoConnection(t *testing.T) {
	s := serve(t, whole(content))
	s.Close()
	client, waits := quick(t)
	err := client.file(t.Context(), source{url: s.URL, size: 1}, filepath.Join(client.Cache, "f"))
	if err == nil || !strings.Contains(err.Error(), "no answer from "+strings.TrimPrefix(s.URL, "http://")) ||
		len(*waits) != 4 {
		t.Errorf("%v after %v; want an error with the host's name after four waits", err, *waits)
	}
}
