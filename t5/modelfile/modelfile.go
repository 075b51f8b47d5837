// SPDX-License-Identifier: Apache-2.0

// Package modelfile reads the files of a model's folder, and recognises what often lies there in their place: a Git LFS
// or git-annex pointer, a web page, nothing at all.
package modelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Open opens the regular file at path. Anything else, such as a named pipe or a device, is an error: it might never
// end, or never begin.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe does not wait for a writer so
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: it must be a regular file, found %s", path, info.Mode())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Read returns the content of the regular file at path, which may hold at most limit bytes and passes [Check].
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: it must have at most %d bytes", path, limit)
	}
	if err := Check(data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// Check returns an error that names what content is and what to do where it is a placeholder for a file rather than the
// file.
func Check(content []byte) error {
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 512)], "\ufeff \t\r\n"))
	begins := func(prefix string) bool { return bytes.HasPrefix(start, []byte(prefix)) }
	switch {
	case len(content) == 0:
		return errors.New("the file is empty: fetch or copy it again")
	case begins("version https://git-lfs.github.com/spec/"), begins("version https://hawser.github.com/spec/"):
		return errors.New("this is a Git LFS pointer, not the file: run git lfs pull in its repository")
	case begins("/annex/objects/"), begins("../") && bytes.Contains(start, []byte(".git/annex/objects/")):
		return errors.New("this is a git-annex pointer, not the file: run git annex get in its repository")
	case begins("<!doctype"), begins("<html"), begins("<?xml"):
		return errors.New("this is a web page, such as a server sends for an error, not the file: fetch it again")
	}
	return nil
}
