// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	oldCommit = "0123456789abcdef0123456789abcdef01234567"
	newCommit = "89abcdef0123456789abcdef0123456789abcdef"
)

// hubServer answers as HuggingFace does for one repository: large files are redirected to another host, which must not
// see the token, and small ones to another path.
type hubServer struct {
	*httptest.Server
	elsewhere *httptest.Server
	id        string
	commits   map[string]string            // of branches
	files     map[string]map[string]string // of commits
	token     string                       // that it asks for, if any
	spoil     func(name, text string) string

	mu    sync.Mutex
	gets  []string // files whose bytes were asked for
	leaks int
}

func serveHub(t *testing.T) *hubServer {
	s := &hubServer{id: "google-t5/t5-small", commits: map[string]string{"main": newCommit, "refs/pr/1": oldCommit},
		files: map[string]map[string]string{
			oldCommit: {"config.json": `{"old": 1}`, "model.safetensors": "old weights", "spiece.model": "pieces"},
			newCommit: {"config.json": `{}`, "model.safetensors": "weights", "spiece.model": "pieces",
				"tokenizer.json": "{ }", "README.md": "#"},
		}, spoil: func(_, text string) string { return text }}
	s.elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			s.mu.Lock()
			s.leaks++
			s.mu.Unlock()
		}
		s.bytes(w, r)
	}))
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.elsewhere.Close)
	t.Cleanup(s.Close)
	for _, name := range []string{"HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("HF_ENDPOINT", s.URL+"/")
	return s
}

func (s *hubServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if revision, ok := strings.CutPrefix(r.URL.Path, "/api/models/"+s.id+"/revision/"); ok {
		commit := revision
		if named, ok := s.commits[revision]; ok {
			commit = named
		}
		files, ok := s.files[commit]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		var siblings []map[string]string
		for _, name := range slices.Sorted(maps.Keys(files)) {
			siblings = append(siblings, map[string]string{"rfilename": name})
		}
		json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": siblings})
		return
	}
	if strings.HasPrefix(r.URL.Path, "/cached/") {
		s.bytes(w, r)
		return
	}
	commit, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"+s.id+"/resolve/"), "/")
	text, there := s.files[commit][name]
	if !ok || !there {
		w.Header().Set("X-Error-Message", "Entry not found")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if strings.HasSuffix(name, ".safetensors") || name == "spiece.model" {
		w.Header().Set("X-Linked-Etag", `"`+sha256Of([]byte(text))+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(text)))
		http.Redirect(w, r, s.elsewhere.URL+"/cached/"+commit+"/"+name, http.StatusFound)
		return
	}
	http.Redirect(w, r, "/cached/"+commit+"/"+name, http.StatusTemporaryRedirect)
}

// bytes serves /cached/COMMIT/NAME.
func (s *hubServer) bytes(w http.ResponseWriter, r *http.Request) {
	commit, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/cached/"), "/")
	if r.Method == http.MethodGet {
		s.mu.Lock()
		s.gets = append(s.gets, name)
		s.mu.Unlock()
	}
	text := s.files[commit][name]
	w.Header().Set("ETag", `W/"`+gitSHA(text)+`"`)
	whole([]byte(s.spoil(name, text)))(w, r)
}

func gitSHA(text string) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
}

// asked are the files asked for since the last call.
func (s *hubServer) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := strings.Join(s.gets, " ")
	s.gets = nil
	return names
}

// The environment's folders in the order in which the Python library looks at them, and its stored login.
func TestHubEnvironment(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, "token"), []byte("stored\n"))
	for _, c := range []struct {
		env                    map[string]string
		cache, token, endpoint string
	}{
		{map[string]string{"HOME": "/h"}, "/h/.cache/huggingface/hub", "", "https://huggingface.co"},
		{map[string]string{"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub", "", "https://huggingface.co"},
		{map[string]string{"XDG_CACHE_HOME": "/x", "HF_HOME": home}, home + "/hub", "stored", "https://huggingface.co"},
		{map[string]string{"HF_HOME": home, "HF_HUB_CACHE": "/c", "HF_TOKEN": "mine "}, "/c", "mine",
			"https://huggingface.co"},
		{map[string]string{"HOME": "/h", "HF_ENDPOINT": "https://mirror.example/hf/"}, "/h/.cache/huggingface/hub", "",
			"https://mirror.example/hf"},
	} {
		for _, name := range []string{"HOME", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_ENDPOINT",
			"HF_HUB_OFFLINE"} {
			t.Setenv(name, c.env[name])
		}
		h, err := newHub(&Client{})
		if err != nil {
			t.Fatal(err)
		}
		if h.cache != c.cache || h.token != c.token || h.endpoint != c.endpoint || h.offline {
			t.Errorf("%v: cache %s, token %q, endpoint %s, offline %t; want %s, %q, %s", c.env, h.cache, h.token,
				h.endpoint, h.offline, c.cache, c.token, c.endpoint)
		}
	}
}
