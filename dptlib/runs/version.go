// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Commit names the running code: the commit that the program was built from, followed by "-dirty" if its files differ
// from it. Only go build and go install stamp it into the program; for go run, go tool and a notebook's cells it is
// that of the repository that the source lies in. It is "unknown" if neither is known.
var Commit = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if commit := stamped(info.Settings); commit != "" {
			return commit
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if commit, err := commitOf(filepath.Dir(file)); err == nil {
			return commit
		}
	}
	return "unknown"
})

// commitOf asks git for the commit of the repository that dir is in, and whether its Go files differ from it: records
// that a sweep adds do not count.
func commitOf(dir string) (string, error) {
	git := func(arguments ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", dir}, arguments...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", err
	}
	changed, err := git("status", "--porcelain", "--", ":/*.go", ":/go.mod", ":/go.sum")
	if err != nil {
		return "", err
	}
	if changed != "" {
		commit += "-dirty"
	}
	return commit, nil
}

// stamped returns the commit among a build's settings, or "".
func stamped(settings []debug.BuildSetting) string {
	commit, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return commit + dirty
}

// versions returns the versions of this program, of Go, and of the libraries and the device that compute.
func versions() map[string]string {
	v := map[string]string{"dpt": Commit(), "go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if name := path.Base(module.Path); slices.Contains([]string{"gomlx", "go-xla", "compute"}, name) {
				v[name] = module.Version
			}
		}
	}
	return v
}
