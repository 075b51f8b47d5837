// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dpt/superglue"
)

// official is an archive as SuperGLUE publishes one, and what names it.
func official(t testing.TB) ([]byte, superglue.Archive) {
	data := zipped(t, entry{name: "CB/train.jsonl", text: "t"}, entry{name: "CB/val.jsonl", text: "v"},
		entry{name: "CB/test.jsonl", text: "e"},
		entry{name: "__MACOSX/._CB", text: "m"})
	return data, superglue.Archive{Task: "CB", Bytes: int64(len(data)), SHA256: sha256Of(data)}
}

func archiveOf(t *testing.T, name string) superglue.Archive {
	task, err := superglue.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return task.Archive()
}

func TestSuperGLUE(t *testing.T) {
	data, archive := official(t)
	s := serve(t, cut(data, 200), whole(data))
	client, _ := quick(t)
	client.Mirror = s.URL + "/v2/"
	write(t, filepath.Join(client.Cache, "superglue", ".unpack", "CB", "val.jsonl"),
		[]byte("half")) // of a process that was killed
	for range 2 {
		dir, err := client.SuperGLUE(t.Context(), archive)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(client.Cache, "superglue"); dir != want {
			t.Errorf("folder %s; want %s", dir, want)
		}
		got := tree(t, dir)
		delete(got, ".lock")
		if len(got) != 3 || got["CB/train.jsonl"] != "t" || got["CB/val.jsonl"] != "v" || got["CB/test.jsonl"] != "e" {
			t.Errorf("there are %v; want the three splits and no leavings", got)
		}
	}
	if len(s.requests) != 2 || s.requests[0].URL.Path != "/v2/CB.zip" {
		t.Errorf("%d requests, the first for %s; want 2 for /v2/CB.zip, and none the second time", len(s.requests),
			s.requests[0].URL)
	}
}

// A task's folder appears whole or not at all.
func TestSuperGLUEErrors(t *testing.T) {
	lacking := zipped(t, entry{name: "CB/train.jsonl", text: "t"})
	hostile := zipped(t, entry{name: "CB/train.jsonl", text: "t"}, entry{name: "../../evil", text: "x"})
	for _, c := range []struct {
		about, want string
		serve       http.HandlerFunc
		archive     superglue.Archive
	}{
		{"an archive without its splits", "val.jsonl is not there", whole(lacking),
			superglue.Archive{Task: "CB", Bytes: int64(len(lacking)), SHA256: sha256Of(lacking)}},
		{"a hostile archive", "not safe to unpack", whole(hostile),
			superglue.Archive{Task: "CB", Bytes: int64(len(hostile)), SHA256: sha256Of(hostile)}},
		{"another archive", "its SHA-256 must be", whole(hostile),
			superglue.Archive{Task: "CB", Bytes: int64(len(hostile)), SHA256: sha256Of(lacking)}},
		{"no archive", "--mirror", status(404), archiveOf(t, "CB")},
		{"a closed door", "403 Forbidden", status(403), archiveOf(t, "CB")},
	} {
		t.Run(c.about, func(t *testing.T) {
			client, _ := quick(t)
			client.Mirror = serve(t, c.serve).URL
			_, err := client.SuperGLUE(t.Context(), c.archive)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want an error with %q", err, c.want)
			}
			for name := range tree(t, client.Cache) {
				if !strings.HasPrefix(name, "superglue/.") {
					t.Errorf("there is %s", name)
				}
			}
		})
	}
}

// A folder that somebody put there is not overwritten.
func TestSuperGLUEForeignFolder(t *testing.T) {
	client, _ := quick(t)
	path := filepath.Join(client.Cache, "superglue", "CB", "train.jsonl")
	write(t, path, []byte("mine"))
	_, err := client.SuperGLUE(t.Context(), archiveOf(t, "CB"))
	if err == nil || !strings.Contains(err.Error(), "remove the folder") {
		t.Errorf("%v; want an error that says to remove it", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "mine" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

// Of many at once one downloads, and the others find what it did.
func TestSuperGLUEAtOnce(t *testing.T) {
	data, archive := official(t)
	s := serve(t, whole(data))
	first, _ := quick(t)
	var all sync.WaitGroup
	failures := make(chan error, 8)
	for range cap(failures) {
		all.Go(func() {
			client := &Client{Cache: first.Cache, Mirror: s.URL}
			dir, err := client.SuperGLUE(t.Context(), archive)
			if err == nil {
				_, err = os.Stat(filepath.Join(dir, "CB", "test.jsonl"))
			}
			failures <- err
		})
	}
	all.Wait()
	for range cap(failures) {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if len(s.requests) != 1 {
		t.Errorf("%d requests; want 1", len(s.requests))
	}
}

// Every task has its official archive.
func TestArchives(t *testing.T) {
	for _, task := range superglue.All() {
		if a := task.Archive(); a.Task != task.Name || a.URL() != superglue.ArchiveBase+task.Name+".zip" ||
			len(a.SHA256) != 64 || digestOf(a.SHA256).hex != a.SHA256 || a.Bytes <= 0 {
			t.Errorf("the archive of %s is %+v", task.Name, a)
		}
	}
}
