// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/renameio/v2"
)

// programsVariable is an absolute folder for compiled programs, or "off".
const programsVariable = "DPT_COMPILATION_CACHE"

// programsLimit is the most bytes that a folder has left when a process adds its first program: it first removes those
// used longest ago.
const programsLimit = 2 << 30

// programs keeps what a plugin compiled in a folder, where later processes find it: loading takes 2 to 10 % of the time
// of compiling. A file is named after everything that XLA makes the executable from, and holds the SHA-256 of the
// serialized executable, and then that itself. Where the folder cannot be used, nothing is found in it.
type programs struct {
	dir   string // empty to keep nothing
	where string // what an executable depends on besides its source and options
	first sync.Once
}

// newPrograms returns the programs of a library on this machine.
func newPrograms(l library) *programs {
	dir, _ := programsDir()
	p := &programs{dir: dir, where: fmt.Sprintln(l.name, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	if info, err := os.Stat(l.path); err == nil {
		p.where += fmt.Sprintln(info.Size(), info.ModTime().UnixNano())
	}
	for _, name := range []string{"XLA_FLAGS", "NPROC", "PJRT_NPROC"} {
		p.where += fmt.Sprintln(os.Getenv(name))
	}
	if c := processor(); c != nil {
		p.where += fmt.Sprintln(host().Model, c.Flags)
	}
	switch l.kind {
	case "cpu":
	case "cuda":
		packages, _ := fs.Glob(os.DirFS(filepath.Join(filepath.Dir(l.path), "..", "..")), "nvidia_*.dist-info")
		p.where += fmt.Sprintln(cards(), packages)
	default: // on whatever else such programs may depend
		p.dir = ""
	}
	return p
}

// programsDir returns the folder that the environment asks for, or an empty name.
func programsDir() (string, error) {
	chosen := os.Getenv(programsVariable)
	if chosen != "" && chosen != "off" && !filepath.IsAbs(chosen) {
		return "", fmt.Errorf("%s must be an absolute folder, or off, found %q", programsVariable, chosen)
	}
	flags := strings.TrimSpace(os.Getenv("XLA_FLAGS"))
	file := flags != "" && !strings.HasPrefix(flags, "-") // of flags, which may change
	if chosen == "off" || file || strings.Contains(flags, "--xla_dump") {
		return "", nil
	}
	if chosen != "" {
		return chosen, nil
	}
	return userCache("programs"), nil
}

// path returns the file's name for a program of such source, format and options.
func (p *programs) path(parts ...[]byte) string {
	hash := sha256.New()
	for _, part := range append(parts, []byte(p.where)) {
		fmt.Fprintln(hash, len(part))
		hash.Write(part)
	}
	return filepath.Join(p.dir, fmt.Sprintf("%x", hash.Sum(nil)))
}

// read returns the executable in a file, which then counts as used, or nil.
func (p *programs) read(path string) []byte {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > programsLimit {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) <= sha256.Size {
		return nil
	}
	executable := content[sha256.Size:]
	if sha256.Sum256(executable) != [sha256.Size]byte(content) {
		return nil
	}
	os.Chtimes(path, time.Now(), time.Now())
	return executable
}

// write stores an executable if it can; the process's first makes room.
func (p *programs) write(path string, executable []byte) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return
	}
	p.first.Do(func() { p.removeOldest(programsLimit) })
	sum := sha256.Sum256(executable)
	renameio.WriteFile(path, append(sum[:], executable...), 0o600, renameio.WithTempDir(p.dir))
}

// programFile matches the names of programs, and of files that a process was killed while it wrote.
var programFile = regexp.MustCompile(`^[0-9a-f]{64}$|^\.[0-9a-f]{64}[0-9]+$`)

// removeOldest removes the programs that were used longest ago until those left have no more than limit bytes.
func (p *programs) removeOldest(limit int64) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && programFile.MatchString(info.Name()) {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var total int64
	for _, info := range files {
		if total += info.Size(); total > limit {
			os.Remove(filepath.Join(p.dir, info.Name()))
		}
	}
}
