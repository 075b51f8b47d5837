// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// wheels are Python packages that hold a plugin, pinned by version and SHA-256, and their place in the user's cache.
type wheels struct {
	kind         string
	name         string // of the plugin's package, and version
	size         string // of the download, for messages
	requirements string // of pip, with hashes
	packaged     string // the plugin's path in pip's installation
	plugin       string // its path in the cache
	sha256       string // of the plugin

	root string // of everything that this package caches
	// pip installs into tree, a folder of its own somewhere in work.
	pip func(ctx context.Context, requirements, work string) (tree string, err error)
}

// The CPU plugin is XLA's own, built for LAMMPS' machine-learned potentials and published as a Python wheel; of those
// on the package index it is the nearest to the version that go-xla is written against.
var cpuWheels = wheels{
	kind: "cpu", name: "lammps-jax-pjrt-cpu 0.11.2", size: "60 MiB",
	requirements: "lammps-jax-pjrt-cpu==0.11.2 --hash=" +
		"sha256:1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1\n",
	packaged: "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	plugin:   "pjrt_c_api_cpu_plugin.so",
	sha256:   "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2",
}

//go:embed cuda.txt
var cudaRequirements string

// The CUDA plugin looks for NVIDIA's libraries two folders above its own, where pip puts them.
var cudaWheels = wheels{
	kind: "cuda", name: "jax-cuda13-pjrt 0.11.2", size: "1.9 GB, 2.8 GB on the disk",
	requirements: cudaRequirements,
	packaged:     "jax_plugins/xla_cuda13/xla_cuda_plugin.so",
	plugin:       "jax_plugins/xla_cuda13/xla_cuda_plugin.so",
	sha256:       "43d3efd6fd43d8a5d9aa67176e830d81e4ad5fc19fda4ad09cdcc4aebd9f3920",
}

// pinned returns the wheels in the user's cache.
func pinned(w wheels) *wheels {
	w.root, w.pip = userCache("pjrt"), pipInstall
	return &w
}

// userCache returns one of DPT's folders in the user's cache, or an empty name if the user has none.
func userCache(name string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "dpt", name)
}

// libraries is the place of the plugin in the cache; it installs the plugin there if necessary.
func (w *wheels) libraries(ctx context.Context) ([]library, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("%s is for linux/amd64, this is %s/%s", w.name, runtime.GOOS, runtime.GOARCH)
	}
	if w.root == "" {
		return nil, errors.New("HOME or XDG_CACHE_HOME must be set: the plugin's place is the user's cache folder")
	}
	found := []library{{kind: w.kind, path: w.path(), name: w.name, source: "in the cache"}}
	err := w.check()
	switch {
	case err == nil:
		return found, nil
	case !errors.Is(err, os.ErrNotExist):
		fmt.Fprintln(os.Stderr, "dpt: it will be replaced:", err)
	}
	if w.kind == "cuda" {
		if err := driver(); err != nil {
			return nil, err
		}
	}
	// A program that handles no signals must not leave pip running.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := w.install(ctx); err != nil {
		return nil, fmt.Errorf("installing %s: %w", w.name, err)
	}
	return found, nil
}

func (w *wheels) dir() string  { return filepath.Join(w.root, strings.ReplaceAll(w.name, " ", "-")) }
func (w *wheels) path() string { return filepath.Join(w.dir(), filepath.FromSlash(w.plugin)) }
