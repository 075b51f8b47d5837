// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// The CPU plugin is XLA's own, built for LAMMPS' machine-learned potentials and published as a Python wheel; of those on
// the package index it is the nearest to the version that go-xla is written against.
const (
	wheelPackage = "lammps-jax-pjrt-cpu"
	wheelVersion = "0.11.2"
	wheelSHA256  = "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"
	wheelFolder  = "lammps_jax_pjrt_cpu"
	pluginFile   = "pjrt_c_api_cpu_plugin.so"
	pluginSize   = 201_600_336 // bytes of pluginFile
)

// lockTimeout bounds the wait for another process's download.
const lockTimeout = 10 * time.Minute

// wheel is the plugin's package as it lies, or shall lie, in a cache folder.
type wheel struct {
	root   string                                       // of all that this package caches
	sha256 string                                       // of the wheel file
	size   int64                                        // of the plugin in it
	fetch  func(ctx context.Context, into string) error // puts the wheel file into a folder
}

// pinned is the wheel that this version of the project uses.
func pinned() (*wheel, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("the wheel %s is for linux/amd64, this is %s/%s", wheelPackage, runtime.GOOS, runtime.GOARCH)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return &wheel{filepath.Join(cache, "dpt", "pjrt"), wheelSHA256, pluginSize, pipDownload}, nil
}

func cached() (config, source string, err error) {
	w, err := pinned()
	if err != nil {
		return "", "", err
	}
	if err := w.check(); err != nil {
		return "", "", err
	}
	return "xla:" + w.plugin(), wheelPackage + " " + wheelVersion, nil
}

func downloaded() (config, source string, err error) {
	w, err := pinned()
	if err != nil {
		return "", "", errAbsent // cached has said why
	}
	if err := w.install(context.Background()); err != nil {
		return "", "", fmt.Errorf("downloading %s==%s: %w", wheelPackage, wheelVersion, err)
	}
	return cached()
}

func (w *wheel) dir() string    { return filepath.Join(w.root, wheelPackage+"-"+wheelVersion) }
func (w *wheel) plugin() string { return filepath.Join(w.dir(), pluginFile) }

// check says whether the plugin is in the cache. It was verified before it was given its name, so its size, which a
// damaged disk or a curious hand would change, is all that is looked at.
func (w *wheel) check() error {
	info, err := os.Stat(w.plugin())
	if err != nil {
		return fmt.Errorf("the cache: %w", err)
	}
	if info.Size() != w.size {
		return fmt.Errorf("the cache: %s must have %d bytes, found %d: it will be replaced", w.plugin(), w.size, info.Size())
	}
	return nil
}

// install downloads, verifies and unpacks the wheel. Processes that start at once wait for the first of them, and use
// what it left; all of the folder's content is in place, and synced, before the folder gets its name.
func (w *wheel) install(ctx context.Context) error {
	unlock, err := w.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if w.check() == nil {
		return nil
	}
	if err := w.sweep(); err != nil {
		return err
	}
	work, err := os.MkdirTemp(w.root, incoming)
	if err != nil {
		return w.notWritable(err)
	}
	defer os.RemoveAll(work)
	if err := w.fetch(ctx, work); err != nil {
		return err
	}
	file, err := theWheel(work)
	if err != nil {
		return err
	}
	if err := verify(file, w.sha256); err != nil {
		return err
	}
	unpacked := filepath.Join(work, "unpacked")
	if err := unpack(file, unpacked); err != nil {
		return err
	}
	if err := os.RemoveAll(w.dir()); err != nil {
		return err
	}
	return os.Rename(unpacked, w.dir())
}

// incoming is how the names of folders start that are not complete.
const incoming = ".incoming-"

// lock lets one process at a time change the cache. The system takes the lock from a process that dies.
func (w *wheel) lock(ctx context.Context) (unlock func() error, err error) {
	if err := os.MkdirAll(w.root, 0o755); err != nil {
		return nil, w.notWritable(err)
	}
	lock := flock.New(filepath.Join(w.root, ".lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, w.notWritable(err)
	}
	if !locked {
		fmt.Fprintln(os.Stderr, "dpt: another process is installing the XLA plugin; waiting for it")
		ctx, cancel := context.WithTimeout(ctx, lockTimeout)
		defer cancel()
		if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
			return nil, fmt.Errorf("waiting for another process to finish the download (%s): %w", lock.Path(), err)
		}
	}
	return lock.Unlock, nil
}

// sweep removes what processes left that were killed while they worked; to be called under the lock.
func (w *wheel) sweep() error {
	left, err := filepath.Glob(filepath.Join(w.root, incoming+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

func (w *wheel) notWritable(err error) error {
	return fmt.Errorf("the cache folder %s must be one that can be written to (XDG_CACHE_HOME says where caches are): %w", w.root, err)
}

// writable makes a folder, and sees whether files can be made in it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	trial, err := os.MkdirTemp(dir, ".trial-")
	if err != nil {
		return err
	}
	return os.Remove(trial)
}

// pipDownload has pip fetch the wheel. A Python without pip can have one in a virtual environment.
func pipDownload(ctx context.Context, into string) error {
	fmt.Fprintf(os.Stderr, "dpt: fetching the XLA plugin for CPUs, %s %s (60 MiB, once)\n", wheelPackage, wheelVersion)
	python := "python3"
	if exec.CommandContext(ctx, python, "-m", "pip", "--version").Run() != nil {
		environment := filepath.Join(into, "venv")
		if err := run(ctx, python, "-m", "venv", environment); err != nil {
			return fmt.Errorf("python3 must have pip, or be able to make a virtual environment: %w", err)
		}
		python = filepath.Join(environment, "bin", "python")
	}
	return run(ctx, python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
		"--dest", into, wheelPackage+"=="+wheelVersion)
}

// run shows a command's output, pip's bar among it, on standard error, and repeats its end in the error.
func run(ctx context.Context, name string, args ...string) error {
	var output bytes.Buffer
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout = io.MultiWriter(os.Stderr, &output)
	command.Stderr = command.Stdout
	if err := command.Run(); err != nil {
		tail := output.Bytes()
		tail = tail[max(0, len(tail)-600):]
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, bytes.TrimSpace(tail))
	}
	return nil
}

func theWheel(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("pip must leave one wheel, found %d", len(files))
	}
	return files[0], nil
}

func verify(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%s: its SHA-256 must be %s, found %s: the package index served another file; nothing of it was used",
			filepath.Base(file), want, got)
	}
	return nil
}

// unpack takes the plugin and its licences out of the wheel.
func unpack(file, into string) error {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	defer archive.Close()
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	found := false
	for _, entry := range archive.File {
		name := path.Base(entry.Name)
		switch {
		case entry.Name == wheelFolder+"/"+pluginFile:
			found = true
		case name != "LICENSE" && name != "THIRD_PARTY_NOTICES":
			continue
		}
		if err := extract(entry, filepath.Join(into, name)); err != nil {
			return fmt.Errorf("%s: %s: %w", filepath.Base(file), entry.Name, err)
		}
	}
	if !found {
		return fmt.Errorf("%s: it must hold %s/%s", filepath.Base(file), wheelFolder, pluginFile)
	}
	return nil
}

func extract(entry *zip.File, to string) (err error) {
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, from); err != nil {
		return err
	}
	return out.Sync()
}
