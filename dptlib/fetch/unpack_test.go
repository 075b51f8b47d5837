// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a file of an archive; the sizes are told as they are, unless says is set.
type entry struct {
	name, text string
	mode       fs.FileMode
	says       uint64
}

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Store, UncompressedSize64: uint64(len(e.text)),
			CompressedSize64: uint64(len(e.text)), CRC32: crc32.ChecksumIEEE([]byte(e.text))}
		if e.says > 0 {
			header.UncompressedSize64 = e.says
		}
		if e.mode != 0 {
			header.SetMode(e.mode)
		}
		w, err := archive.CreateRaw(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tree returns the contents of a folder, by path.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is a %v", path, d.Type())
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// unpackInto unpacks an archive into a folder of its own, and returns that and what lies beside it too.
func unpackInto(t testing.TB, archive []byte) (inside, around map[string]string, err error) {
	t.Helper()
	around = map[string]string{}
	dir := t.TempDir()
	into := filepath.Join(dir, "a", "into")
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "x.zip")
	if err := os.WriteFile(file, archive, 0o644); err != nil {
		t.Fatal(err)
	}
	err = unpack(context.Background(), file, into)
	for name, text := range tree(t, dir) {
		if !strings.HasPrefix(name, "a/into/") && name != "x.zip" {
			around[name] = text
		}
	}
	return tree(t, into), around, err
}

func TestUnpack(t *testing.T) {
	archive := zipped(t, entry{name: "CB/", mode: fs.ModeDir | 0o755}, entry{name: "CB/val.jsonl", text: "v"},
		entry{name: "CB/empty", mode: 0o000}, entry{name: "deep/er/x", text: "x", mode: 0o777})
	inside, _, err := unpackInto(t, archive)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"CB/val.jsonl": "v", "CB/empty": "", "deep/er/x": "x"} {
		if got, ok := inside[name]; !ok || got != want {
			t.Errorf("%s holds %q (there: %t); want %q", name, got, ok, want)
		}
	}
}

// Of an archive that means harm, or is damaged, an error says what; what is seen from its names leaves nothing
// unpacked.
func TestUnpackHostile(t *testing.T) {
	good := entry{name: "a", text: "good"}
	flipped := zipped(t, entry{name: "a", text: "some text"})
	flipped[bytes.Index(flipped, []byte("some text"))] ^= 1
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	for _, c := range []struct {
		about   string
		archive []byte
		want    string
		written bool // whether files may have been written before the harm shows
	}{
		{about: "outside", archive: zipped(t, good, entry{name: "../evil", text: "x"}), want: `found "../evil"`},
		{about: "outside by the way", archive: zipped(t, good, entry{name: "a/../../evil", text: "x"}),
			want: "inside the folder"},
		{about: "absolute", archive: zipped(t, good, entry{name: "/evil", text: "x"}), want: "inside the folder"},
		{about: "backslashes", archive: zipped(t, good, entry{name: `..\evil`, text: "x"}), want: "inside the folder"},
		{about: "a drive", archive: zipped(t, good, entry{name: "C:evil", text: "x"}), want: "inside the folder"},
		{about: "an escape sequence", archive: zipped(t, good, entry{name: "\x1b[2Jb", text: "x"}),
			want: `found "\x1b[2Jb"`},
		{about: "a line end", archive: zipped(t, good, entry{name: "b\nc", text: "x"}), want: `found "b\nc"`},
		{about: "NUL", archive: zipped(t, good, entry{name: "b\x00c", text: "x"}), want: "inside the folder"},
		{about: "text turned round", archive: zipped(t, good, entry{name: "b\u202elnosj", text: "x"}),
			want: `found "b\u202elnosj"`},
		{about: "no UTF-8", archive: zipped(t, good, entry{name: "b\xff", text: "x"}), want: `found "b\xff"`},
		{about: "no name", archive: zipped(t, good, entry{name: "", text: "x"}), want: "inside the folder"},
		{about: "a dot", archive: zipped(t, good, entry{name: "./b", text: "x"}), want: "inside the folder"},
		{about: "a link", archive: zipped(t, good,
			entry{name: "link", text: "/etc/passwd", mode: fs.ModeSymlink | 0o777}), want: `"link" is a L`},
		{about: "through a link", archive: zipped(t, entry{name: "l", text: "..", mode: fs.ModeSymlink | 0o777},
			entry{name: "l/evil", text: "x"}), want: `"l" is a L`},
		{about: "a device", archive: zipped(t, good, entry{name: "dev", mode: fs.ModeDevice | 0o666}),
			want: "must be files or folders"},
		{about: "a name twice", archive: zipped(t, good, entry{name: "a", text: "other"}),
			want: `must be distinct, found "a"`},
		{about: "a name twice on some disks", archive: zipped(t, good, entry{name: "A", text: "other"}),
			want: `must be distinct, found "A"`},
		{about: "a file that is a folder too", archive: zipped(t, good, entry{name: "a/b", text: "x"}), want: "a/b",
			written: true},
		{about: "too many entries", archive: zipped(t, many...), want: "at most 1000 entries, found 1001"},
		{about: "too large", archive: zipped(t, good, entry{name: "b", says: maxUnpacked}),
			want: "at most 2147483648 bytes"},
		{about: "a size that overflows",
			archive: zipped(t, entry{name: "b", says: 1 << 63}, entry{name: "c", says: 1 << 63}),
			want:    "at most 2147483648 bytes"},
		{about: "more than it says", archive: zipped(t, entry{name: "b", text: strings.Repeat("0", 99), says: 3}),
			want: `"b": `, written: true},
		{about: "less than it says", archive: zipped(t, entry{name: "b", text: "0", says: 99}), want: `"b": `,
			written: true},
		{about: "another byte", archive: flipped, want: "checksum error", written: true},
		{about: "no archive", archive: []byte("<html>"), want: "must be a zip archive"},
		{about: "half an archive", archive: flipped[:len(flipped)/2], want: "must be a zip archive"},
		{about: "nothing", archive: nil, want: "must be a zip archive"},
	} {
		t.Run(c.about, func(t *testing.T) {
			inside, around, err := unpackInto(t, c.archive)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want an error with %q", err, c.want)
			}
			if len(around) > 0 || len(inside) > 0 && !c.written {
				t.Errorf("there are %v, and outside %v; want nothing", inside, around)
			}
		})
	}
}

// expiring is a context that ends once it has been asked this many times.
type expiring struct {
	context.Context
	left int
}

func (c *expiring) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Unpacking ends with its context, in the middle of a file too.
func TestUnpackInterrupted(t *testing.T) {
	file, into := filepath.Join(t.TempDir(), "x.zip"), t.TempDir()
	text := strings.Repeat("0", 1<<20)
	write(t, file, zipped(t, entry{name: "a", text: text}, entry{name: "b", text: text}))
	err := unpack(&expiring{t.Context(), 3}, file, into)
	if inside := tree(t, into); !errors.Is(err, context.Canceled) || len(inside) != 1 || len(inside["a"]) >= 1<<20 {
		t.Errorf("%v, %d files, %d bytes of the first; want it to end within the first", err, len(inside),
			len(inside["a"]))
	}
}

// FuzzUnpack checks that no archive puts anything outside the folder, and that everything unpacked without an error has
// the archive's contents.
func FuzzUnpack(f *testing.F) {
	f.Add(zipped(f, entry{name: "CB/", mode: fs.ModeDir | 0o755}, entry{name: "CB/val.jsonl", text: "some text"}))
	f.Add(zipped(f, entry{name: "a", text: "x"}, entry{name: "../evil", text: "x"}))
	f.Add(zipped(f, entry{name: "l", text: "..", mode: fs.ModeSymlink | 0o777}, entry{name: "l/evil", text: "x"}))
	f.Add(zipped(f, entry{name: "b", text: "0", says: 99}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		inside, around, err := unpackInto(t, archive)
		if len(around) > 0 {
			t.Fatalf("outside are %v", around)
		}
		if err != nil {
			return
		}
		said, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range said.File {
			if text, ok := inside[file.Name]; !strings.HasSuffix(file.Name, "/") &&
				(!ok || uint64(len(text)) != file.UncompressedSize64) {
				t.Fatalf("%q has %d bytes (there: %t); want %d", file.Name, len(text), ok, file.UncompressedSize64)
			}
		}
	})
}
