// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dpt/superglue"
)

// wantModel fetches a model and looks at its files.
func (s *hubServer) wantModel(t *testing.T, name, revision, commit string) {
	t.Helper()
	client, _ := quick(t)
	dir, err := client.Model(t.Context(), name, revision)
	if err != nil {
		t.Fatal(err)
	}
	hub := filepath.Join(os.Getenv("HF_HOME"), "hub")
	if want := filepath.Join(hub, "models--google-t5--t5-small", "snapshots", commit); dir != want {
		t.Errorf("folder %s; want %s", dir, want)
	}
	for file, text := range s.files[commit] {
		got, err := os.ReadFile(filepath.Join(dir, file))
		if file != "README.md" && (err != nil || string(got) != text) {
			t.Errorf("%s holds %q, %v; want %q", file, got, err, text)
		}
	}
	if s.leaks > 0 {
		t.Errorf("another host saw the token %d times", s.leaks)
	}
}

// The cache is laid out as the Python tools do it, blobs named by their hash and linked to; nothing is fetched twice.
func TestModel(t *testing.T) {
	s := serveHub(t)
	s.token = "secret"
	t.Setenv("HF_TOKEN", s.token)
	s.wantModel(t, "t5-small", "", newCommit)
	if got, want := s.asked(), "config.json spiece.model tokenizer.json model.safetensors"; got != want {
		t.Errorf("asked for %s; want %s", got, want)
	}
	repository := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--google-t5--t5-small")
	if got, err := os.ReadFile(filepath.Join(repository, "refs", "main")); err != nil || string(got) != newCommit {
		t.Errorf("refs/main is %q, %v; want %s", got, err, newCommit)
	}
	for name, blob := range map[string]string{"config.json": gitSHA(`{}`),
		"model.safetensors": sha256Of([]byte("weights"))} {
		link, err := os.Readlink(filepath.Join(repository, "snapshots", newCommit, name))
		if want := filepath.Join("..", "..", "blobs", blob); err != nil || link != want {
			t.Errorf("%s links to %s, %v; want %s", name, link, err, want)
		}
	}
	s.wantModel(t, "google-t5/t5-small", "main", newCommit)
	s.wantModel(t, "t5-small", newCommit, newCommit)
	if got := s.asked(); got != "" {
		t.Errorf("asked for %s again", got)
	}
	s.wantModel(t, "t5-small", "refs/pr/1", oldCommit) // the vocabulary is the same blob
	if got, want := s.asked(), "config.json model.safetensors"; got != want {
		t.Errorf("of the other revision asked for %s; want %s", got, want)
	}
}

// A pinned revision that is there needs no server, and neither does HF_HUB_OFFLINE or a server that does not answer.
func TestModelOffline(t *testing.T) {
	s := serveHub(t)
	client, _ := quick(t)
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := client.Model(t.Context(), "t5-small", ""); err == nil ||
		!strings.Contains(err.Error(), "HF_HUB_OFFLINE is set") {
		t.Errorf("%v; want an error that says HF_HUB_OFFLINE is set", err)
	}
	t.Setenv("HF_HUB_OFFLINE", "")
	s.wantModel(t, "t5-small", "", newCommit)
	t.Setenv("HF_HUB_OFFLINE", "yes")
	s.wantModel(t, "t5-small", "", newCommit)
	t.Setenv("HF_HUB_OFFLINE", "")
	s.Close()
	s.wantModel(t, "t5-small", newCommit, newCommit)
	s.wantModel(t, "t5-small", "", newCommit)
	if _, err := client.Model(t.Context(), "t5-base", ""); err == nil ||
		!strings.Contains(err.Error(), "no answer from") {
		t.Errorf("%v; want an error that says nobody answers", err)
	}
}

// What a Python tool has fetched is used, under the old names without an organisation too.
func TestModelOfPython(t *testing.T) {
	for _, folder := range []string{"models--google-t5--t5-small", "models--t5-small"} {
		s := serveHub(t)
		repository := filepath.Join(os.Getenv("HF_HOME"), "hub", folder)
		for name, text := range s.files[newCommit] {
			write(t, filepath.Join(repository, "blobs", gitSHA(text)), []byte(text))
			if err := os.MkdirAll(filepath.Join(repository, "snapshots", newCommit), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join("..", "..", "blobs", gitSHA(text)),
				filepath.Join(repository, "snapshots", newCommit, name)); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(repository, "refs", "main"), []byte(newCommit))
		for _, offline := range []string{"", "1"} {
			t.Setenv("HF_HUB_OFFLINE", offline)
			client, _ := quick(t)
			dir, err := client.Model(t.Context(), "t5-small", "")
			if want := filepath.Join(repository, "snapshots", newCommit); err != nil || dir != want {
				t.Errorf("offline %q: %s, %v; want %s", offline, dir, err, want)
			}
		}
		if got := s.asked(); got != "" {
			t.Errorf("asked for %s; all of it was there", got)
		}
	}
}

func TestModelShards(t *testing.T) {
	for _, c := range []struct{ about, index, want string }{
		{"two shards", `{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors"}}`,
			""},
		{"a shard that is not there", `{"weight_map": {"a": "model-1.safetensors", "b": "model-9.safetensors"}}`,
			"names the shard model-9.safetensors"},
		{"a shard outside", `{"weight_map": {"a": "../../../evil.safetensors"}}`,
			"must be a .safetensors file beside it"},
		{"a shard of another kind", `{"weight_map": {"a": "model.bin"}}`, "must be a .safetensors file beside it"},
		{"no shards", `{}`, "weight_map"},
		{"no JSON", `<html>`, "model.safetensors.index.json"},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := serveHub(t)
			files := s.files[newCommit]
			delete(files, "model.safetensors")
			files["model.safetensors.index.json"], files["model-1.safetensors"], files["model-2.safetensors"] = c.index,
				"one", "two"
			if c.want == "" {
				s.wantModel(t, "t5-small", "", newCommit)
				return
			}
			client, _ := quick(t)
			if dir, err := client.Model(t.Context(), "t5-small", ""); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %v; want an error with %q", dir, err, c.want)
			}
		})
	}
}

// What can be wrong with a model, and what the error says to do.
func TestModelErrors(t *testing.T) {
	for _, c := range []struct {
		about, name, revision, want string
		change                      func(t *testing.T, s *hubServer)
	}{
		{about: "no such model", name: "t5-base", want: "look for a slip in the name"},
		{about: "no such revision", revision: "v9", want: "look for a slip in the name"},
		{about: "no model's name", name: "t5", want: "a model is t5-small"},
		{about: "a path", name: "../..", want: "a model is t5-small"},
		{about: "a path as a revision", revision: "../../evil", want: "a revision is a branch"},
		{about: "an absolute path as a revision", revision: "/evil", want: "a revision is a branch"},
		{about: "a private model", want: "set HF_TOKEN",
			change: func(t *testing.T, s *hubServer) { s.token = "secret" }},
		{about: "a wrong token", want: "HF_TOKEN (or the stored login) must be valid",
			change: func(t *testing.T, s *hubServer) {
				s.token = "secret"
				t.Setenv("HF_TOKEN", "wrong")
			}},
		{about: "not a T5", want: "DPT needs a T5 in safetensors", change: func(t *testing.T, s *hubServer) {
			s.files[newCommit] = map[string]string{"config.json": "{}", "tf_model.h5": "h", "spiece.model": "p"}
		}},
		{about: "other weights", want: "its SHA-256 must be " + sha256Of([]byte("weights")),
			change: func(t *testing.T, s *hubServer) {
				s.spoil = func(name, text string) string { return strings.ReplaceAll(text, "weights", "WEIGHTS") }
			}},
		{about: "another configuration", want: "its git SHA-1 must be " + gitSHA("{}"),
			change: func(t *testing.T, s *hubServer) {
				s.spoil = func(name, text string) string { return strings.ReplaceAll(text, "{}", "[]") }
			}},
		{about: "another server", want: "is HF_ENDPOINT a HuggingFace server?",
			change: func(t *testing.T, s *hubServer) {
				t.Setenv("HF_ENDPOINT", serve(t, whole([]byte("<html>"))).URL)
			}},
		{about: "too many requests", want: "With HF_TOKEN set more requests are allowed",
			change: func(t *testing.T, s *hubServer) {
				t.Setenv("HF_ENDPOINT", serve(t, status(429)).URL)
			}},
		{about: "no access", want: "your account must have access", change: func(t *testing.T, s *hubServer) {
			t.Setenv("HF_ENDPOINT", serve(t, status(403)).URL)
		}},
	} {
		t.Run(c.about, func(t *testing.T) {
			s := serveHub(t)
			if c.change != nil {
				c.change(t, s)
			}
			if c.name == "" {
				c.name = "t5-small"
			}
			client, _ := quick(t)
			dir, err := client.Model(t.Context(), c.name, c.revision)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %v; want an error with %q", dir, err, c.want)
			}
			for name := range treeOfLinks(t, os.Getenv("HF_HOME")) {
				if strings.HasSuffix(name, "model.safetensors") {
					t.Errorf("there is %s", name)
				}
			}
		})
	}
}

// treeOfLinks lists the contents of a folder without following links.
func treeOfLinks(t *testing.T, dir string) map[string]bool {
	names := map[string]bool{}
	filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names[path] = true
		return err
	})
	return names
}

// Two that want the same at once share one download.
func TestModelAtOnce(t *testing.T) {
	s := serveHub(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			client, _ := quick(t)
			if _, err := client.Model(t.Context(), "t5-small", ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := strings.Count(s.asked(), "model.safetensors"); got != 1 {
		t.Errorf("the weights were asked for %d times; want once", got)
	}
}

// Where nothing was fetched, the error is the command that fetches it.
func TestFind(t *testing.T) {
	s := serveHub(t)
	folder := t.TempDir()
	if dir, err := FindModel(folder, ""); err != nil || dir != folder {
		t.Errorf("%s, %v; want the folder that there is", dir, err)
	}
	if _, err := FindModel("t5-small", ""); err == nil ||
		!strings.HasSuffix(err.Error(), "run: dpt fetch model t5-small") {
		t.Errorf("%v; want an error with the command", err)
	}
	if _, err := FindModel("a/b", "v1"); err == nil ||
		!strings.HasSuffix(err.Error(), "run: dpt fetch model a/b --revision v1") {
		t.Errorf("%v; want an error with the command", err)
	}
	s.wantModel(t, "t5-small", "", newCommit)
	for _, revision := range []string{"", "main", newCommit} {
		dir, err := FindModel("t5-small", revision)
		if err != nil || filepath.Base(dir) != newCommit {
			t.Errorf("revision %q: %s, %v; want the snapshot", revision, dir, err)
		}
	}
	if dir, err := FindModel("t5-small", oldCommit); err == nil {
		t.Errorf("found %s, which was not fetched", dir)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cb, rte := superglue.All()[1], superglue.All()[7]
	if _, err := FindSuperGLUE(cb, rte); err == nil ||
		!strings.HasSuffix(err.Error(), "run: dpt fetch superglue CB RTE") {
		t.Errorf("%v; want an error with the command", err)
	}
	data, archive := official(t)
	client := &Client{Mirror: serve(t, whole(data)).URL}
	fetched, err := client.SuperGLUE(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	if dir, err := FindSuperGLUE(cb); err != nil || dir != fetched {
		t.Errorf("%s, %v; want %s", dir, err, fetched)
	}
	if _, err := FindSuperGLUE(cb, rte); err == nil || !strings.HasSuffix(err.Error(), "run: dpt fetch superglue RTE") {
		t.Errorf("%v; want an error with the command for what is missing", err)
	}
}
