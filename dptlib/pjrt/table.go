// SPDX-License-Identifier: Apache-2.0

package pjrt

/*
#include <stdlib.h>
#include "api.h"
*/
import "C"

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

// worthKeeping is the least time of compiling that a program is kept for; tests change it.
var worthKeeping = 100 * time.Millisecond

// table is a plugin's table of functions. go-xla gets a copy that compiles by [dptCompile].
type table struct {
	plugin   *C.struct_api
	copied   *C.struct_api
	programs *programs
	client   atomic.Pointer[byte] // that compiled last
}

// tables are those in use, by the numbers that [dptCompile] is called with: the CPU's plugin can follow one for CUDA
// that makes no client.
var tables struct {
	sync.Mutex
	slots [C.SLOTS]*table
	used  int
}

// newTable returns the library's table, of which api is the address, and the address that go-xla is to have. There is
// no table of a plugin that lacks some of the functions, nor of more than C.SLOTS plugins; they keep no programs.
func newTable(l library, api unsafe.Pointer) (*table, unsafe.Pointer) {
	tables.Lock()
	defer tables.Unlock()
	for _, t := range tables.slots[:tables.used] {
		if unsafe.Pointer(t.plugin) == api {
			return t, unsafe.Pointer(t.copied)
		}
	}
	if tables.used == len(tables.slots) {
		return nil, api
	}
	t := &table{plugin: (*C.struct_api)(api), programs: newPrograms(l)}
	if t.copied = C.dpt_copy_table(t.plugin, C.int(tables.used)); t.copied == nil {
		return nil, api
	}
	tables.slots[tables.used] = t
	tables.used++
	return t, unsafe.Pointer(t.copied)
}

// dptCompile is PJRT_Client_Compile for go-xla: it loads a program that is kept, or compiles and keeps it.
//
//export dptCompile
func dptCompile(slot C.int, arguments unsafe.Pointer) unsafe.Pointer {
	t, a := tables.slots[slot], (*C.struct_compile)(arguments)
	t.client.Store((*byte)(a.client))
	if t.programs.dir == "" {
		return C.dpt_compile(t.plugin, a)
	}
	path := t.programs.path(text(a.program.code, a.program.code_size), text(a.program.format, a.program.format_size),
		text(a.options, a.options_size))
	if kept := t.programs.read(path); kept != nil {
		a.executable = C.dpt_load(t.plugin, a.client, (*C.char)(unsafe.Pointer(&kept[0])), C.size_t(len(kept)))
		if a.executable != nil {
			return nil
		}
	}
	start := time.Now()
	if err := C.dpt_compile(t.plugin, a); err != nil || time.Since(start) < worthKeeping {
		return err
	}
	var size C.size_t
	if executable := C.dpt_serialize(t.plugin, a.executable, &size); executable != nil {
		t.programs.write(path, text(executable, size))
		C.free(unsafe.Pointer(executable))
	}
	return nil
}

// text returns bytes of C's, without a copy.
func text(start *C.char, size C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(start)), size)
}

// PeakMemory returns the most bytes in use at one time of the memory of the backend's first device, or 0 if its plugin
// does not tell, as XLA's for CPUs does not. It starts to know at the first program.
func PeakMemory(backend compute.Backend) int64 {
	b, ok := backend.(*xla.Backend)
	if !ok {
		return 0
	}
	t := loaded[b.PluginName()].table
	if t == nil || t.client.Load() == nil {
		return 0
	}
	return int64(C.dpt_peak_memory(t.plugin, unsafe.Pointer(t.client.Load())))
}
