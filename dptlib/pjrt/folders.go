// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// folders returns the place of the plugins of a kind or name in a list of folders.
func folders(plugin string, list []string, source string) place {
	return func(context.Context) ([]library, error) {
		found := slices.DeleteFunc(inFolders(list), func(l library) bool {
			return l.kind != plugin && l.plugin() != plugin
		})
		if len(found) == 0 {
			return nil, fmt.Errorf("no %s plugin %s in %s", plugin, source, strings.Join(list, ", "))
		}
		for i := range found {
			found[i].source = source
		}
		return found, nil
	}
}

// goXLAFolders returns the folders in which go-xla looks for plugins, except for the linker's own folders.
func goXLAFolders() []string {
	var list []string
	if home, err := os.UserHomeDir(); err == nil {
		for _, dir := range []string{"go-xla", "go-xla/nvidia", "gomlx/pjrt"} {
			list = append(list, filepath.Join(home, ".local", "lib", dir))
		}
	}
	list = append(list, "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia", "/usr/local/lib/gomlx/pjrt")
	for _, dir := range filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) {
		if filepath.IsAbs(dir) {
			list = append(list, dir)
		}
	}
	return list
}

// pluginFile matches go-xla's names for plugins, and that of jax's wheels.
var pluginFile = regexp.MustCompile(`^(?:pjrt_c_api_(.+)_plugin|pjrt[-_]plugin[-_](.+)|xla_(cuda)_plugin)\.(so|dylib)$`)

// inFolders lists the plugins in folders, the newest version first; those of equal version are in the order of the
// folders. An entry of the list may be a plugin itself.
func inFolders(list []string) []library {
	var found []library
	for _, dir := range list {
		dir, err := filepath.Abs(dir) // a name alone would be searched for by the linker
		if err != nil {
			continue
		}
		if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
			found = append(found, library{kind: kindOf(dir), path: dir, name: filepath.Base(dir)})
			continue
		}
		entries, _ := os.ReadDir(dir) // sorted; a folder that is not there holds nothing
		for _, e := range entries {
			if name := e.Name(); pluginFile.MatchString(name) {
				found = append(found, library{kind: kindOf(name), path: filepath.Join(dir, name), name: name})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b library) int { return slices.Compare(b.version(), a.version()) })
	return found
}

// plugin returns go-xla's name for a library, such as "cpu_v0.83.1".
func (l library) plugin() string {
	if match := pluginFile.FindStringSubmatch(l.name); match != nil {
		return cmp.Or(match[1:]...)
	}
	return l.name
}

// version returns the numbers of a version in the name, such as 0, 83, 1, or nil if there is none.
func (l library) version() []int {
	_, text, _ := strings.Cut(l.plugin(), "_v")
	var numbers []int
	for field := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(field)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// kindOf returns a plugin's kind, as named by the last element of its path that names one.
func kindOf(path string) string {
	elements := strings.Split(filepath.ToSlash(path), "/")
	for _, element := range slices.Backward(elements) {
		element = strings.ToLower(element)
		for _, kind := range []string{"cuda", "cpu", "rocm", "tpu"} {
			if strings.Contains(element, kind) {
				return kind
			}
		}
	}
	name := library{name: elements[len(elements)-1]}.plugin()
	name, _, _ = strings.Cut(name, "_v")
	return cmp.Or(strings.TrimSuffix(name, filepath.Ext(name)), "plugin")
}
