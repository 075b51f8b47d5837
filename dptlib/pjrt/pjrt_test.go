// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// jaxSite is a folder of Python packages that has jax[cuda13], whose plugin is the stand-in.
func (m *machine) jaxSite(plugin string) {
	site := filepath.Join(m.home, "site-packages")
	m.link(plugin, filepath.Join(site, cudaWheels.plugin))
	m.mkdir(filepath.Join(site, "jax_cuda13_pjrt-0.11.2.dist-info"))
	m.set("FAKE_SITE=" + site)
}

// checkGPU checks that the stand-in is used, as a GPU would be.
func (m *machine) checkGPU(out childOutput, plugin string) {
	m.t.Helper()
	d := out.Device
	if d.Kind != "cuda" || d.Plugin != plugin || !d.TF32 || out.Shared {
		m.t.Errorf("the stand-in must be used, named %s, with TF32 and no shared buffers; found %+v", plugin, out)
	}
	if d.GPU != "NVIDIA H100 80GB HBM3" || d.Driver != "580.65.06" || d.Memory != 81559<<20 {
		m.t.Errorf("the GPU is %q, driver %q, %d bytes; nvidia-smi says otherwise", d.GPU, d.Driver, d.Memory)
	}
}

// checkCPU checks that the pinned CPU plugin is used.
func (m *machine) checkCPU(out childOutput) {
	m.t.Helper()
	if d := out.Device; d.Kind != "cpu" || d.Plugin != cpuWheels.name || d.TF32 || d.GPU != "" || !out.Shared {
		m.t.Errorf("the cached CPU plugin must be used, found %+v", out)
	}
}

func TestGPU(t *testing.T) {
	t.Run("of the active Python", func(t *testing.T) {
		m := newMachine(t, true).cachedCPU()
		m.jaxSite(standin(t))
		out, stderr := m.mustRun()
		m.checkGPU(out, "jax-cuda13-pjrt 0.11.2")
		if stderr != "" {
			t.Errorf("nothing is to be said, found %s", stderr)
		}
	})
	t.Run("installed for go-xla", func(t *testing.T) {
		m := newMachine(t, true).cachedCPU()
		m.link(standin(t), filepath.Join(m.home, ".local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so"))
		out, _ := m.mustRun()
		m.checkGPU(out, "pjrt_c_api_cuda_plugin.so")
	})
	t.Run("hidden by CUDA_VISIBLE_DEVICES", func(t *testing.T) {
		m := newMachine(t, true).cachedCPU()
		m.jaxSite(standin(t))
		m.set("CUDA_VISIBLE_DEVICES=-1")
		out, _ := m.mustRun()
		m.checkCPU(out)
	})
	t.Run("not asked for", func(t *testing.T) {
		m := newMachine(t, true).cachedCPU()
		m.jaxSite(standin(t))
		m.set("GOMLX_BACKEND=xla:cpu")
		out, stderr := m.mustRun()
		m.checkCPU(out)
		if stderr != "" {
			t.Errorf("nothing is to be said, found %s", stderr)
		}
	})
}

// A GPU that cannot be used is said, with the reason, and the CPU used.
func TestGPUFails(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(m *machine)
		words   []string
	}{
		"no device": {func(m *machine) {
			m.jaxSite(standin(t))
			m.set("STANDIN_FAILS=No visible GPU devices")
		}, []string{"No visible GPU devices", "dead network"}},
		"damaged plugin": {func(m *machine) {
			m.jaxSite(m.write(filepath.Join(m.home, "x.so"), strings.Repeat("junk ", 100)))
		}, []string{"jax-cuda13-pjrt 0.11.2 cannot be loaded", "invalid ELF header"}},
		"no plugin": {func(*machine) {}, []string{"the active Python has no jax[cuda13]",
			"installing jax-cuda13-pjrt 0.11.2", "dead network"}},
		"old driver": {func(m *machine) {
			m.script("nvidia-smi", `echo "Tesla T4, 535.104.05, 15360"`)
		}, []string{"version 580 or newer", "535.104.05"}},
		"no driver": {func(m *machine) {
			os.Remove(filepath.Join(m.bin, "libcuda.so.1"))
		}, []string{"libcuda.so.1: cannot open shared object file"}},
		"no Python": {func(m *machine) {
			m.script("python3", "exit 1")
		}, []string{"asking python3", "python3 must have pip"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, true).cachedCPU()
			foreign := m.write(filepath.Join(m.home, ".local/lib/nvidia/mine"), "kept")
			links := m.write(filepath.Join(m.home, ".local/lib/libcublas.so.13"), "kept")
			if c.prepare(m); name == "no driver" && loadable("libcuda.so.1") == nil {
				t.Skip("this machine has NVIDIA's driver")
			}
			out, stderr := m.mustRun()
			m.checkCPU(out)
			m.says(stderr, append(c.words, "an NVIDIA GPU is there, but cannot be used", "nvidia-smi")...)
			for _, path := range []string{foreign, links} {
				if data, err := os.ReadFile(path); err != nil || string(data) != "kept" {
					t.Errorf("what this program did not make must stay: %q, %v", data, err)
				}
			}
			if left := names(t, filepath.Join(m.cache, "dpt", "pjrt")); len(left) != 1 {
				t.Errorf("the cache holds %v, must hold the CPU plugin", left)
			}
			if _, err := os.Stat(filepath.Join(m.home, ".local/lib/go-xla")); err == nil {
				t.Error("go-xla must not install anything")
			}
		})
	}
}

// An explicit choice works without a network, and is an error where it cannot be used: no other plugin is taken.
func TestExplicitChoice(t *testing.T) {
	folder := filepath.Dir(realPlugin(t))
	for _, c := range []struct {
		gpu           bool
		backend, path string
	}{
		{false, "", folder},
		{false, "", ".::"},
		{false, "xla:./pjrt_c_api_cpu_plugin.so", ""},
		{true, "", "/nowhere:" + folder},
		{false, "", realPlugin(t)},
		{true, "xla:" + realPlugin(t), ""},
		{true, "xla:cpu", folder},
		{false, "xla:,tf32=false", folder},
		{false, "stablehlo", folder},
	} {
		t.Run(fmt.Sprintf("%s in %s, GPU %t", c.backend, c.path, c.gpu), func(t *testing.T) {
			m := newMachine(t, c.gpu)
			m.dir = folder
			m.set("GOMLX_BACKEND="+c.backend, pluginPath+"="+c.path, programsVariable+"=off")
			out, stderr := m.mustRun()
			if out.Device.Kind != "cpu" || out.Device.Plugin != "pjrt_c_api_cpu_plugin.so" || stderr != "" {
				t.Errorf("the chosen plugin must be used without a word, found %+v\n%s", out, stderr)
			}
			if left := names(t, m.cache); len(left) != 0 {
				t.Errorf("nothing is to be cached, found %v", left)
			}
		})
	}
}

// An explicit choice that cannot be used is an error with the linker's or the plugin's own words; nothing else is
// tried.
func TestExplicitChoiceFails(t *testing.T) {
	for _, c := range []struct {
		backend, path string // ~ is the home
		words         []string
	}{
		{"xla:cuda", "", []string{"No visible GPU devices", "GOMLX_BACKEND=xla:cuda"}},
		{"xla:/nowhere/x.so", "", []string{"/nowhere/x.so: cannot open shared object file", "GOMLX_BACKEND=xla:/no"}},
		{"", "/nowhere", []string{"no cpu plugin", "/nowhere", pluginPath}},
		{"xla:cpu_v0.1.2", "", []string{"no cpu_v0.1.2 plugin"}},
		{"abacus", "", []string{"abacus"}},
		{"xla:cpu,tf23=false", "", []string{"tf23"}},
		{"xla:~/broken/pjrt_c_api_cpu_plugin.so", "", []string{"cannot be loaded", "file too short"}},
		{"", "~/broken", []string{"cannot be loaded", "file too short"}},
		{"xla:~/empty.so", "", []string{"undefined symbol: GetPjrtApi"}},
		{"xla:help", "", []string{"tf32"}},
	} {
		t.Run(c.backend+" in "+c.path, func(t *testing.T) {
			m := newMachine(t, true).cachedCPU()
			m.jaxSite(standin(t))
			m.write(filepath.Join(m.home, "broken", "pjrt_c_api_cpu_plugin.so"), "")
			emptyLibrary(t, filepath.Join(m.home, "empty.so"))
			home := strings.NewReplacer("~", m.home)
			m.set("STANDIN_FAILS=No visible GPU devices")
			m.set("GOMLX_BACKEND="+home.Replace(c.backend), pluginPath+"="+home.Replace(c.path))
			stderr := m.mustFail(c.words...)
			if strings.Contains(stderr, "download") || strings.Contains(stderr, "going on") {
				t.Errorf("nothing is downloaded and no other plugin used, found:\n%s", stderr)
			}
		})
	}
}

// A library in go-xla's folder that cannot be loaded is named and passed over.
func TestUnloadableIsPassedOver(t *testing.T) {
	m := newMachine(t, false).cachedCPU()
	m.write(filepath.Join(m.home, ".local/lib/go-xla/pjrt_c_api_cpu_v9.9.9_plugin.so"), strings.Repeat("junk ", 100))
	out, stderr := m.mustRun()
	m.checkCPU(out)
	m.says(stderr, "passed over", "pjrt_c_api_cpu_v9.9.9_plugin.so cannot be loaded", "invalid ELF header")
}

// What go-xla thinks a plugin can do must not follow from the user's name, nor from that of any folder.
func TestFolderNames(t *testing.T) {
	m := newMachine(t, false)
	m.link(realPlugin(t), filepath.Join(m.home, "nvidia-cuda", "pjrt_c_api_cpu_plugin.so"))
	m.set(pluginPath + "=" + filepath.Join(m.home, "nvidia-cuda"))
	if out, _ := m.mustRun(); out.Device.Kind != "cpu" || !out.Shared || out.Device.TF32 {
		t.Errorf("a CPU plugin must be taken for one, found %+v", out)
	}
	m = newMachine(t, true)
	m.link(standin(t), filepath.Join(m.home, "cpu", "pjrt_c_api_cuda_plugin.so"))
	m.set(pluginPath + "=" + filepath.Join(m.home, "cpu"))
	if out, _ := m.mustRun(); out.Device.Kind != "cuda" || out.Shared || !out.Device.TF32 {
		t.Errorf("a CUDA plugin must be taken for one, found %+v", out)
	}
}

// Nothing of the working folder is executed, and every Python is isolated and runs elsewhere.
func TestPythonIsIsolated(t *testing.T) {
	m := newMachine(t, true)
	for _, name := range []string{"pip.py", "venv.py", "site.py", "python3", "nvidia-smi"} {
		m.write(filepath.Join(m.dir, name), "#!/bin/sh\ntouch ran-here\n")
	}
	m.mustFail("dead network")
	if _, err := os.Stat(filepath.Join(m.dir, "ran-here")); err == nil {
		t.Error("a program of the working folder was executed")
	}
	log, err := os.ReadFile(m.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		where, args, _ := strings.Cut(line, ": ")
		if where == m.dir || !strings.HasPrefix(args, "-I ") {
			t.Errorf("Python must run isolated and elsewhere, found %s", line)
		}
	}
}

// Libraries that are missing are named, those of the driver first; what lies where the wheels put it is found.
func TestMissingCUDA(t *testing.T) {
	if loadable("libcuda.so.1") == nil || loadable("libcudart.so.13") == nil {
		t.Skip("this machine has NVIDIA's libraries")
	}
	m := newMachine(t, true)
	m.jaxSite(standin(t))
	m.set("STANDIN_FAILS=No visible GPU devices", "GOMLX_BACKEND=xla:cuda")
	site := filepath.Join(m.home, "site-packages", "nvidia")
	for _, path := range []string{"cu13/lib/libcudart.so.13", "cu13/lib/libcublas.so.13", "cudnn/lib/libcudnn.so.9"} {
		m.mustFail("CUDA's libraries", filepath.Base(path)+": cannot open shared object file")
		m.write(filepath.Join(site, path), "")
	}
}
