// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mirror may send all requests on to the hub, over other mirrors; none but HF_ENDPOINT sees the token.
func TestMirror(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := serveHub(t)
		t.Setenv("HF_TOKEN", "secret")
		redirectTo := func(address string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", address+r.URL.Path)
				w.WriteHeader(code)
			}
		}
		var leaks []string
		hub := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				leaks = append(leaks, r.URL.Path)
			}
			s.ServeHTTP(w, r)
		})
		second := serve(t, redirectTo(hub.URL))
		first := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if path, ok := strings.CutPrefix(r.URL.Path, "/moved"); ok {
				r.URL.Path = path
				redirectTo(second.URL)(w, r)
			} else {
				redirectTo("/moved")(w, r)
			}
		})
		t.Setenv("HF_ENDPOINT", first.URL)
		s.wantModel(t, "t5-small", "", newCommit)
		if len(leaks) > 0 || second.requests[0].Header.Get("Authorization") != "" {
			t.Errorf("%d: another host saw the token, at %q", code, leaks)
		}
		if got := first.requests[1].Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("%d: HF_ENDPOINT saw %q after it redirected to itself; want the token", code, got)
		}
	}
}

// A server may leave the size out of its answer to HEAD, or have no HEAD.
func TestMirrorHead(t *testing.T) {
	for _, c := range []struct {
		about string
		head  http.HandlerFunc
	}{
		{"405", status(http.StatusMethodNotAllowed)},
		{"501", status(http.StatusNotImplemented)},
		{"no size", func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() }},
	} {
		s := serveHub(t)
		mirror := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				c.head(w, r)
			} else {
				s.ServeHTTP(w, r)
			}
		})
		t.Setenv("HF_ENDPOINT", mirror.URL)
		t.Log(c.about)
		s.wantModel(t, "t5-small", "", newCommit)
	}
}

// What a server sends in the place of a file is named, and not kept, though it be what the server's hash is of.
func TestImpostors(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
	for _, c := range []struct {
		about, want string
		change      func(files map[string]string)
	}{
		{"weights that are a pointer", "model.safetensors is a Git LFS pointer",
			func(files map[string]string) { files[weightsFile] = pointer }},
		{"a vocabulary that is a pointer", "spiece.model is a Git LFS pointer",
			func(files map[string]string) { files[vocabularyFile] = pointer }},
		{"a configuration that is a page", "config.json is an HTML page",
			func(files map[string]string) { files[configFile] = "\uFEFF <!doctype HTML><p>" }},
		{"an index that is a pointer", "index.json is a Git LFS pointer", func(files map[string]string) {
			delete(files, weightsFile)
			files[indexFile] = pointer
		}},
	} {
		s := serveHub(t)
		c.change(s.files[newCommit])
		client, _ := quick(t)
		_, err := client.Model(t.Context(), "t5-small", "")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error with %q", c.about, err, c.want)
		}
		blobs := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--google-t5--t5-small", "blobs")
		for name := range treeOfLinks(t, blobs) {
			if text, err := os.ReadFile(name); err == nil && impostor(text) != "" {
				t.Errorf("%s: it was kept as %s", c.about, name)
			}
		}
	}
	serveHub(t)
	t.Setenv("HF_ENDPOINT", serve(t, whole([]byte("<html><body>Log in"))).URL)
	client, _ := quick(t)
	if _, err := client.Model(t.Context(), "t5-small", ""); err == nil ||
		!strings.Contains(err.Error(), "found an HTML page") {
		t.Errorf("a hub that is a login page: %v", err)
	}
}

// What a server says reaches no terminal as it is.
func TestHostileNames(t *testing.T) {
	const escape, shown = "\x1b]0;evil\a\u202e\u009b2J", `\x1b]0;evil\a\u202e\u009b2J`
	s := serveHub(t)
	s.files[newCommit] = map[string]string{"config.json": "{}", "../../evil": "x", escape: "x",
		strings.Repeat("long", 1<<20): "x"}
	var log strings.Builder
	client, _ := quick(t)
	client.Log = &log
	_, err := client.Model(t.Context(), "t5-small", "")
	if err == nil || !strings.Contains(err.Error(), shown) || len(err.Error()) > 5000 ||
		strings.ContainsAny(err.Error()+log.String(), "\x1b\a\u202e\u009b") {
		t.Errorf("%.300q; want it escaped and not too long", err)
	}
	if exists(filepath.Join(os.Getenv("HF_HOME"), "evil")) {
		t.Error("a file was written where its name led")
	}
	for _, tag := range []string{`"../../evil"`, `"a/b"`, `".."`, `""`, "\"\u009b2J\"", `".lock"`} {
		hub := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				s.ServeHTTP(w, r)
				return
			}
			w.Header().Set("ETag", tag)
			w.Write([]byte("x"))
		})
		t.Setenv("HF_ENDPOINT", hub.URL)
		client, _ := quick(t)
		_, err := client.Model(t.Context(), "t5-small", "")
		if err == nil || !strings.Contains(err.Error(), "an ETag that can name a file") ||
			strings.Contains(err.Error(), "\u009b") {
			t.Errorf("ETag %q: %v; want it refused", tag, err)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"größer \"than\" \\ 日本\n\n": "größer \"than\" \\ 日本\n\n",
		"\x1b[31m\r\t\x00":          `\x1b[31m\r\t\x00`,
		"\xff\xc3":                  `\xff\xc3`,
		"\uFFFD\u200f\u2066":        "\uFFFD" + `\u200f\u2066`,
		strings.Repeat("a", 5000):   strings.Repeat("a", 4000) + "...",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q becomes %q; want %q", text, got, want)
		}
	}
}
