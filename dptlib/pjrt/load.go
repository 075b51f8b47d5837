// SPDX-License-Identifier: Apache-2.0

package pjrt

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// load returns the API of the plugin in a library, or NULL and the reason, which the caller frees.
static const void *load(const char *path, char **reason) {
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	const void *(*get)(void) = handle ? (const void *(*)(void))dlsym(handle, "GetPjrtApi") : NULL;
	if (get == NULL) {
		*reason = strdup(dlerror());
		if (handle) dlclose(handle);
		return NULL;
	}
	const void *api = get();
	if (api == NULL) *reason = strdup("its GetPjrtApi returned no API");
	return api;
}

// missing returns why a library cannot be loaded by its name, which the caller frees, or NULL.
static char *missing(const char *name) { return dlopen(name, RTLD_LAZY | RTLD_LOCAL) ? NULL : strdup(dlerror()); }
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	gopjrt "github.com/gomlx/go-xla/pjrt"
)

// library is the file of a plugin.
type library struct {
	kind   string // "cuda", "cpu", ...
	path   string
	name   string // package and version, or the file's name
	source string // where it was found, for messages
	table  *table // once it was opened; may be nil
}

// loaded are the libraries by the names under which go-xla knows them.
var loaded = map[string]library{}

// open makes a backend of the library, with options of go-xla's such as ",tf32=false".
//
// go-xla infers a plugin's abilities from its name, and takes the whole path for the name: for a user called nvidia it
// would pass CUDA's options to the CPU plugin. So the library is loaded here and registered under its kind. The slash
// makes the name a path for go-xla, which then looks for no plugins elsewhere.
func (l library) open(options string) (o opened, err error) {
	path := C.CString(l.path)
	defer C.free(unsafe.Pointer(path))
	var reason *C.char
	api := C.load(path, &reason)
	if api == nil {
		return o, fmt.Errorf("%s cannot be loaded: %s", l.name, goString(reason))
	}
	name := "/" + l.kind
	l.table, api = newTable(l, api)
	if err := gopjrt.RegisterPreloadedPlugin(name, uintptr(api)); err != nil {
		return o, fmt.Errorf("%s: %w", l.path, err)
	}
	loaded[name] = l
	backend, err := newBackend("xla:" + name + options)
	if err != nil {
		if l.kind == "cuda" {
			err = errors.Join(err, missingCUDA(l.path))
		}
		return o, fmt.Errorf("%s: %w", l.path, err)
	}
	return opened{backend, l.source}, nil
}

// loadable returns the linker's reason if a library cannot be loaded by its name.
func loadable(name string) error {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	if reason := C.missing(text); reason != nil {
		return errors.New(goString(reason))
	}
	return nil
}

// goString copies a string and frees it.
func goString(s *C.char) string {
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}
