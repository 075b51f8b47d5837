// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The limits of an archive: SuperGLUE's largest has some 200 MB in three files.
const (
	maxUnpacked = 2 << 30 // bytes
	maxEntries  = 1000
)

// unpack writes an archive's files under a folder, which must be empty, and syncs them. It refuses the whole archive,
// before it writes anything, if an entry's name leads outside or occurs twice, if an entry is neither a file nor a
// folder, or if the entries are too many or too large.
func unpack(ctx context.Context, file, into string) error {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("%s must be a zip archive: %w", file, err)
	}
	defer archive.Close()
	if err := safe(archive.File); err != nil {
		return fmt.Errorf("%s is not safe to unpack: %w; nothing of it was", file, err)
	}
	root, err := os.OpenRoot(into) // which no path leaves
	if err != nil {
		return err
	}
	defer root.Close()
	folders := map[string]bool{".": true}
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if err := extract(ctx, root, entry); err != nil {
			return fmt.Errorf("%s: %q: %w", file, entry.Name, err)
		}
		for dir := path.Dir(entry.Name); !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	for folder := range folders {
		if err := syncDir(filepath.Join(into, folder)); err != nil {
			return err
		}
	}
	return nil
}

// safe checks the archive's description of its entries. An entry's content is compared with its description when it is
// written.
func safe(entries []*zip.File) error {
	if len(entries) > maxEntries {
		return fmt.Errorf("it must have at most %d entries, found %d", maxEntries, len(entries))
	}
	var total uint64
	seen := map[string]bool{}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name, "/")
		// On some file systems names that differ in case only are one.
		key := strings.ToLower(name)
		switch mode := entry.Mode(); {
		case !filepath.IsLocal(name) || path.Clean(name) != name || strings.ContainsAny(name, "\\:\n") ||
			printable(name) != name:
			return fmt.Errorf("names must be of files inside the folder, found %q", entry.Name)
		case !mode.IsRegular() && !mode.IsDir():
			return fmt.Errorf("entries must be files or folders, %q is a %v", entry.Name, mode.Type())
		case mode.IsDir() != strings.HasSuffix(entry.Name, "/"):
			return fmt.Errorf("a folder's name must end in a slash, and a file's must not, found %q, %v", entry.Name,
				mode)
		case seen[key]:
			return fmt.Errorf("names must be distinct, found %q again", entry.Name)
		}
		seen[key] = true
		if total += min(entry.UncompressedSize64, maxUnpacked+1); total > maxUnpacked {
			return fmt.Errorf("it must unpack to at most %d bytes, found more", uint64(maxUnpacked))
		}
	}
	return nil
}

// extract writes an entry's file. archive/zip reports an entry that is damaged, or longer or shorter than described.
func extract(ctx context.Context, root *os.Root, entry *zip.File) (err error) {
	if err := root.MkdirAll(path.Dir(entry.Name), 0o755); err != nil {
		return err
	}
	in, err := entry.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(entry.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(0o644))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := io.Copy(&syncingWriter{out, 0}, contextReader{ctx, io.LimitReader(in, int64(entry.UncompressedSize64)+1)})
	if err != nil {
		return err
	}
	if uint64(n) != entry.UncompressedSize64 {
		return fmt.Errorf("it must have the %d bytes that the archive says, found %d or more", entry.UncompressedSize64,
			n)
	}
	return out.Sync()
}
