// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// search is a kind of plugins and the places to look for them, in order.
type search struct {
	kind   string
	places []place
}

// place returns the plugins in a place, or the reason why there are none.
type place func(ctx context.Context) ([]library, error)

// pluginPath is the variable that names the folders, or files, that alone are searched.
const pluginPath = "PJRT_PLUGIN_LIBRARY_PATH"

// searches returns the searches for the plugin that the environment asks for: by path, by kind or name ("cuda",
// "cpu_v0.83.1"), or, if empty, for the best one.
func searches(plugin string) []search {
	if strings.ContainsRune(plugin, filepath.Separator) {
		return []search{{kindOf(plugin), []place{file(plugin)}}}
	}
	kinds := []string{plugin}
	if plugin == "" {
		kinds = []string{"cpu"}
		if hasGPU() {
			kinds = []string{"cuda", "cpu"}
		}
	}
	if chosen := os.Getenv(pluginPath); chosen != "" {
		list := slices.DeleteFunc(filepath.SplitList(chosen), func(dir string) bool { return dir == "" })
		if plugin == "" {
			kinds = kindsIn(list, kinds)
		}
		return each(kinds, func(kind string) []place { return []place{folders(kind, list, "chosen by "+pluginPath)} })
	}
	return each(kinds, func(kind string) []place {
		installed := folders(kind, goXLAFolders(), "installed for go-xla")
		switch kind {
		case "cuda":
			return []place{inPython, installed, pinned(cudaWheels).libraries}
		case "cpu":
			return []place{installed, pinned(cpuWheels).libraries}
		}
		return []place{installed}
	})
}

// kindsIn returns the kinds of the plugins in folders, the preferred ones first; if there are none it returns the last
// preferred kind.
func kindsIn(list, preferred []string) (kinds []string) {
	found := map[string]bool{}
	all := slices.Clone(preferred)
	for _, l := range inFolders(list) {
		found[l.kind] = true
		all = append(all, l.kind)
	}
	for _, kind := range all {
		if found[kind] && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if kinds == nil {
		return preferred[len(preferred)-1:]
	}
	return kinds
}

// each returns a search for each kind.
func each(kinds []string, places func(kind string) []place) (all []search) {
	for _, kind := range kinds {
		all = append(all, search{kind, places(kind)})
	}
	return all
}

// file returns the place of one plugin.
func file(path string) place {
	return func(context.Context) ([]library, error) {
		path, err := filepath.Abs(path)
		l := library{kind: kindOf(path), path: path, name: filepath.Base(path), source: "chosen by GOMLX_BACKEND"}
		return []library{l}, err
	}
}
