// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// The newest version comes first, those without a version last, and folders decide among equals.
func TestInFoldersOrder(t *testing.T) {
	var list []string
	for _, files := range [][]string{
		{"pjrt_c_api_cpu_plugin.so", "pjrt_c_api_cpu_v0.9.0_plugin.so", "pjrt_c_api_cpu_v0.83.1_plugin.so", "other.so"},
		{"pjrt_c_api_cpu_v0.114.0_plugin.so", "pjrt-plugin-cpu_v0.83.1.so", "pjrt_plugin_tpu.so", "readme"},
	} {
		dir := t.TempDir()
		list = append(list, dir)
		for _, name := range files {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"pjrt_c_api_cpu_v0.114.0_plugin.so", "pjrt_c_api_cpu_v0.83.1_plugin.so",
		"pjrt-plugin-cpu_v0.83.1.so", "pjrt_c_api_cpu_v0.9.0_plugin.so", "pjrt_c_api_cpu_plugin.so",
		"pjrt_plugin_tpu.so"}
	var got []string
	for _, l := range inFolders(list) {
		got = append(got, l.name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, must be %q", got, want)
	}
	found, err := folders("cpu_v0.9.0", list, "")(t.Context())
	if err != nil || len(found) != 1 || found[0].name != want[3] {
		t.Errorf("a name finds one version, found %v, %v", found, err)
	}
	if found, err := folders("cpu", list, "")(t.Context()); err != nil || len(found) != 5 {
		t.Errorf("a kind finds all its versions, found %v, %v", found, err)
	}
}

func TestKindOf(t *testing.T) {
	for path, want := range map[string]string{
		"pjrt_c_api_cpu_v0.114.0_plugin.so":                   "cpu",
		"/srv/nvidia/cuda/pjrt_c_api_cpu_plugin.so":           "cpu",
		"/data/cpu/jax_plugins/xla_cuda13/xla_cuda_plugin.so": "cuda",
		"/opt/site-packages/jax_plugins/xla_cuda13/plugin.so": "cuda",
		"/opt/cpu/fastatomstruct/libpjrt_cpu.so":              "cpu",
		"pjrt_c_api_rocm_plugin.so":                           "rocm",
		"/opt/pjrt_c_api_metal_v1.2_plugin.so":                "metal",
		"/opt/lib/libpjrt.so":                                 "libpjrt",
		"/opt/cpu_cuda_builds/pjrt_c_api_tpu_plugin.so":       "tpu",
		"/srv/cpu/.local/lib/go-xla/pjrt_c_api_TPU_plugin.so": "tpu",
	} {
		if got := kindOf(path); got != want {
			t.Errorf("%s: %s, must be %s", path, got, want)
		}
	}
}

// Of two CPU plugins the newest is used, at each start.
func TestChoiceIsDeterministic(t *testing.T) {
	const starts = 6 // an order by chance would pass once in 32
	m := newMachine(t, false).cachedCPU()
	for _, name := range []string{"cpu_v0.9.0", "cpu_v0.114.0"} {
		m.link(realPlugin(t), filepath.Join(m.home, ".local/lib/go-xla/pjrt_c_api_"+name+"_plugin.so"))
	}
	for range starts {
		if out, _ := m.mustRun(); out.Device.Plugin != "pjrt_c_api_cpu_v0.114.0_plugin.so" {
			t.Errorf("the newest must be used, found %+v", out)
		}
	}
}

// emptyLibrary compiles a library that is no plugin.
func emptyLibrary(t *testing.T, path string) {
	t.Helper()
	out, err := exec.Command("cc", "-shared", "-fPIC", "-x", "c", "-o", path, os.DevNull).CombinedOutput()
	if err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
}
