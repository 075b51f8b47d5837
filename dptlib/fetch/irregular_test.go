// SPDX-License-Identifier: Apache-2.0

//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// fifo makes a FIFO, which blocks whoever opens it as a file.
func fifo(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.RemoveAll(path),
		syscall.Mkfifo(path, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// A FIFO, a device or a folder is refused, by its name, wherever a file of the cache is read or locked.
func TestIrregular(t *testing.T) {
	makers := map[string]func(t *testing.T, path string){
		"a FIFO": fifo,
		"a device": func(t *testing.T, path string) {
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.RemoveAll(path),
				os.Symlink("/dev/zero", path)); err != nil {
				t.Fatal(err)
			}
		},
		"a folder": func(t *testing.T, path string) {
			if err := errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o755)); err != nil {
				t.Fatal(err)
			}
		},
	}
	repository := filepath.Join("hub", "models--google-t5--t5-small")
	weights := sha256Of([]byte("weights"))
	for _, path := range []string{
		"token",
		filepath.Join(repository, "blobs", weights),
		filepath.Join(repository, "blobs", weights+partial),
		filepath.Join("hub", ".locks", "models--google-t5--t5-small", weights+".lock"),
		filepath.Join(repository, "snapshots", newCommit, "config.json"),
		filepath.Join(repository, "snapshots", newCommit, indexFile),
	} {
		for kind, irregular := range makers {
			s := serveHub(t)
			if strings.HasSuffix(path, indexFile) {
				s.files[newCommit][indexFile] = "{}"
				delete(s.files[newCommit], weightsFile)
			}
			full := filepath.Join(os.Getenv("HF_HOME"), path)
			irregular(t, full)
			client, _ := quick(t)
			if _, err := client.Model(t.Context(), "t5-small", ""); err == nil || !strings.Contains(err.Error(), full) {
				t.Errorf("%s at %s: %v; want an error that names it", kind, path, err)
			}
		}
	}
	// A revision that cannot be read is asked of the server.
	s := serveHub(t)
	fifo(t, filepath.Join(os.Getenv("HF_HOME"), repository, "refs", "main"))
	s.wantModel(t, "t5-small", "", newCommit)

	client, _ := quick(t)
	dir := filepath.Join(client.Cache, "superglue")
	for _, path := range []string{".lock", filepath.Join(".download", "CB.zip"), filepath.Join("CB", "val.jsonl")} {
		full := filepath.Join(dir, path)
		fifo(t, full)
		if _, err := client.SuperGLUE(t.Context(), archiveOf(t, "CB")); err == nil ||
			!strings.Contains(err.Error(), filepath.Dir(full)) {
			t.Errorf("a FIFO at %s: %v; want an error that names it", path, err)
		}
		os.RemoveAll(dir)
	}
}

// Waiting for another process ends with the context.
func TestLockInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	other := flock.New(path)
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	client := &Client{Log: &onWrite{cancel}} // the line that says that it waits
	start := time.Now()
	err := client.locked(ctx, path, func() error { return errors.New("called without the lock") })
	if !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
		t.Errorf("%v after %v; want %v within a second", err, time.Since(start), context.Canceled)
	}
}

// A file system without locks is named with its remedy, other errors are not called so.
func TestLockError(t *testing.T) {
	for _, c := range []struct {
		err    error
		remedy bool
	}{{syscall.ENOLCK, true}, {syscall.ENOSYS, true}, {syscall.EOPNOTSUPP, true}, {syscall.EACCES, false},
		{context.Canceled, false}} {
		err := lockError(fmt.Errorf("flock: %w", c.err), "/nfs/.lock")
		if text := err.Error(); !errors.Is(err, c.err) || !strings.Contains(text, "/nfs/.lock") ||
			strings.Contains(text, "XDG_CACHE_HOME") != c.remedy {
			t.Errorf("%v", err)
		}
	}
}
