// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"os"
	"strconv"
	"strings"
)

// GPU is a GPU that a process can be given for its own, by setting CUDA_VISIBLE_DEVICES to its ID.
type GPU struct {
	ID     string // as in CUDA_VISIBLE_DEVICES: an index, or the name of a part of a card
	Memory int64  // bytes; 0 if unknown
}

// VisibleGPUs lists the GPUs that this process may use, without making a backend: those of CUDA_VISIBLE_DEVICES, or all
// that nvidia-smi lists if it is not set. There are none if GOMLX_BACKEND asks for another kind of device.
func VisibleGPUs() (list []GPU) {
	name, plugin, _ := strings.Cut(os.Getenv("GOMLX_BACKEND"), ":")
	plugin, _, _ = strings.Cut(plugin, ",")
	if name == "go" || plugin != "" && kindOf(plugin) != "cuda" || !hasGPU() {
		return nil
	}
	all := cards()
	visible, set := os.LookupEnv("CUDA_VISIBLE_DEVICES")
	if !set {
		for i, c := range all {
			list = append(list, GPU{strconv.Itoa(i), c.memory})
		}
		return list
	}
	for id := range strings.SplitSeq(visible, ",") {
		if id = strings.TrimSpace(id); id == "" || id == "-1" { // CUDA sees none from there on
			break
		}
		gpu := GPU{ID: id}
		if len(all) > 0 { // the first of them; those of a machine are alike
			gpu.Memory = all[0].memory
		}
		list = append(list, gpu)
	}
	return list
}
