// SPDX-License-Identifier: Apache-2.0

// Package pjrt makes the process's GoMLX backend: it finds the XLA/PJRT plugin, or installs it once.
//
// Tried in this order, the first that is there being used:
//
//  1. an explicit choice: GOMLX_BACKEND, or PJRT_PLUGIN_LIBRARY_PATH;
//  2. where there is an NVIDIA GPU, go-xla's CUDA plugin, installed at a pinned version if need be;
//  3. a CPU plugin installed for go-xla;
//  4. the CPU plugin in the user's cache, put there before by
//  5. downloading its wheel with pip, at a pinned version and SHA-256;
//  6. go-xla's own installer.
//
// GoMLX's pure Go backend is used only where GOMLX_BACKEND asks for it.
package pjrt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"
	_ "github.com/gomlx/gomlx/backends/default" // registers "xla" and "go"
)

// cudaVersion pins the CUDA plugin's wheels (jax-cuda13-pjrt and the NVIDIA libraries that it names).
const cudaVersion = "0.11.2"

// opened is a backend, and where its plugin came from.
type opened struct {
	backend compute.Backend
	source  string
}

var process = sync.OnceValues(open)

// Backend returns the process's backend, made at the first call. It may download the plugin then, which it says on
// standard error. Where no plugin can be had the error lists what was tried and how to mend it.
func Backend() (compute.Backend, error) {
	o, err := process()
	return o.backend, err
}

// Describe says in one line which plugin, version and device the process's backend uses.
func Describe() string {
	o, err := process()
	if err != nil {
		return "no backend: " + err.Error()
	}
	return fmt.Sprintf("%s; %s", o.backend.Description(), o.source)
}

func open() (opened, error) {
	keepFreedMemory()
	// The plugin is chosen here: go-xla must not install another behind our back.
	os.Setenv("GOMLX_NO_AUTO_INSTALL", "1")
	for _, name := range []string{"GOMLX_BACKEND", "PJRT_PLUGIN_LIBRARY_PATH"} {
		if value := os.Getenv(name); value != "" {
			source := fmt.Sprintf("chosen by %s=%s", name, value)
			backend, err := compute.New()
			if err != nil {
				err = fmt.Errorf("the backend %s cannot be made: %w", source, err)
			}
			return opened{backend, source}, err
		}
	}
	return first(cuda, installed, cached, downloaded, goXLA)
}

// finder gives the configuration of a backend and where its plugin comes from.
type finder func() (config, source string, err error)

// first makes the first backend that can be found and made.
func first(finders ...finder) (opened, error) {
	var tried []error
	for _, find := range finders {
		config, source, err := find()
		if err == nil {
			var backend compute.Backend
			if backend, err = compute.NewWithConfig(config); err == nil {
				return opened{backend, source}, nil
			}
			err = fmt.Errorf("%s: %w", source, err)
		}
		if !errors.Is(err, errAbsent) {
			tried = append(tried, err)
		}
	}
	return opened{}, noPlugin(tried)
}

// errAbsent is a place that has nothing to offer on this machine, which is not worth a line.
var errAbsent = errors.New("absent")

func noPlugin(tried []error) error {
	var list strings.Builder
	for _, err := range tried {
		fmt.Fprintf(&list, "\n  - %s", strings.ReplaceAll(err.Error(), "\n", "\n    "))
	}
	return fmt.Errorf("no XLA/PJRT plugin could be found or installed. Tried:%s\n"+
		"Mend it in one of two ways:\n"+
		"  - run once with access to a Python package index (python3 with pip or venv is needed), or\n"+
		"  - get the wheel %s==%s elsewhere, unzip it, and set PJRT_PLUGIN_LIBRARY_PATH to the folder that holds %s",
		list.String(), wheelPackage, wheelVersion, pluginFile)
}

// cuda is the NVIDIA plugin, installed if need be; a failure is said at once, for the CPU is much slower.
func cuda() (config, source string, err error) {
	if !installer.HasNvidiaGPU() {
		return "", "", errAbsent
	}
	source = "CUDA plugin installed for go-xla"
	if _, ok := pjrt.AvailablePlugins()["cuda"]; !ok {
		if err := installCUDA(); err != nil {
			fmt.Fprintln(os.Stderr, "dpt: an NVIDIA GPU is there, but its plugin is not; going on with the CPU:", err)
			return "", "", err
		}
		source = "CUDA plugin jax-cuda13-pjrt " + cudaVersion
	}
	return "xla:cuda", source, nil
}

func installCUDA() error {
	dir, err := installer.DefaultHomeLibPath()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "dpt: installing the CUDA plugin %s and NVIDIA's libraries (several GB, once)\n", cudaVersion)
	return installer.CudaInstall("cuda13", cudaVersion, dir, true, installer.Normal)
}

// installed is a CPU plugin that go-xla finds by itself.
func installed() (config, source string, err error) {
	for name, path := range pjrt.AvailablePlugins() {
		if strings.HasPrefix(name, "cpu") {
			return "xla:" + path, "plugin installed for go-xla: " + filepath.Base(path), nil
		}
	}
	return "", "", errors.New("go-xla's folders: no CPU plugin there")
}

// goXLA is the last resort: go-xla's own installer, which asks for releases on the internet.
func goXLA() (config, source string, err error) {
	dir, err := installer.DefaultHomeLibPath()
	if err == nil {
		err = installer.CPUAutoInstall(dir, true, installer.Quiet)
	}
	if err != nil {
		return "", "", fmt.Errorf("go-xla's installer for %s/%s: %w", runtime.GOOS, runtime.GOARCH, err)
	}
	return installed()
}
