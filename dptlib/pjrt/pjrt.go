// SPDX-License-Identifier: Apache-2.0

// Package pjrt makes the process's GoMLX backend: it finds the XLA/PJRT plugin, or installs it once.
//
// GOMLX_BACKEND and PJRT_PLUGIN_LIBRARY_PATH choose a plugin; a choice that cannot be used is an error. Without a
// choice the first of these that can be loaded is used:
//
//  1. if there is an NVIDIA GPU: the CUDA plugin of a jax[cuda13] in the active Python (python3 on the PATH), one
//     installed for go-xla, or the one in the user's cache, which is installed there by pip if need be;
//  2. a CPU plugin installed for go-xla, the newest version first;
//  3. the CPU plugin in the user's cache, which is installed there by pip if need be.
//
// The packages that pip installs are pinned by version and SHA-256. A GPU that cannot be used is reported on standard
// error before the CPU is used. go-xla's own installers are never called. GoMLX's pure Go backend is used only if
// GOMLX_BACKEND asks for it.
//
// What a plugin compiles is kept in the user's cache, and loaded by every later process on such a machine.
// DPT_COMPILATION_CACHE names another folder for it, by its absolute path, or is "off".
package pjrt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go"
	"github.com/gomlx/go-xla/compute/xla"
)

// Another package of the program may link go-xla's installers, which fetch archives without a checksum.
func init() { xla.EnableAutoInstall(false) }

// opened is a backend, with the source of its plugin.
type opened struct {
	backend compute.Backend
	source  string
}

// process holds the process's backend or the error of making it, and turn is the right to make it.
var (
	process struct {
		opened
		err  error
		done bool
	}
	turn = make(chan struct{}, 1)
)

// Backend returns the process's backend, made at the first call. It may install the plugin then, which it reports on
// standard error; SIGINT or SIGTERM ends the installation with an error that wraps context.Canceled. If no plugin can
// be used, the error lists what was tried and what to do.
func Backend() (compute.Backend, error) { return BackendContext(context.Background()) }

// BackendContext is like Backend, but returns the context's error soon after the context is done; a later call tries
// again.
func BackendContext(ctx context.Context) (compute.Backend, error) {
	o, err := once(ctx)
	return o.backend, err
}

// Describe returns one line that names the plugin, its version and the device that the process's backend uses.
func Describe() string {
	o, err := once(context.Background())
	if err != nil {
		return "no backend: " + err.Error()
	}
	return fmt.Sprintf("%s; %s", DeviceOf(o.backend), o.source)
}

// once returns the result of the first call of open that was not interrupted.
func once(ctx context.Context) (opened, error) {
	if err := ctx.Err(); err != nil {
		return opened{}, err
	}
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return opened{}, ctx.Err()
	}
	if !process.done {
		keepFreedMemory()
		process.opened, process.err = open(ctx)
		process.done = !errors.Is(process.err, context.Canceled) && !errors.Is(process.err, context.DeadlineExceeded)
	}
	return process.opened, process.err
}

// open makes the backend that the environment asks for.
func open(ctx context.Context) (opened, error) {
	if _, err := programsDir(); err != nil {
		return opened{}, err
	}
	asked := os.Getenv("GOMLX_BACKEND")
	name, config, _ := strings.Cut(asked, ":")
	plugin, options, more := strings.Cut(config, ",")
	if isXLA := slices.Contains([]string{"", "xla", "stablehlo", "hlo", "shlo"}, name); !isXLA || plugin == "help" {
		backend, err := newBackend(asked)
		if err != nil {
			err = fmt.Errorf("the backend GOMLX_BACKEND=%s cannot be made: %w", asked, err)
		}
		return opened{backend, "chosen by GOMLX_BACKEND"}, err
	}
	if more {
		options = "," + options
	}
	return first(ctx, searches(plugin), options)
}

// newBackend is like compute.NewWithConfig, but returns an error if it panics, as go-xla does for some plugins that
// cannot be loaded.
func newBackend(config string) (backend compute.Backend, err error) {
	defer func() {
		if r := recover(); r != nil {
			backend, err = nil, fmt.Errorf("%v", r)
		}
	}()
	return compute.NewWithConfig(config)
}

// first makes the first backend that can be found and made.
func first(ctx context.Context, searches []search, options string) (opened, error) {
	var tried []error
	for i, s := range searches {
		var failed, refused []error
		for _, place := range s.places {
			libraries, err := place(ctx)
			switch {
			case ctx.Err() != nil:
				return opened{}, ctx.Err()
			case errors.Is(err, context.Canceled): // by a signal
				return opened{}, err
			case err != nil:
				failed = append(failed, err)
			}
			for _, l := range libraries {
				o, err := l.open(options)
				if err == nil {
					if refused != nil {
						fmt.Fprintf(os.Stderr, "dpt: passed over:%s\n", bullets(refused))
					}
					return o, nil
				}
				failed, refused = append(failed, err), append(refused, err)
			}
		}
		if s.kind == "cuda" && i+1 < len(searches) {
			fmt.Fprintf(os.Stderr, "dpt: an NVIDIA GPU is there, but cannot be used; going on with the CPU, "+
				"which is much slower:%s\n%s\n", bullets(failed), cudaAdvice)
		}
		tried = append(tried, failed...)
	}
	return opened{}, noPlugin(tried)
}

// bullets lists errors, each of any number of lines.
func bullets(errs []error) string {
	var text strings.Builder
	for _, err := range errs {
		fmt.Fprintf(&text, "\n  - %s", strings.ReplaceAll(err.Error(), "\n", "\n    "))
	}
	return text.String()
}

// noPlugin returns the error that lists what was tried, and what to do.
func noPlugin(tried []error) error {
	advice := fmt.Sprintf("Do one of these:\n"+
		"  - run once with access to a Python package index (python3 with pip or venv is needed), or\n"+
		"  - get the wheel %s elsewhere, unzip it, and set %s to the folder that holds %s",
		strings.ReplaceAll(cpuWheels.name, " ", "=="), pluginPath, filepath.Base(cpuWheels.plugin))
	for _, name := range []string{"GOMLX_BACKEND", pluginPath} {
		if value := os.Getenv(name); value != "" {
			advice = fmt.Sprintf("%s=%s must name a plugin that can be used, or be unset", name, value)
		}
	}
	return fmt.Errorf("no XLA/PJRT plugin could be used. Tried:%s\n%s", bullets(tried), advice)
}
