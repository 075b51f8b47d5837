// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/shirou/gopsutil/v4/cpu"
)

// programsVariable names the folder of compiled programs, or is "off".
const programsVariable = "DPT_COMPILATION_CACHE"

// programsLimit is the size of the folder in bytes, above which the programs used longest ago are removed.
const programsLimit = 2 << 30

// programs keeps what a plugin compiled in a folder, where later processes find it: to load a program takes a few
// hundredths of the time that compiling it does. A file is named after everything that XLA makes the program from, and
// holds the SHA-256 of the rest, which the plugin made of the program. Where the folder cannot be used, nothing is
// found in it.
type programs struct {
	dir   string // empty to keep nothing
	where string // what a compiled program depends on besides its source and options
}

// newPrograms returns the programs of a library on this machine.
func newPrograms(l library) programs {
	p := programs{programsDir(), fmt.Sprintln(l.name, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	if info, err := os.Stat(l.path); err == nil {
		p.where += fmt.Sprintln(info.Size(), info.ModTime().UnixNano())
	}
	for _, name := range []string{"XLA_FLAGS", "NPROC"} {
		p.where += fmt.Sprintln(os.Getenv(name))
	}
	if processors, err := cpu.Info(); err == nil && len(processors) > 0 {
		first := processors[0]
		p.where += fmt.Sprintln(first.VendorID, first.Family, first.Model, first.Stepping, first.Flags)
	}
	if l.kind != "cpu" {
		p.where += fmt.Sprintln(cards())
	}
	return p
}

// programsDir returns the folder that the environment asks for, or an empty name.
func programsDir() string {
	if strings.Contains(os.Getenv("XLA_FLAGS"), "--xla_dump") { // which shows how XLA compiles
		return ""
	}
	switch chosen := os.Getenv(programsVariable); chosen {
	case "":
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(cache, "dpt", "programs")
	case "off":
		return ""
	default:
		return chosen
	}
}

// path returns the file's name for a program of such source, format and options.
func (p programs) path(parts ...[]byte) string {
	hash := sha256.New()
	for _, part := range append(parts, []byte(p.where)) {
		fmt.Fprintln(hash, len(part))
		hash.Write(part)
	}
	return filepath.Join(p.dir, fmt.Sprintf("%x", hash.Sum(nil)))
}

// read returns the program in a file, which then counts as used, or nil.
func (p programs) read(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil || len(content) <= sha256.Size {
		return nil
	}
	sum, program := content[:sha256.Size], content[sha256.Size:]
	if want := sha256.Sum256(program); !bytes.Equal(sum, want[:]) {
		return nil
	}
	os.Chtimes(path, time.Now(), time.Now())
	return program
}

// write stores a program if it can, and removes others if there are too many.
func (p programs) write(path string, program []byte) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return
	}
	sum := sha256.Sum256(program)
	if err := renameio.WriteFile(path, append(sum[:], program...), 0o600); err != nil {
		return
	}
	p.removeOldest(programsLimit)
}

// removeOldest removes the programs that were used longest ago until those left have no more than limit bytes.
func (p programs) removeOldest(limit int64) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
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
