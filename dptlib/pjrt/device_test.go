// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDevice checks that every field has the system's value, and that none is a path.
func TestDevice(t *testing.T) {
	m := newMachine(t, false)
	const name = "pjrt_c_api_cpu_v0.115.0_plugin.so"
	m.set("GOMLX_BACKEND=xla:"+m.link(realPlugin(t), filepath.Join(m.home, "plugin", name)),
		"XLA_FLAGS=--xla_cpu_enable_fast_math=false --xla_dump_hlo_module_re="+m.home)
	out, _ := m.mustRun()
	d := out.Device
	if d.Kind != "cpu" || d.Plugin != name || d.Devices < 1 || d.Description != "cpu:0" || d.TF32 || d.GPU != "" {
		t.Errorf("found %+v", d)
	}
	if !regexp.MustCompile(`^0\.\d+$`).MatchString(d.API) {
		t.Errorf("PJRT's version is %q", d.API)
	}
	if d.Flags != "--xla_cpu_enable_fast_math=false" {
		t.Errorf("flags %q", d.Flags)
	}
	for file, line := range map[string]string{
		"/proc/cpuinfo": `model name\s*: ` + regexp.QuoteMeta(d.Processor) + `\n`,
		"/proc/meminfo": fmt.Sprintf(`MemTotal:\s*%d kB\n`, d.Memory>>10),
	} {
		if text, err := os.ReadFile(file); err != nil || !regexp.MustCompile(line).Match(text) {
			t.Errorf("%s must have a line %s (%v)", file, line, err)
		}
	}
	text, err := json.Marshal(d)
	if err != nil || strings.Contains(string(text), "/") {
		t.Errorf("it must hold no path: %s, %v", text, err)
	}
	for _, part := range []string{"CPU plugin " + name, d.API, d.Processor, "chosen by GOMLX_BACKEND"} {
		if !strings.Contains(out.Describe, part) {
			t.Errorf("%q must be in %q", part, out.Describe)
		}
	}
}

// The first GPU that is visible counts, and a card whose memory is not told has none.
func TestDeviceOfVisibleGPU(t *testing.T) {
	m := newMachine(t, true)
	m.jaxSite(standin(t))
	m.script("nvidia-smi", `
case "$*" in
*--id=3*) echo "NVIDIA GB10, 590.1, [N/A]" ;;
*) echo "NVIDIA A100, 590.1, 40960" ;;
esac`)
	m.set("CUDA_VISIBLE_DEVICES=3,1")
	if out, _ := m.mustRun(); out.Device.GPU != "NVIDIA GB10" || out.Device.Memory != 0 {
		t.Errorf("found %+v", out.Device)
	}
}

// Where nvidia-smi is missing the host's memory is not taken for the GPU's.
func TestDeviceWithoutSMI(t *testing.T) {
	m := newMachine(t, true)
	m.jaxSite(standin(t))
	m.script("nvidia-smi", "exit 1")
	m.set("GOMLX_BACKEND=xla:cuda,tf32=false")
	out, _ := m.mustRun()
	if d := out.Device; d.Kind != "cuda" || d.GPU != "" || d.Memory != 0 || d.TF32 {
		t.Errorf("found %+v", d)
	}
}

// PeakMemory is what the plugin says, and 0 where it says nothing.
func TestPeakMemory(t *testing.T) {
	m := newMachine(t, true).cachedCPU()
	m.jaxSite(standin(t))
	for variable, want := range map[string]int64{
		"STANDIN_PEAK=5000000000": 5_000_000_000, "STANDIN_OTHER=1": 0, "GOMLX_BACKEND=xla:cpu": 0,
	} {
		if out, _ := m.with(variable).mustRun(); out.Peak != want {
			t.Errorf("%s: a peak of %d bytes, must be %d", variable, out.Peak, want)
		}
	}
}
