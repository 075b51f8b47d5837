// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// cudaDriver is the least version of NVIDIA's driver that CUDA 13 needs.
const cudaDriver = 580

const cudaAdvice = "See whether nvidia-smi works and shows a driver of version 580 or newer.\n" +
	"TF_CPP_MIN_LOG_LEVEL=0 shows XLA's own words. GOMLX_BACKEND=xla:PATH chooses another CUDA plugin,\n" +
	"GOMLX_BACKEND=xla:cpu the CPU without this message."

// card is a GPU as nvidia-smi describes it.
type card struct {
	name, driver string
	memory       int64 // bytes
}

// cards lists the NVIDIA GPUs, or none if nvidia-smi is missing or fails. If CUDA_VISIBLE_DEVICES selects some, the
// first of these comes first.
var cards = sync.OnceValue(func() []card {
	query := []string{"--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"}
	if id, _, _ := strings.Cut(os.Getenv("CUDA_VISIBLE_DEVICES"), ","); id != "" {
		if list := querySMI(append(query, "--id="+id)...); list != nil {
			return list
		}
	}
	return querySMI(query...)
})

func querySMI(args ...string) (list []card) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nvidia-smi", args...).Output()
	if err != nil {
		return nil
	}
	lines := csv.NewReader(strings.NewReader(string(out)))
	lines.TrimLeadingSpace, lines.FieldsPerRecord = true, 3
	for {
		line, err := lines.Read()
		if err != nil {
			return list
		}
		mebibytes, _ := strconv.ParseInt(line[2], 10, 64) // "[N/A]" if memory is shared with the processor
		list = append(list, card{line[0], line[1], mebibytes << 20})
	}
}

// hasGPU reports whether there is an NVIDIA GPU that CUDA_VISIBLE_DEVICES does not hide.
func hasGPU() bool {
	if visible, ok := os.LookupEnv("CUDA_VISIBLE_DEVICES"); ok && (visible == "" || strings.HasPrefix(visible, "-1")) {
		return false
	}
	devices, _ := filepath.Glob("/dev/nvidia[0-9]*")
	return len(devices) > 0 || len(cards()) > 0
}

// inPython finds the plugin of a jax[cuda13] in the active Python. NVIDIA's libraries lie beside it, where it looks for
// them.
func inPython(ctx context.Context) ([]library, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	program, err := exec.LookPath("python3")
	if err != nil {
		return nil, fmt.Errorf("a jax[cuda13] in the active Python: %w", err)
	}
	// Isolated Python leaves out the user's own packages: looking there runs none of their code.
	const script = `import site, sys; print(*sys.path, site.getusersitepackages(), sep="\n")`
	out, err := python(ctx, program, "/", "-c", script).Output()
	if err != nil {
		return nil, fmt.Errorf("asking python3 for its folders: %w", err)
	}
	for dir := range strings.Lines(string(out)) {
		dir = strings.TrimSpace(dir)
		path := filepath.Join(dir, cudaWheels.plugin)
		if _, err := os.Stat(path); err != nil || !filepath.IsAbs(dir) {
			continue
		}
		name := "jax-cuda13-pjrt"
		if info, _ := fs.Glob(os.DirFS(dir), "jax_cuda13_pjrt-*.dist-info"); len(info) == 1 {
			_, version, _ := strings.Cut(strings.TrimSuffix(info[0], ".dist-info"), "-")
			name += " " + version
		}
		return []library{{kind: "cuda", path: path, name: name, source: "found in the active Python"}}, nil
	}
	return nil, errors.New("the active Python has no jax[cuda13]")
}

// missingCUDA names the first library of the driver or of CUDA that a plugin at this path will not find; XLA itself
// only says that there is no GPU.
func missingCUDA(plugin string) error {
	if err := driver(); err != nil {
		return err
	}
	dir := filepath.Dir(plugin)
	for _, name := range []string{"libcudart.so.13", "libcublas.so.13", "libcudnn.so.9", "libcufft.so.12",
		"libcusolver.so.12", "libcusparse.so.12", "libcupti.so.13", "libnvJitLink.so.13"} {
		near, _ := fs.Glob(os.DirFS(filepath.Join(dir, "..")), "nvidia/*/lib/"+name)
		far, _ := fs.Glob(os.DirFS(filepath.Join(dir, "..", "..")), "nvidia/*/lib/"+name)
		if near != nil || far != nil {
			continue
		}
		if err := loadable(name); err != nil {
			return fmt.Errorf("CUDA's libraries must be in nvidia/, one or two folders above the plugin's, "+
				"or on LD_LIBRARY_PATH: %w", err)
		}
	}
	return nil
}

// driver returns an error if NVIDIA's driver is missing, or too old for CUDA 13, because then no plugin can use the
// GPU.
func driver() error {
	if err := loadable("libcuda.so.1"); err != nil {
		return fmt.Errorf("NVIDIA's driver: %w", err)
	}
	for _, c := range cards() {
		major, _, _ := strings.Cut(c.driver, ".")
		if n, err := strconv.Atoi(major); err == nil && n < cudaDriver {
			return fmt.Errorf("NVIDIA's driver must have version %d or newer, found %s", cudaDriver, c.driver)
		}
	}
	return nil
}
