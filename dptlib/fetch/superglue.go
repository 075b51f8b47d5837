// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"dpt/superglue"
)

// SuperGLUE downloads an official archive, verifies it and unpacks it into the folder superglue/<Task> of the cache,
// unless that exists. It returns the parent of the task's folder, which is the folder that --data names. The task's
// folder appears whole or not at all.
//
// It returns a [StatusError] if the answer is not a file, and other errors if the connection stays broken, if the bytes
// are not those of the official archive, if the archive is not safe to unpack, or if the disk is full.
func (c *Client) SuperGLUE(ctx context.Context, archive superglue.Archive) (dir string, err error) {
	defer func() { err = printableErr(err) }()
	cache := c.Cache
	if cache == "" {
		if cache, err = CacheDir(); err != nil {
			return "", err
		}
	}
	dir = filepath.Join(cache, "superglue")
	err = c.locked(ctx, filepath.Join(dir, ".lock"), func() error { return c.task(ctx, archive, dir) })
	return dir, full(err, dir)
}

// FindSuperGLUE returns the folder in the user's cache that [Client.SuperGLUE] puts tasks into. The error, if a task is
// not there, says how to fetch it.
func FindSuperGLUE(tasks ...superglue.Task) (dir string, err error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(cache, "superglue")
	var missing []string
	for _, task := range tasks {
		if holdsSplits(filepath.Join(dir, task.Name)) != nil {
			missing = append(missing, task.Name)
		}
	}
	if missing != nil {
		names := strings.Join(missing, " ")
		return "", fmt.Errorf("no --data, and SuperGLUE's %s has not been fetched into %s; run: dpt fetch superglue %s",
			names, dir, names)
	}
	return dir, nil
}

// task fetches one task into dir/<Task>.
func (c *Client) task(ctx context.Context, archive superglue.Archive, dir string) error {
	folder := filepath.Join(dir, archive.Task)
	if _, err := os.Lstat(folder); err == nil {
		if err := holdsSplits(folder); err != nil {
			return fmt.Errorf("%w; remove the folder to have it fetched again", err)
		}
		c.logf("%s is there: %s\n", archive.Task, folder)
		return nil
	}
	address := archive.URL()
	if c.Mirror != "" {
		address = strings.TrimSuffix(c.Mirror, "/") + "/" + archive.Task + ".zip"
	}
	file := filepath.Join(dir, ".download", archive.Task+".zip")
	err := c.file(ctx, source{url: address, size: archive.Bytes, digest: digest{hex: archive.SHA256}}, file)
	if status := new(StatusError); errors.As(err, &status) && status.Code < http.StatusInternalServerError {
		return fmt.Errorf("%w; the official archives lay under %s: name another address that has %s.zip (--mirror), "+
			"or the folder of files that you have (--data)",
			err, superglue.ArchiveBase, archive.Task)
	}
	if err != nil {
		return err
	}
	work := filepath.Join(dir, ".unpack")
	defer os.RemoveAll(work)
	// an earlier process may have left it
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o755)); err != nil {
		return err
	}
	if err := unpack(ctx, file, work); err != nil {
		return err
	}
	if err := holdsSplits(filepath.Join(work, archive.Task)); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(work, archive.Task), folder); err != nil {
		return err
	}
	return errors.Join(syncDir(dir), os.Remove(file))
}

// holdsSplits returns an error that names what a task's folder lacks.
func holdsSplits(folder string) error {
	for _, split := range []string{"train", "val", "test"} {
		path := filepath.Join(folder, split+".jsonl")
		if info, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s must hold train.jsonl, val.jsonl and test.jsonl; %s.jsonl is not there", folder,
				split)
		} else if err != nil {
			return err
		}
	}
	return nil
}
