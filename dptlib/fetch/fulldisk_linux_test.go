// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full disk is called so; what was written is kept, and with room the download goes on from there.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=128k"); err != nil {
		t.Skipf("no small disk to fill: mounting one needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := serve(t, whole(content))
	client, _ := quick(t)
	path := filepath.Join(dir, "f")
	src := source{url: s.URL, size: int64(len(content)), digest: digest{hex: sha256Of(content)}}
	err := full(client.file(t.Context(), src, path), dir)
	if err == nil || !strings.Contains(err.Error(), "the disk that holds "+dir+" is full") || exists(path) {
		t.Errorf("%v, final name: %t; want an error that says so, and no final name", err, exists(path))
	}
	kept := size(path + partial)
	if len(s.requests) != 1 || kept == 0 {
		t.Errorf("%d requests, %d bytes kept; want 1, since trying again does not make room, and some", len(s.requests),
			kept)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	if err := client.file(t.Context(), src, path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || sha256Of(got) != src.digest.hex ||
		s.requests[1].Header.Get("Range") == "" {
		t.Errorf("%d bytes, %v; want the rest asked for, and the file whole", len(got), err)
	}
}
