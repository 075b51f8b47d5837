// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

func (w *wheels) stamp() string { return filepath.Join(w.dir(), "verified") }

// check returns an error unless the plugin is in the cache, with the right digest. On a processor with SHA-256
// instructions this takes 0.13 s for the CPU plugin and 0.3 s for CUDA's, and several times that on others, so it is
// computed once for a file's identity, size and times of change, which are then noted beside it.
func (w *wheels) check() error {
	info, err := os.Stat(w.path())
	if err != nil {
		return fmt.Errorf("the cache: %w", err)
	}
	want := w.sha256 + " " + identity(info)
	if noted, err := os.ReadFile(w.stamp()); err == nil && string(noted) == want {
		return nil
	}
	if err := verify(w.path(), w.sha256); err != nil {
		return fmt.Errorf("the cache: %w", err)
	}
	if identity(info) != "" { // if the cache cannot be written to, each start verifies
		_ = renameio.WriteFile(w.stamp(), []byte(want), 0o644)
	}
	return nil
}

func verify(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%s must have SHA-256 %s, found %s", path, want, got)
	}
	return nil
}
