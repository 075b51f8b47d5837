// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	gopjrt "github.com/gomlx/go-xla/pjrt"
	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

// Device describes the machine that an experiment ran on, for the experiment's record: everything that can change the
// last bits of a result, or its speed. It holds no paths, and two Devices are equal if none of this differs.
type Device struct {
	Kind        string `json:"kind"`                // of the plugin: "cuda", "cpu"; of another backend its name
	Plugin      string `json:"plugin,omitempty"`    // package and version if known, or the file's name
	API         string `json:"pjrt,omitempty"`      // version of the plugin's PJRT C API: "0.115"
	Devices     int    `json:"devices"`             // that the plugin offers; the first is used
	Description string `json:"description"`         // of the first device, by the plugin: "cpu:0"
	TF32        bool   `json:"tf32"`                // whether products of float32 are computed in TF32
	Flags       string `json:"xla_flags,omitempty"` // those of XLA_FLAGS that name no path

	GPU    string `json:"gpu,omitempty"`    // "NVIDIA H100 80GB HBM3"
	Driver string `json:"driver,omitempty"` // version of NVIDIA's driver

	Processor string `json:"processor"`              // of the host: "AMD EPYC"
	Model     string `json:"processor_id,omitempty"` // "AuthenticAMD family 25 model 17 stepping 1"
	Cores     int    `json:"cores"`                  // logical processors that the process may use
	Memory    int64  `json:"memory"`                 // bytes, of the host, or of the GPU that is used; 0 if unknown
}

// DeviceOf describes the device that a backend computes on. It is cheap after the first call.
func DeviceOf(backend compute.Backend) Device {
	d := host()
	d.Kind, d.Devices, d.Description = backend.Name(), backend.NumDevices(), backend.DeviceDescription(0)
	b, ok := backend.(*xla.Backend)
	if !ok {
		return d
	}
	d.TF32, d.Flags = b.DotGeneralUseTF32, flags(os.Getenv("XLA_FLAGS"))
	d.Description, _, _ = strings.Cut(d.Description, " [processId=")
	if plugin, err := gopjrt.GetPlugin(b.PluginName()); err == nil {
		major, minor := plugin.Version()
		d.API = fmt.Sprintf("%d.%d", major, minor)
	}
	l, ok := loaded[b.PluginName()]
	if !ok { // made elsewhere
		l = library{kind: kindOf(b.PluginName())}
	}
	d.Kind, d.Plugin = l.kind, l.name
	if l.kind != "cpu" {
		d.Memory = 0 // the host's
	}
	if list := cards(); l.kind == "cuda" && len(list) > 0 {
		d.GPU, d.Driver, d.Memory = list[0].name, list[0].driver, list[0].memory
	}
	return d
}

// host describes the machine without its GPU.
var host = sync.OnceValue(func() Device {
	d := Device{Cores: runtime.NumCPU()}
	if c := processor(); c != nil {
		d.Processor = strings.Join(strings.Fields(c.ModelName), " ")
		d.Model = fmt.Sprintf("%s family %s model %s stepping %d", c.VendorID, c.Family, c.Model, c.Stepping)
	}
	if memory, err := mem.VirtualMemory(); err == nil {
		d.Memory = int64(memory.Total)
	}
	return d
})

// processor describes the first processor, or is nil if the system does not.
var processor = sync.OnceValue(func() *cpu.InfoStat {
	list, err := cpu.Info()
	if err != nil || len(list) == 0 {
		return nil
	}
	return &list[0]
})

// flags leaves out flags that differ between machines without any effect on results: folders and files.
func flags(all string) string {
	var list []string
	for _, flag := range strings.Fields(all) {
		if !strings.Contains(flag, "/") {
			list = append(list, flag)
		}
	}
	return strings.Join(list, " ")
}

// String describes the device in one line.
func (d Device) String() string {
	text := fmt.Sprintf("%s plugin %s, PJRT %s, %d device(s), ", strings.ToUpper(d.Kind), d.Plugin, d.API, d.Devices)
	if d.Plugin == "" {
		text = fmt.Sprintf("%s, ", d.Description)
	}
	if d.GPU != "" {
		text += fmt.Sprintf("%s, driver %s, ", d.GPU, d.Driver)
	} else {
		text += fmt.Sprintf("%s, %d cores, ", d.Processor, d.Cores)
	}
	if d.Memory > 0 {
		text += fmt.Sprintf("%.0f GiB", float64(d.Memory)/(1<<30))
	}
	if d.TF32 {
		text += ", TF32"
	}
	return text
}
