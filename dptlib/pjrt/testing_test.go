// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// childTask makes this test's program a process of its own, for what is made once in a process or needs another
// environment: "backend" makes the backend, computes, and prints its Device; the others are of other tests.
const childTask = "DPT_TEST_PJRT"

func TestMain(m *testing.M) {
	tasks := map[string]func() error{"backend": childBackend, "install": childInstall, "context": childContext,
		"programs": childPrograms}
	task, ok := tasks[os.Getenv(childTask)]
	if !ok {
		status := m.Run()
		os.RemoveAll(standinFolder)
		os.Exit(status)
	}
	err := task()
	switch {
	case errors.Is(err, context.Canceled):
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// childOutput is the output of a child of task "backend".
type childOutput struct {
	Device   Device
	Shared   bool // buffers, as CPUs have
	Describe string
	Peak     int64 // bytes of the device's memory
}

func childBackend() error {
	backend, err := Backend()
	if err != nil {
		return err
	}
	squares := func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(x, x)) }
	sum, err := graph.CallOnce(backend, squares, []float32{1, 2, 3})
	if err != nil {
		return err
	}
	if got := sum.Value(); got != float32(14) {
		return fmt.Errorf("1 + 4 + 9 is %v", got)
	}
	return json.NewEncoder(os.Stdout).Encode(childOutput{
		DeviceOf(backend), backend.HasSharedBuffers(), Describe(), PeakMemory(backend)})
}

// machine is the environment of a child process: a home, programs, a dead network.
type machine struct {
	t                *testing.T
	home, cache, bin string
	dir              string // where the child runs
	log              string // of the fake Python
	env              []string
}

// newMachine has an NVIDIA GPU if gpu says so, a python3 that finds nothing and installs nothing, and an empty home.
func newMachine(t *testing.T, gpu bool) *machine {
	root := t.TempDir()
	m := &machine{t: t, home: filepath.Join(root, "home"), cache: filepath.Join(root, "cache"),
		bin: filepath.Join(root, "bin"), dir: filepath.Join(root, "work"), log: filepath.Join(root, "python.log")}
	for _, dir := range []string{m.home, m.cache, m.bin, m.dir} {
		m.mkdir(dir)
	}
	m.script("python3", fakePython)
	m.script("nvidia-smi", "exit 9")
	m.set("HOME="+m.home, "XDG_CACHE_HOME="+m.cache, "PATH="+m.bin+":/usr/bin:/bin", "LD_LIBRARY_PATH=",
		"FAKE_LOG="+m.log, "HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "CUDA_VISIBLE_DEVICES=",
		"XLA_FLAGS=", "GOMLX_BACKEND=", pluginPath+"=", childTask+"=backend")
	if gpu {
		m.script("nvidia-smi", fakeSMI)
		emptyLibrary(t, filepath.Join(m.bin, "libcuda.so.1"))
		m.set("CUDA_VISIBLE_DEVICES=0", "LD_LIBRARY_PATH="+m.bin)
	}
	return m
}

// fakePython answers what this package asks of Python, and notes its arguments. FAKE_SITE is a folder of packages.
const fakePython = `
printf '%s: %s\n' "$PWD" "$*" >>"$FAKE_LOG"
[ "$1" = -I ] || { echo "not isolated" >&2; exit 97; }
case "$*" in
-I\ -c*) echo "$FAKE_SITE" ;;
*pip\ install*) echo "Could not find a version that satisfies the requirement (dead network)" >&2; exit 1 ;;
esac`

const fakeSMI = `
case "$*" in
*--query-gpu=name,driver_version,memory.total*) echo "NVIDIA H100 80GB HBM3, 580.65.06, 81559" ;;
*) echo "NVIDIA-SMI 580.65.06" ;;
esac`

func (m *machine) set(variables ...string) { m.env = append(m.env, variables...) }

func (m *machine) mkdir(dir string) {
	m.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) write(path, content string) string {
	m.t.Helper()
	m.mkdir(filepath.Dir(path))
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) link(target, path string) string {
	m.t.Helper()
	m.mkdir(filepath.Dir(path))
	if err := os.Symlink(target, path); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) script(name, body string) {
	m.write(filepath.Join(m.bin, name), "#!/bin/sh\n"+body+"\n")
}

// cachedCPU puts the CPU plugin into the cache.
func (m *machine) cachedCPU() *machine {
	w := cpuWheels
	w.root = filepath.Join(m.cache, "dpt", "pjrt")
	m.link(realPlugin(m.t), w.path())
	return m
}

// command is the child's.
func (m *machine) command() *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	c := exec.Command(program)
	c.Dir = m.dir
	c.Env = append(os.Environ(), m.env...)
	return c
}

// run returns what the child printed, or its error, and its standard error.
func (m *machine) run() (out childOutput, stderr string, err error) {
	m.t.Helper()
	var text, errors bytes.Buffer
	c := m.command()
	c.Stdout, c.Stderr = &text, &errors
	if err = c.Run(); err == nil {
		err = json.Unmarshal(text.Bytes(), &out)
	}
	if strings.Contains(errors.String(), "goroutine ") {
		m.t.Errorf("the child panicked:\n%s", &errors)
	}
	return out, errors.String(), err
}

// mustRun is run of a child that must succeed.
func (m *machine) mustRun() (childOutput, string) {
	m.t.Helper()
	out, stderr, err := m.run()
	if err != nil {
		m.t.Fatalf("%v\n%s", err, stderr)
	}
	return out, stderr
}

// mustFail is run of a child that must fail and say these words.
func (m *machine) mustFail(words ...string) (stderr string) {
	m.t.Helper()
	out, stderr, err := m.run()
	if err == nil {
		m.t.Fatalf("must fail, made %+v", out)
	}
	m.says(stderr, words...)
	return stderr
}

func (m *machine) says(text string, words ...string) {
	m.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			m.t.Errorf("%q must be said, found:\n%s", word, text)
		}
	}
}

// realPlugin is the CPU plugin of this machine, installed if need be.
func realPlugin(t *testing.T) string {
	t.Helper()
	list, err := realCPU()
	if err != nil {
		t.Fatal(err)
	}
	return list[0].path
}

var realCPU = sync.OnceValues(func() ([]library, error) { return pinned(cpuWheels).libraries(context.Background()) })

// standin compiles testdata/standin.c, once.
func standin(t *testing.T) string {
	t.Helper()
	path, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STANDIN_PLUGIN", realPlugin(t))
	return path
}

var standinFolder string // removed by TestMain

var compiled = sync.OnceValues(func() (string, error) {
	header, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	if standinFolder, err = os.MkdirTemp("", "dpt-standin-"); err != nil {
		return "", err
	}
	path := filepath.Join(standinFolder, "xla_cuda_plugin.so")
	include := filepath.Join(strings.TrimSpace(string(header)), "pjrt")
	out, err := exec.Command("cc", "-shared", "-fPIC", "-Wall", "-Werror", "-I", include, "-o", path,
		filepath.Join("testdata", "standin.c"), "-ldl").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cc: %w\n%s", err, out)
	}
	return path, nil
})
