// SPDX-License-Identifier: Apache-2.0

package pjrt

/*
#include <stdlib.h>
#include "api.h"
*/
import "C"

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
	"sync"
	"time"
	"unsafe"

	"github.com/google/renameio/v2"
	"github.com/shirou/gopsutil/v4/cpu"
)

// programsVariable names the folder of compiled programs, or is "off".
const programsVariable = "DPT_COMPILATION_CACHE"

// programsLimit is the size of the folder in bytes, above which the programs used longest ago are removed.
const programsLimit = 2 << 30

// worthKeeping is the least time of compiling that a program is kept for; tests change it.
var worthKeeping = 100 * time.Millisecond

// programs keeps what a plugin compiled in a folder, where later processes find it: to load a program takes a few
// hundredths of the time that compiling it does. A file is named after everything that XLA makes the program from, and
// holds the SHA-256 of what follows, which the plugin made of the program. Where the folder cannot be used, programs
// are compiled as if there were none.
type programs struct {
	plugin *C.struct_api
	dir    string
	where  string // all that a compiled program depends on besides its source and options
}

// slots are the programs by the numbers that [dptCompile] is called with.
var slots struct {
	sync.Mutex
	programs [C.SLOTS]*programs
	used     int
}

// withPrograms returns the API of a plugin that keeps its programs, or the plugin's own if they are not to be kept.
func withPrograms(l library, api unsafe.Pointer) unsafe.Pointer {
	dir := programsDir()
	slots.Lock()
	defer slots.Unlock()
	if dir == "" || slots.used == len(slots.programs) {
		return api
	}
	p := &programs{(*C.struct_api)(api), dir, l.where()}
	table := C.dpt_with_programs(p.plugin, C.int(slots.used))
	if table == nil {
		return api
	}
	slots.programs[slots.used] = p
	slots.used++
	return unsafe.Pointer(table)
}

// where describes the library and the machine, as far as they can change a compiled program.
func (l library) where() string {
	text := fmt.Sprintln(runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), os.Getenv("NPROC"), os.Getenv("XLA_FLAGS"), l.name)
	if info, err := os.Stat(l.path); err == nil {
		text += fmt.Sprintln(info.Size(), info.ModTime().UnixNano())
	}
	if processors, err := cpu.Info(); err == nil && len(processors) > 0 {
		first := processors[0]
		text += fmt.Sprintln(first.VendorID, first.Family, first.Model, first.Stepping, first.Flags)
	}
	if l.kind != "cpu" {
		text += fmt.Sprintln(cards())
	}
	return text
}

// programsDir returns the folder that the environment asks for, or an empty name.
func programsDir() string {
	if strings.Contains(os.Getenv("XLA_FLAGS"), "--xla_dump") { // which asks to see XLA compile
		return ""
	}
	switch chosen := os.Getenv(programsVariable); chosen {
	case "off":
		return ""
	default:
		return chosen
	case "":
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "dpt", "programs")
}

// dptCompile is PJRT_Client_Compile for go-xla: it loads the program if it is kept, and otherwise compiles and keeps it.
//
//export dptCompile
func dptCompile(slot C.int, arguments unsafe.Pointer) unsafe.Pointer {
	p, a := slots.programs[slot], (*C.struct_compile)(arguments)
	path := p.path(a)
	if kept := read(path); kept != nil {
		a.executable = C.dpt_load(p.plugin, a.client, (*C.char)(unsafe.Pointer(&kept[0])), C.size_t(len(kept)))
		if a.executable != nil {
			return nil
		}
	}
	start := time.Now()
	if err := C.dpt_compile(p.plugin, a); err != nil || time.Since(start) < worthKeeping {
		return err
	}
	var size C.size_t
	if text := C.dpt_serialize(p.plugin, a.executable, &size); text != nil {
		write(path, unsafe.Slice((*byte)(unsafe.Pointer(text)), size))
		C.free(unsafe.Pointer(text))
	}
	return nil
}

// path returns the name of a program's file.
func (p *programs) path(a *C.struct_compile) string {
	hash := sha256.New()
	text := func(start *C.char, size C.size_t) {
		fmt.Fprintln(hash, size)
		hash.Write(unsafe.Slice((*byte)(unsafe.Pointer(start)), size))
	}
	text(a.program.code, a.program.code_size)
	text(a.program.format, a.program.format_size)
	text(a.options, a.options_size)
	hash.Write([]byte(p.where))
	return filepath.Join(p.dir, fmt.Sprintf("%x", hash.Sum(nil)))
}

// read returns what write stored, or nil. The file then counts as used.
func read(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if len(content) <= sha256.Size {
		return nil
	}
	sum, program := content[:sha256.Size], content[sha256.Size:]
	if want := sha256.Sum256(program); !bytes.Equal(sum, want[:]) {
		return nil
	}
	os.Chtimes(path, time.Now(), time.Now())
	return program
}

// write stores a program, and removes those used longest ago if there are too many. A program that cannot be stored is
// compiled again.
func write(path string, program []byte) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return
	}
	sum := sha256.Sum256(program)
	if err := renameio.WriteFile(path, append(sum[:], program...), 0o600); err != nil {
		return
	}
	removeOldest(dir, programsLimit)
}

// removeOldest removes the files of a folder that were used longest ago until those left have no more than limit
// bytes.
func removeOldest(dir string, limit int64) {
	entries, err := os.ReadDir(dir)
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
			os.Remove(filepath.Join(dir, info.Name()))
		}
	}
}
